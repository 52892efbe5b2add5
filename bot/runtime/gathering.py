"""Fetching and drawing what approved messages show, between approval and slot.

missing -> kept already? -> fetched through the guarded door, or drawn -> made for the network -> kept
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from datetime import datetime

import structlog

from bot.compose.render import Style
from bot.message import PictureLimits
from bot.runtime.parts import Parts
from content_queue.item import Picture
from content_queue.operations import pictures
from content_queue.operations.pictures import Stored, Wanted
from content_queue.store.database import Transaction

log = structlog.get_logger()


class NoPicture(Exception):  # noqa: N818  named by what is not there
    """A picture cannot be had; ``final`` says that trying again will not help."""

    def __init__(self, why: str, *, final: bool) -> None:
        """Keep the one line for people."""
        super().__init__(why)
        self.final = final


@dataclass(frozen=True, slots=True)
class _Asked:
    """One picture for one network's limits."""

    picture: Picture
    limits: PictureLimits

    @property
    def made_for(self) -> str:
        return made_for(self.limits)


async def gather(parts: Parts, wanted: list[Wanted], now: datetime) -> bool:
    """Bring what these messages lack; return whether something changed."""
    changed = False
    for one in wanted:
        for picture in one.message.pictures:
            if not picture.digest:
                changed |= await _bring(parts, one, picture, now)
    return changed


async def _bring(parts: Parts, wanted: Wanted, picture: Picture, now: datetime) -> bool:
    asked = _asked(parts, wanted, picture)
    if asked is None or parts.make_picture is None:
        return False
    digest = await asyncio.wrap_future(parts.store.ask(pictures.known, picture.source, asked.made_for))
    if not digest and not await asyncio.wrap_future(
        parts.store.ask(pictures.due, now, picture.source, asked.made_for)
    ):
        return await _too_late(parts, wanted, asked, now)
    try:
        made = None if digest else await parts.make_picture(picture.source, asked.limits)
    except NoPicture as error:
        log.warning("no picture", item=f"i{wanted.item}", why=str(error))
        write = parts.store.tell(_without, now, wanted, asked, error)
    else:
        write = parts.store.tell(_with, now, wanted, asked, made, digest)
    await asyncio.wrap_future(write)
    return True


async def _too_late(parts: Parts, wanted: Wanted, asked: _Asked, now: datetime) -> bool:
    """Give up, before it is tried again, on a picture that a due post of a rule's would wait for."""
    if not await asyncio.wrap_future(parts.store.ask(pictures.keeps_waiting, now, wanted)):
        return False
    await asyncio.wrap_future(parts.store.tell(_give_up, now, wanted, asked))
    return True


def _give_up(tx: Transaction, now: datetime, wanted: Wanted, asked: _Asked) -> None:
    source = asked.picture.source
    pictures.give_up(tx, now, wanted, source, pictures.trouble(tx, source, asked.made_for))


def made_for(limits: PictureLimits) -> str:
    """Return the bounds as the pictures that were made within them go by."""
    return f"{limits.maximum} {limits.side}"


def limits_for(style: Style | None, picture: Picture) -> PictureLimits | None:
    """Return the bounds of a picture in a channel's messages, None where it shows none."""
    if style is None:
        return None
    return style.limits.card if picture.card else style.limits.picture


def _asked(parts: Parts, wanted: Wanted, picture: Picture) -> _Asked | None:
    limits = limits_for(parts.styles.get(wanted.message.channel), picture)
    return None if limits is None else _Asked(picture, limits)


def _with(
    tx: Transaction, now: datetime, wanted: Wanted, asked: _Asked, made: Stored | None, digest: str
) -> None:
    if made is not None:
        pictures.keep(tx, now, asked.picture.source, asked.made_for, made)
        digest = made.digest
    current = next((one for one in pictures.missing(tx) if one.message.id == wanted.message.id), None)
    if current is not None:
        shown = current.message.pictures
        pictures.show(tx, current.message, [_shown(each, asked.picture, digest) for each in shown])


def _shown(each: Picture, brought: Picture, digest: str) -> Picture:
    same = (each.source, each.card) == (brought.source, brought.card)
    return replace(each, digest=digest) if same else each


def _without(tx: Transaction, now: datetime, wanted: Wanted, asked: _Asked, error: NoPicture) -> None:
    source, why = asked.picture.source, str(error)
    final = error.final or pictures.keeps_waiting(tx, now, wanted)  # a slot is worth more than a picture
    if pictures.failed(tx, now, source, asked.made_for, why, final=final):
        pictures.give_up(tx, now, wanted, source, why)
