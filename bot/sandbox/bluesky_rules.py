"""Bluesky's rules for a post, written from its lexicons (app.bsky.feed.post, .embed, .richtext.facet).

Stricter than the network in one thing: a facet must lie within the text and between whole characters, where
the network takes any and shows nonsense.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Any

import regex

from bot.sandbox.published import Card, Media
from bot.sandbox.rich_text import Span

COLLECTION = "app.bsky.feed.post"
MAXIMUM_GRAPHEMES = 300
MAXIMUM_BYTES = 3000
MAXIMUM_IMAGE = 2_000_000
MAXIMUM_THUMB = 1_000_000
_MOST_IMAGES = 4
_MOST_LANGUAGES = 3
_LONGEST_TAG = 64
_TID = re.compile(r"[234567abcdefghij][234567a-z]{12}")
_LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]+)*")
_FIELDS = frozenset(["$type", "text", "createdAt", "langs", "facets", "embed", "reply", "labels", "tags"])
_KINDS = {"link": "uri", "tag": "tag", "mention": "did"}


class Refusal(Exception):  # noqa: N818 - what it is, not that it failed
    """Ends a call with XRPC's error: a status, a code, a sentence."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message


def invalid(what: str) -> Refusal:
    """Return the 400 for a record that does not fit its lexicon."""
    return Refusal(400, "InvalidRequest", f"Invalid {COLLECTION} record: {what}")


@dataclass(frozen=True, slots=True)
class Blob:
    """An upload, under the name that records know it by."""

    cid: str
    media: Media


@dataclass(frozen=True, slots=True)
class Draft:
    """A record that was asked for and may be written."""

    text: str
    created_at: datetime
    spans: tuple[Span, ...]
    media: tuple[Media, ...]
    card: Card | None


def check_key(rkey: Any) -> str:  # noqa: ANN401 - as it came
    """Return a record key. Raises Refusal 400 for one that is no TID."""
    if not isinstance(rkey, str) or not _TID.fullmatch(rkey):
        raise Refusal(400, "InvalidRequest", f"Invalid record key: {str(rkey)[:40]!r} is no TID")
    return rkey


def read_record(record: Any, blobs: Mapping[str, Blob]) -> Draft:  # noqa: ANN401 - as it came
    """Check a record against its lexicon. Raises Refusal 400."""
    if not isinstance(record, dict) or record.get("$type") != COLLECTION:
        raise invalid(f"$type must be {COLLECTION}")
    for name in sorted(record.keys() - _FIELDS):
        raise invalid(f"{name} is unknown")
    text = _text(record.get("text"))
    _languages(record.get("langs", []))
    media, card = _embed(record.get("embed"), blobs)
    if not text.strip() and not media and card is None:
        raise invalid("text is empty and nothing is embedded")
    return Draft(text, _moment(record.get("createdAt")), _spans(text, record.get("facets", [])), media, card)


def _text(text: Any) -> str:  # noqa: ANN401 - as it came
    if not isinstance(text, str):
        raise invalid("text must be a string")
    if len(text.encode()) > MAXIMUM_BYTES:
        raise invalid(f"text must not be longer than {MAXIMUM_BYTES} bytes")
    if len(regex.findall(r"\X", text)) > MAXIMUM_GRAPHEMES:
        raise invalid(f"text must not be longer than {MAXIMUM_GRAPHEMES} graphemes")
    return text


def _moment(value: Any) -> datetime:  # noqa: ANN401 - as it came
    try:
        moment = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        raise invalid("createdAt must be a datetime") from None
    if moment.tzinfo is None:
        raise invalid("createdAt must have a timezone")
    return moment


def _languages(languages: Any) -> None:  # noqa: ANN401 - as it came
    if not isinstance(languages, list) or len(languages) > _MOST_LANGUAGES:
        raise invalid(f"langs must hold at most {_MOST_LANGUAGES}")
    for language in languages:
        if not isinstance(language, str) or not _LANGUAGE.fullmatch(language):
            raise invalid("langs must hold well-formed language tags")


