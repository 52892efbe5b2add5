"""Makes the picture of a source: fetched through the guarded door, read from a file, brought, or drawn."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from hashlib import sha256
from http import HTTPStatus
from pathlib import Path

from bot.compose.card import SIZES, card_at, is_card
from bot.compose.card_press import CannotDrawError, drawn
from bot.compose.picture_cage import MAX_READ, BadPicture, Bounds, cleaned
from bot.http_client import FetchError, HttpClient
from bot.message import PictureLimits
from bot.runtime.gathering import NoPicture
from content_queue.operations.pictures import KEPT, Stored

_ACCEPT = {"Accept": "image/jpeg, image/png, image/webp, image/gif;q=0.8"}
_GONE = frozenset({HTTPStatus.NOT_FOUND, HTTPStatus.GONE, HTTPStatus.FORBIDDEN, HTTPStatus.UNAUTHORIZED})


@dataclass(frozen=True, slots=True)
class PictureMaker:
    """Makes pictures; what a stranger wrote is decoded in a process of its own."""

    http: HttpClient
    kept: Callable[[str], Awaitable[Stored | None]]
    """Returns a picture that a person brought, by its digest."""

    async def __call__(self, source: str, limits: PictureLimits) -> Stored:
        """Return the picture at ``source`` within ``limits``; raises :class:`NoPicture`."""
        if source.startswith(KEPT):
            return await self._brought(source, limits)
        raw = await self._raw(source)
        if is_card(source) and (ready := _as_it_is(source, raw, limits)):
            return ready
        return await _within(raw, limits)

    async def _brought(self, source: str, limits: PictureLimits) -> Stored:
        stored = await self.kept(source.removeprefix(KEPT))
        if stored is None:
            raise NoPicture("it is not kept any more: bring it again", final=True)
        fits = len(stored.content) <= limits.maximum and max(stored.width, stored.height) <= limits.side
        return stored if fits and stored.kind in limits.kinds else await _within(stored.content, limits)

    async def _raw(self, source: str) -> bytes:
        if is_card(source):
            return await _card(source)
        if source.startswith(("http://", "https://")):
            return await self._fetched(source)
        return await asyncio.to_thread(_of_file, source)

    async def _fetched(self, url: str) -> bytes:
        try:
            answer = await self.http.get(url, headers=_ACCEPT)
        except FetchError as error:
            raise NoPicture(str(error), final=False) from None
        if answer.status != HTTPStatus.OK:
            raise NoPicture(f"its address answered {answer.status}", final=answer.status in _GONE)
        return answer.body


async def _within(raw: bytes, limits: PictureLimits) -> Stored:
    try:
        made = await cleaned(raw, Bounds(max_side=limits.side, max_bytes=limits.maximum))
    except BadPicture as error:
        raise NoPicture(str(error), final=True) from None
    return Stored(made.digest, made.media_type, made.width, made.height, made.data)


def _as_it_is(source: str, png: bytes, limits: PictureLimits) -> Stored | None:
    """Return a card as it was drawn where the network takes it so: sharp, unlike a JPEG."""
    width, height = SIZES[card_at(source).look.shape]
    fits = len(png) <= limits.maximum and max(width, height) <= limits.side
    return Stored(sha256(png).hexdigest(), "image/png", width, height, png) if fits else None


async def _card(source: str) -> bytes:
    try:
        return await drawn(source)
    except (CannotDrawError, OSError) as error:
        raise NoPicture(str(error), final=False) from None


def _of_file(source: str) -> bytes:
    try:
        with Path(source).open("rb") as file:
            return file.read(MAX_READ + 1)
    except OSError as error:
        raise NoPicture(f"{source} cannot be read: {error.strerror}", final=True) from None
