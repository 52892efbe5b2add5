"""Facebook's rules for what a page posts, written from its documentation (Page feed, Page photos).

What the network would pass over in silence or treat otherwise (a link beside pictures, an unknown field) is
refused here, so that nobody relies on it.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from bot.sandbox.published import Media

MAXIMUM = 63_206
LARGEST_PICTURE = 4 * 1024 * 1024
MOST_PICTURES = 10
LONGEST_ALT = 1000
_OLDEST = 20
_FIELDS = frozenset({"attached_media", "link", "message", "published"})
_VERSION = re.compile(r"v(\d\d)\.\d")


class Refusal(Exception):  # noqa: N818 - what it is, not that it failed
    """Ends a request with an error of the Graph API: a status, a code, a sentence, perhaps a subcode."""

    def __init__(self, code: int, message: str, subcode: int = 0, status: int = 400) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.subcode = subcode


def invalid(what: str) -> Refusal:
    """Return the error of a parameter that does not fit."""
    return Refusal(100, f"(#100) {what}")


def absent(name: str) -> Refusal:
    """Return the error of an object that is not there, or not for who asks."""
    message = (
        f"Unsupported request. Object with ID '{name}' does not exist, cannot be loaded due to missing "
        "permissions, or does not support this operation"
    )
    return Refusal(100, message, 33)


@dataclass(frozen=True, slots=True)
class Draft:
    """A post that was asked for and may be made."""

    text: str
    link: str | None
    media: tuple[Media, ...]


def check_version(version: str) -> None:
    """Refuse a version that is none, or over."""
    found = _VERSION.fullmatch(version)
    if found is None:
        raise Refusal(2500, f"Unknown path components: /{version}")
    if int(found[1]) < _OLDEST:
        raise Refusal(2635, f"(#2635) You are calling a deprecated version of the Ads API: {version}")


def read_draft(body: Mapping[str, Any], page: str, photos: Mapping[str, tuple[str, Media]]) -> Draft:
    """Check a post against every rule. ``photos`` holds each with the page that owns it. Raises Refusal."""
    if unknown := sorted(body.keys() - _FIELDS):
        raise invalid(f"Invalid parameter: {unknown[0]}")
    if body.get("published", True) is not True:
        raise invalid("published must be true: nothing here shows what is unpublished")
    text, link = body.get("message", ""), body.get("link")
    if not isinstance(text, str) or len(text.encode("utf-16-le")) // 2 > MAXIMUM:
        raise invalid("Param message must be a string of a length that can be posted")
    if link is not None:
        _check_link(link)
    media = _attached(body.get("attached_media", []), page, photos)
    if link and media:
        raise invalid("link and attached_media exclude each other")
    if not text.strip() and not link and not media:
        raise invalid("Missing message or attachment")
    return Draft(text, link, media)


def _check_link(link: Any) -> None:  # noqa: ANN401 - whatever a client sent
    parts = urlsplit(link) if isinstance(link, str) else urlsplit("")
    if parts.scheme not in {"http", "https"} or not parts.netloc:
        raise invalid("link must be a valid URL")
    host = parts.hostname or ""
    if host == "facebook.com" or host.endswith(".facebook.com"):
        raise Refusal(100, "(#100) The url you supplied is invalid", 1609008)


def _attached(given: Any, page: str, photos: Mapping[str, tuple[str, Media]]) -> tuple[Media, ...]:  # noqa: ANN401
    if not isinstance(given, list) or len(given) > MOST_PICTURES:
        raise invalid("attached_media must be an array of at most ten")
    names = [one.get("media_fbid") if isinstance(one, dict) else None for one in given]
    if len(set(map(str, names))) != len(names):
        raise invalid("attached_media names a photo twice")
    return tuple(_photo(str(name), page, photos) for name in names)


def _photo(name: str, page: str, photos: Mapping[str, tuple[str, Media]]) -> Media:
    owner, media = photos.get(name, ("", Media()))
    if owner != page:
        raise invalid(f"media_fbid {name} is no unpublished photo of the page")
    return media
