"""Pictures that were uploaded to X and wait for their post."""

import base64
import binascii
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from aiohttp import web

from bot.sandbox.pictures import picture_type
from bot.sandbox.published import Media
from bot.sandbox.x_answers import Refusal, invalid

MAXIMUM_BYTES = 5 * 1024 * 1024
MAXIMUM_ALT = 1000
LIFETIME = timedelta(hours=24)
"""An upload is forgotten after this."""
_FIELDS = frozenset({"media", "media_category", "additional_owners"})


@dataclass(frozen=True, slots=True)
class _Upload:
    owner: str
    media: Media
    until: datetime


class Uploads:
    """The uploads of all users, by media id."""

    def __init__(self) -> None:
        self._uploads: dict[str, _Upload] = {}

    def add(self, owner: str, media: Media, now: datetime) -> str:
        """Keep a picture for a day and return its media id."""
        media_id = str(int(now.timestamp() * 1000) * 1_000_000 + len(self._uploads))
        self._uploads[media_id] = _Upload(owner, media, now + LIFETIME)
        return media_id

    def take(self, owner: str, media_id: Any, now: datetime) -> Media:  # noqa: ANN401 - as it came
        """Return a user's picture. Raises Refusal 400 if it is unknown, another's or too old."""
        return self._find(owner, media_id, now).media

    def describe(self, owner: str, media_id: Any, alt: str, now: datetime) -> None:  # noqa: ANN401 - as it came
        """Give a picture its alt text. Raises Refusal 400 as `take` does, or if the text is too long."""
        if len(alt) > MAXIMUM_ALT:
            raise Refusal(invalid(f"alt_text.text is longer than {MAXIMUM_ALT} characters."))
        upload = self._find(owner, media_id, now)
        self._uploads[media_id] = replace(upload, media=replace(upload.media, alt=alt))

    def _find(self, owner: str, media_id: Any, now: datetime) -> _Upload:  # noqa: ANN401 - as it came
        upload = self._uploads.get(media_id) if isinstance(media_id, str) else None
        if upload is None or upload.owner != owner or now >= upload.until:
            raise Refusal(invalid("Your media IDs are invalid.", media_ids=str(media_id)))
        return upload


async def read_upload(request: web.Request, body: dict[str, Any] | None) -> Media:
    """Read one picture out of a JSON body, or of a form where there is none. Raises Refusal 400."""
    fields = dict(await request.post()) if body is None else body
    unknown = fields.keys() - _FIELDS
    if unknown:
        raise Refusal(invalid("Unknown field.", field=min(unknown)))
    if fields.get("media_category") != "tweet_image":
        raise Refusal(
            invalid("media_category must be tweet_image.", media_category=str(fields.get("media_category")))
        )
    return _picture(_content(fields.get("media")))


def _content(media: Any) -> bytes:  # noqa: ANN401 - as it came
    if isinstance(media, web.FileField):
        return media.file.read()
    try:
        return base64.b64decode(media, validate=True)
    except (TypeError, ValueError, binascii.Error):
        raise Refusal(invalid("media must be base64 or a file.")) from None


def _picture(content: bytes) -> Media:
    kind = picture_type(content)
    if kind is None:
        raise Refusal(invalid("The media is no JPEG, PNG, GIF or WebP."))
    if len(content) > MAXIMUM_BYTES:
        raise Refusal(invalid(f"The picture is over {MAXIMUM_BYTES} bytes."))
    return Media(content=content, content_type=kind)
