"""``publish``: sending something now."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli.acts import known_channels
from bot.cli.context import CliError, JsonOption, Panel, context_settings
from bot.cli.output import show
from bot.cli.queue import asked, item_number, opened, who
from bot.cli.rows import post_row
from bot.cli.stopping import Stop, stopped_by_signals

if TYPE_CHECKING:
    from bot.settings import Settings
    from content_queue.item import Post
    from content_queue.store.database import Store, Transaction

LOOK_EVERY = timedelta(milliseconds=200)
COLUMNS = ("id", "channel", "state", "remote_url", "error")


def register(app: typer.Typer) -> None:
    """Add the command of this file."""
    app.command(rich_help_panel=Panel.POSTS)(publish)


def publish(
    ctx: typer.Context,
    item: Annotated[str, typer.Argument(metavar="ITEM")],
    channels: Annotated[
        list[str] | None, typer.Option("--channel", help="Only there; may be repeated.")
    ] = None,
    everywhere: Annotated[bool, typer.Option("--all", help="On every channel it was approved for.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Send an approved item now, with the same guarantees, and wait for the outcome."""
    from bot import assemble
    from bot.desk import operations

    if channels and everywhere:
        raise CliError("either --channel or --all, not both", status=2)
    number, settings = item_number(item), context_settings(ctx)
    wanted, desk = known_channels(settings, channels), assemble.desk(settings)
    with opened(settings) as store:
        with asked(), store.write() as tx:
            posts = operations.publish_now(tx, desk, datetime.now(UTC), who(), number, wanted)
        awaited = _Awaited(settings, store, tuple(post.id for post in posts))
        with stopped_by_signals() as stop:
            done = asyncio.run(_carry_out(awaited, stop))
    rows = [post_row(post, settings.bot.timezone) | ({"error": why} if why else {}) for post, why in done]
    show(rows, COLUMNS, json=as_json)
    if not all(post.remote_id or post.remote_url for post, _ in done):
        raise CliError(f"not everything is out; see: technopolys why {item}")


@dataclass(frozen=True, slots=True)
class _Awaited:
    """The posts whose outcome is waited for."""

    settings: Settings
    store: Store
    numbers: tuple[int, ...]

    def read(self) -> list[tuple[Post, str]]:
        """Return each post, and what keeps it from going out for longer than anyone would wait."""
        from content_queue.operations.rows import post_by_id

        now = datetime.now(UTC)
        with self.store.read() as tx:
            posts = [post_by_id(tx, number) for number in self.numbers]
            return [(post, self._against(tx, now, post)) for post in posts]

    def over(self) -> bool:
        """Say whether waiting makes no more sense."""
        from content_queue.lifecycle import still_moving

        return all(why or not still_moving(post.state) for post, why in self.read())

    def _against(self, tx: Transaction, now: datetime, post: Post) -> str:
        from bot.watch.facts import channel_facts
        from content_queue.operations.publishing import lasting

        if post.channel not in self.settings.channels:
            return "the channel is not in the configuration"
        (facts,) = channel_facts([self.settings.channels[post.channel]])
        return str(lasting(tx, now, post, facts.pace(now)) or "")


async def _carry_out(awaited: _Awaited, stop: Stop) -> list[tuple[Post, str]]:
    """Wait for the outcome: carried out by the worker that runs, or by ourselves if none does."""
    while not (stop.asked or awaited.over()):
        if not awaited.store.worker_lock.taken():
            await _by_ourselves(awaited, stop)
            break
        await asyncio.sleep(LOOK_EVERY.total_seconds())  # another process decides; nothing to wait on
    return awaited.read()


async def _by_ourselves(awaited: _Awaited, stop: Stop) -> None:
    from bot import assemble
    from bot.cli.run import STOP_WITHIN, begin
    from bot.clock import SystemClock

    clock = SystemClock()
    served = {post.channel for post, _ in awaited.read()} & set(awaited.settings.channels)
    made = assemble.assemble(awaited.settings, awaited.store, clock, serve=served, poll=False)
    await begin(made.worker)
    try:
        while not (stop.asked or awaited.over()):
            await made.worker.step(clock.now())
            await made.worker.settled()
            if not awaited.over():
                await asyncio.sleep(LOOK_EVERY.total_seconds())
    finally:
        await made.worker.stop(STOP_WITHIN)
        await made.close()