def _spans(text: str, facets: Any) -> tuple[Span, ...]:  # noqa: ANN401 - as it came
    if not isinstance(facets, list):
        raise invalid("facets must be an array")
    spans = sorted((_span(text.encode(), facet) for facet in facets), key=lambda span: span.start)
    for before, after in pairwise(spans):
        if after.start < before.end:
            raise invalid("facets must not overlap")
    return tuple(spans)


def _span(coded: bytes, facet: Any) -> Span:  # noqa: ANN401 - as it came
    try:
        start, end = facet["index"]["byteStart"], facet["index"]["byteEnd"]
        (feature,) = facet["features"]
        kind = feature["$type"].removeprefix("app.bsky.richtext.facet#")
        value = feature[_KINDS[kind]]
    except (KeyError, TypeError, ValueError, AttributeError):
        raise invalid("a facet has an index and one feature that is a link, a tag or a mention") from None
    if not (isinstance(start, int) and isinstance(end, int) and 0 <= start < end <= len(coded)):
        raise invalid("a facet must lie within the text")
    try:
        first, marked = coded[:start].decode(), coded[start:end].decode()
    except UnicodeDecodeError:
        raise invalid("a facet must lie between whole characters") from None
    _check_feature(kind, value, marked)
    return Span(len(first), len(first) + len(marked), kind, value if kind == "link" else "")


def _check_feature(kind: str, value: Any, marked: str) -> None:  # noqa: ANN401 - as it came
    if not isinstance(value, str) or not value:
        raise invalid(f"the {kind} of a facet must be a string")
    if kind == "link" and not value.startswith(("http://", "https://")):
        raise invalid("the uri of a facet must be an address")
    if kind == "tag" and (len(value) > _LONGEST_TAG or marked != f"#{value}"):
        raise invalid("the tag of a facet must be the word that it marks")


def _embed(embed: Any, blobs: Mapping[str, Blob]) -> tuple[tuple[Media, ...], Card | None]:  # noqa: ANN401
    if embed is None:
        return (), None
    if not isinstance(embed, dict):
        raise invalid("embed must be an object")
    match embed.get("$type"):
        case "app.bsky.embed.images":
            return _images(embed.get("images"), blobs), None
        case "app.bsky.embed.external":
            return (), _card(embed.get("external"), blobs)
    raise invalid("embed must be a known kind")


def _images(images: Any, blobs: Mapping[str, Blob]) -> tuple[Media, ...]:  # noqa: ANN401 - as it came
    if not isinstance(images, list) or not 1 <= len(images) <= _MOST_IMAGES:
        raise invalid(f"images must hold 1 to {_MOST_IMAGES}")
    shown = []
    for image in images:
        if not isinstance(image, dict) or not isinstance(image.get("alt"), str):
            raise invalid("an image must have the property alt")
        media = _blob(image.get("image"), blobs, MAXIMUM_IMAGE)
        shown.append(Media(image["alt"], media.content, media.content_type))
    return tuple(shown)


def _card(external: Any, blobs: Mapping[str, Blob]) -> Card:  # noqa: ANN401 - as it came
    if not isinstance(external, dict):
        raise invalid("external must be an object")
    for name in ("uri", "title", "description"):
        if not isinstance(external.get(name), str):
            raise invalid(f"external must have the property {name}")
    thumb = _blob(external["thumb"], blobs, MAXIMUM_THUMB) if "thumb" in external else None
    return Card(external["uri"], words=external["title"], under=external["description"], picture=thumb)


def _blob(reference: Any, blobs: Mapping[str, Blob], maximum: int) -> Media:  # noqa: ANN401 - as it came
    try:
        blob = blobs[reference["ref"]["$link"]]
        typed = reference["$type"] == "blob" and reference["mimeType"] == blob.media.content_type
    except (KeyError, TypeError):
        raise Refusal(400, "BlobNotFound", "Could not find blob") from None
    if not typed or reference.get("size") != len(blob.media.content):
        raise Refusal(400, "InvalidMimeType", "The reference does not describe the blob")
    if len(blob.media.content) > maximum:
        raise Refusal(400, "BlobTooLarge", f"This file is too large. It is more than {maximum} bytes")
    return blob.media
