"""Mastodon's rules for a status, written from its documentation (statuses, media, StatusLengthValidator)."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import regex

from bot.sandbox.links import find_addresses
from bot.sandbox.published import Media

MAXIMUM = 500
LINK = 23
MAXIMUM_ALT = 1500
MOST_PICTURES = 4
LARGEST_PICTURE = 16 * 1024 * 1024
_VISIBILITIES = ("public", "unlisted", "private", "direct")
_LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z]{2,4})?")
_MENTION = re.compile(r"(?<![=/\w])@(\w+(?:[\w.-]+\w+)?)@[\w.-]+\w")
_FIELDS = frozenset(
    ["status", "media_ids[]", "in_reply_to_id", "sensitive", "spoiler_text", "visibility", "language"]
)


class Refusal(Exception):  # noqa: N818 - what it is, not that it failed
    """Ends a request with a status and a sentence."""

    def __init__(self, status: int, error: str) -> None:
        super().__init__(error)
        self.status = status
        self.error = error


def failed(what: str) -> Refusal:
    """Return the 422 of a record that is not valid."""
    return Refusal(422, f"Validation failed: {what}")


@dataclass(frozen=True, slots=True)
class Draft:
    """A status that was asked for and may be made."""

    text: str
    visibility: str
    language: str
    media: tuple[tuple[str, Media], ...]


def length(text: str) -> int:
    """Return what Mastodon counts: graphemes, a whole address as 23, a mention without its host."""
    total, end = 0, 0
    for link in find_addresses(text):
        if "://" not in link.text:
            continue
        total += _graphemes(text[end : link.start]) + LINK
        end = link.end
    return total + _graphemes(text[end:])


def read_draft(form: Mapping[str, Any], media_ids: list[str], pictures: Mapping[str, Media]) -> Draft:
    """Check a status against every rule. Raises Refusal 422."""
    unknown = sorted(
        name for name in form if name not in _FIELDS and not re.fullmatch(r"media_ids\[\d*\]", name)
    )
    if unknown:
        raise Refusal(400, f"found unpermitted parameter: {unknown[0]}")
    text = str(form.get("status", ""))
    if not text.strip() and not media_ids:
        raise failed("Text can't be blank")
    if length(text) > MAXIMUM:
        raise failed(f"Text character limit of {MAXIMUM} exceeded")
    visibility, language = str(form.get("visibility", "public")), str(form.get("language", ""))
    if visibility not in _VISIBILITIES:
        raise failed("Visibility is not included in the list")
    if language and not _LANGUAGE.fullmatch(language):
        raise failed("Language is invalid")
    return Draft(text, visibility, language, _media(media_ids, pictures))


def _media(media_ids: list[str], pictures: Mapping[str, Media]) -> tuple[tuple[str, Media], ...]:
    if len(media_ids) > MOST_PICTURES:
        raise failed("Cannot attach more than 4 files")
    missing = [number for number in media_ids if number not in pictures]
    if missing:
        raise failed(f"Media {', '.join(missing)} not found")
    return tuple((number, pictures[number]) for number in media_ids)


def _graphemes(text: str) -> int:
    return len(regex.findall(r"\X", _MENTION.sub(r"@\1", text)))
