"""What ``check --online`` adds: each channel signs in and says who it posts as and what is missing."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import TYPE_CHECKING

from bot.cli.findings import Finding

if TYPE_CHECKING:
    from bot.message import Account, Channel, ChannelError
    from bot.settings import Settings

FEW_DAYS = 14


def look_online(settings: Settings) -> Iterator[Finding]:
    """Sign in everywhere; nothing is posted."""
    for name, found in asyncio.run(_sign_in(settings)).items():
        yield _finding(f"channels.{name}", found)


async def _sign_in(settings: Settings) -> dict[str, Account | ChannelError]:
    from bot import assemble
    from bot.clock import SystemClock

    channels = assemble.channels(settings.channels, SystemClock())
    found = await asyncio.gather(*[_ask(channel) for channel in channels.values()])
    return dict(zip(channels, found, strict=True))


async def _ask(channel: Channel) -> Account | ChannelError:
    from bot.message import ChannelError

    try:
        return await channel.check()
    except ChannelError as error:
        return error
    finally:
        await channel.close()


def _finding(about: str, found: Account | ChannelError) -> Finding:
    from bot.message import ChannelError

    if isinstance(found, ChannelError):
        return Finding(about, "wrong", f"cannot sign in: {found.reason}")
    who = f"posts as {found.name} ({found.url or found.id})"
    who += f", on the consent given to {found.consent}" if found.consent else ""
    if found.missing:
        return Finding(about, "wrong", f"{who}; missing: {'; '.join(found.missing)}")
    if found.days_left is not None and found.days_left <= FEW_DAYS:
        return Finding(about, "note", f"{who}; its consent ends in {found.days_left} days")
    return Finding(about, "good", who)
