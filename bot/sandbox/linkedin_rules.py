"""LinkedIn's rules for a post, written from its documentation (Posts API, little text format).

What is not escaped is markup, as on the network: a commentary ends, without a word, at the first sign of the
format that is neither escaped nor part of a hashtag or a mention.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bot.sandbox.published import Card, Media

MAXIMUM = 3000
LARGEST_PICTURE = 8_000_000
MAXIMUM_ALT = 4086
_SEVERAL = range(2, 21)
_LONGEST_TITLE = 400
_SIGNS = set("\\|{}[]()<>@#*_~")
_TAG = re.compile(r"\{hashtag\|(?:\\#|#|＃)\|((?:\\.|[^}\\])+)\}")
_UNESCAPED = re.compile(r"\\(.)")
_WORD_TAG = re.compile(r"#\w+")
_MENTION = re.compile(r"@\[((?:\\.|[^\]\\])+)\]\(urn:li:(?:organization|person):[\w-]+\)")
_VERSION = re.compile(r"20\d\d(0[1-9]|1[0-2])")
_FIELDS = frozenset(
    [
        "author",
        "commentary",
        "content",
        "distribution",
        "isReshareDisabledByAuthor",
        "lifecycleState",
        "visibility",
    ]
)


class Refusal(Exception):  # noqa: N818 - what it is, not that it failed
    """Ends a request with LinkedIn's error: a status, a code, a sentence, what was wrong with the input."""

    def __init__(self, status: int, code: str, message: str, input_code: str = "") -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.input_code = input_code


def invalid(what: str) -> Refusal:
    """Return the 400 of a body that does not fit."""
    return Refusal(400, "INVALID_PARAM", what)


@dataclass(frozen=True, slots=True)
class Draft:
    """A post that was asked for and may be made."""

    commentary: str
    text: str
    media: tuple[Media, ...]
    card: Card | None

    @property
    def link(self) -> str | None:
        """What the article leads to."""
        return self.card.address if self.card else None


def check_version(version: str) -> None:
    """Refuse a request whose version is none, or over: 426 as for one of long ago."""
    if not _VERSION.fullmatch(version):
        raise Refusal(400, "VERSION_MISSING", "A version must be present. Please specify a version")
    if version < "202512":
        raise Refusal(426, "NONEXISTENT_VERSION", f"Requested version {version} is not active")


def shown(commentary: str) -> str:
    """Return what readers see of a commentary: all of it, or all before the first stray sign."""
    text, at = "", 0
    while at < len(commentary):
        piece, at = _piece(commentary, at)
        if at < 0:
            break
        text += piece
    return text


def _piece(commentary: str, at: int) -> tuple[str, int]:
    """Return the next piece and where it ends, -1 for a sign that ends the text."""
    sign = commentary[at]
    if sign not in _SIGNS:
        return sign, at + 1
    if sign == "\\" and commentary[at + 1 : at + 2] in _SIGNS:
        return commentary[at + 1], at + 2
    if found := _TAG.match(commentary, at):
        return "#" + _UNESCAPED.sub(r"\1", found[1]), found.end()
    if found := _WORD_TAG.match(commentary, at):
        return found[0], found.end()
    if found := _MENTION.match(commentary, at):
        return found[1], found.end()
    return "", -1


def read_draft(body: Mapping[str, Any], author: str, pictures: Mapping[str, tuple[str, Media]]) -> Draft:
    """Check a post against every rule. ``pictures`` holds each with its owner. Raises Refusal."""
    if unknown := sorted(body.keys() - _FIELDS):
        raise invalid(f"{unknown[0]}: unrecognized field found but not allowed")
    if body.get("visibility") != "PUBLIC" or body.get("lifecycleState") != "PUBLISHED":
        raise invalid("visibility and lifecycleState are required")
    if body.get("distribution", {}).get("feedDistribution") != "MAIN_FEED":
        raise invalid("distribution.feedDistribution is required")
    commentary = body.get("commentary")
    if not isinstance(commentary, str):
        raise invalid("commentary is required")
    text = shown(commentary)
    if len(text.encode("utf-16-le")) // 2 > MAXIMUM:
        raise Refusal(
            422, "UNPROCESSABLE_ENTITY", "commentary exceeds the maximum length", "FIELD_LENGTH_TOO_LONG"
        )
    media, card = _content(body.get("content"), author, pictures)
    if not text.strip() and not media and card is None:
        raise invalid("commentary or content is required")
    return Draft(commentary, text, media, card)


def _content(
    content: Any,  # noqa: ANN401 - whatever a client sent
    author: str,
    pictures: Mapping[str, tuple[str, Media]],
) -> tuple[tuple[Media, ...], Card | None]:
    if content is None:
        return (), None
    if not isinstance(content, dict) or len(content) != 1:
        raise invalid("content must hold exactly one member of the union")
    ((kind, value),) = content.items()
    if kind == "media":
        return (_picture(value, author, pictures),), None
    if kind == "multiImage":
        images = value.get("images", [])
        if len(images) not in _SEVERAL:
            raise invalid("multiImage takes 2 to 20 images")
        return tuple(_picture(image, author, pictures) for image in images), None
    if kind == "article":
        return (), _article(value, author, pictures)
    raise invalid(f"content.{kind}: unrecognized field found but not allowed")


def _picture(value: Mapping[str, Any], author: str, pictures: Mapping[str, tuple[str, Media]]) -> Media:
    urn, alt = str(value.get("id")), str(value.get("altText", ""))
    owner, media = pictures.get(urn, ("", Media()))
    if owner != author:
        raise invalid(f"{urn} is not an image of the author")
    if not media.content:
        raise invalid(f"{urn} is not ready to be posted")
    if len(alt) > MAXIMUM_ALT:
        raise invalid("altText exceeds the maximum length")
    return Media(alt, media.content, media.content_type)


def _article(value: Mapping[str, Any], author: str, pictures: Mapping[str, tuple[str, Media]]) -> Card:
    if unknown := sorted(value.keys() - {"source", "title", "description", "thumbnail"}):
        raise invalid(f"content.article.{unknown[0]}: unrecognized field found but not allowed")
    source, title = str(value.get("source", "")), str(value.get("title", ""))
    if not source.startswith(("http://", "https://")) or not title:
        raise invalid("content.article needs source and title")
    if len(title) > _LONGEST_TITLE:
        raise invalid("content.article.title exceeds the maximum length")
    thumbnail = value.get("thumbnail")
    picture = _picture({"id": thumbnail}, author, pictures) if thumbnail else None
    return Card(source, words=title, under=str(value.get("description", "")), picture=picture)
