"""Pictures for a post on X, by the media endpoints of API v2 (docs.x.com: upload, metadata).

What no post uses expires after a day, so uploading again is harmless.
"""

from __future__ import annotations

import base64
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Any

from bot.channels.answer import checked_id, mapping
from bot.message import Image, Picture, Progress, Refused, TryLater

Ask = Callable[[str, Mapping[str, Any]], Awaitable[Mapping[str, Any]]]
"""Posts fields to a path and returns the answer's."""


async def uploaded(
    pictures: Iterable[Picture],
    progress: Progress,
    read: Callable[[str], Awaitable[Image | None]],
    ask: Ask,
) -> list[str]:
    """Upload the pictures that are no card's, each with its alt text, and return their media ids."""
    return [
        progress.known.get(_name(picture)) or await _uploaded(picture, progress, read, ask)
        for picture in pictures
        if picture.digest and not picture.card
    ]


async def _uploaded(
    picture: Picture, progress: Progress, read: Callable[[str], Awaitable[Image | None]], ask: Ask
) -> str:
    image = await read(picture.digest)
    if image is None:
        raise Refused("the picture's bytes are gone: approve the item again")
    coded = base64.b64encode(image.content).decode("ascii")
    answer = await ask("/2/media/upload", {"media": coded, "media_category": "tweet_image"})
    if not (number := checked_id(mapping(answer.get("data")).get("id"))):
        raise TryLater("X gave no receipt for the picture")
    if picture.alt:
        await ask("/2/media/metadata", {"id": number, "metadata": {"alt_text": {"text": picture.alt}}})
    await progress.save({_name(picture): number})
    return number


def _name(picture: Picture) -> str:
    return f"media {picture.digest}"
