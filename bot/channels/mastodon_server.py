"""What a Mastodon server says of itself, and its HTML read back as the words that we sent."""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

from bot.channels.answer import checked_id, mapping
from bot.message import Receipt, Seen

_GENUINE = re.compile(r"[2-9]\.\d+\.\d+(?:[-+~][\w.+~-]*)?", re.ASCII)
_TAGS = re.compile(r"<[^>]*>")
_HOST = re.compile(r"(@\w+)@[\w.-]+\w")
_URL = re.compile(r"https?://\S+", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Server:
    """One account's server: its own limits, and whether it is known to map our key to one post.

    ``link`` is what a link counts, 0 for its own length. Lengths are in graphemes.
    """

    api: str
    seen: datetime
    account: str
    username: str
    version: str
    keyed: bool
    maximum: int
    link: int
    pictures: int
    alt: int

    @classmethod
    def from_answer(
        cls, api: str, seen: datetime, account: str, username: str, about: Mapping[str, Any]
    ) -> Server:
        """Read GET /api/v2/instance; what it leaves out is as on Mastodon."""
        told = mapping(about.get("configuration"))
        statuses, media = mapping(told.get("statuses")), mapping(told.get("media_attachments"))
        version = str(about.get("version", ""))[:100]
        return cls(
            api=api,
            seen=seen,
            account=account,
            username=username,
            version=version,
            keyed=_GENUINE.fullmatch(version) is not None,
            maximum=_number(statuses.get("max_characters"), 500),
            link=_number(statuses.get("characters_reserved_per_url"), 0),
            pictures=_number(statuses.get("max_media_attachments"), 4),
            alt=_number(media.get("description_limit"), 1500),
        )

    @classmethod
    def from_kept(cls, kept: Mapping[str, str]) -> Server | None:
        """Read what :meth:`to_keep` wrote, None for anything else."""
        try:
            return cls(
                api=kept["api"],
                seen=datetime.fromisoformat(kept["seen"]),
                account=kept["account"],
                username=kept["username"],
                version=kept["version"],
                keyed=kept["keyed"] == str(True),
                maximum=int(kept["maximum"]),
                link=int(kept["link"]),
                pictures=int(kept["pictures"]),
                alt=int(kept["alt"]),
            )
        except (KeyError, TypeError, ValueError):
            return None

    def to_keep(self) -> dict[str, str]:
        """Write it down as words."""
        return {
            name: value.isoformat() if name == "seen" else str(value) for name, value in asdict(self).items()
        }

    def length(self, text: str, measure: Callable[[str], int]) -> int:
        """Return a text's length as this server counts it: ``measure`` has links at 23."""
        if self.link:
            return measure(text)
        return measure(_URL.sub(lambda link: "x" * len(link[0]), text))


def bare(text: str) -> str:
    """Return a text without what a server changes: spaces, the servers of mentions, composition."""
    return re.sub(r"\s+", "", unicodedata.normalize("NFC", _HOST.sub(r"\1", text)))


def bare_html(content: str) -> str:
    """Return the words of a status' HTML, as :func:`bare` does."""
    return bare(html.unescape(_TAGS.sub(" ", content)))


def says(status: Mapping[str, Any], wanted: str, start: datetime) -> bool:
    """Tell whether a status is recent and says what we wanted to say."""
    at = _moment(status)
    return at is not None and at >= start and bare_html(str(status.get("content", ""))) == bare(wanted)


def own_status(
    status: Mapping[str, Any], server: Server, receipt: Callable[[str, str], Receipt]
) -> Seen | None:
    """Return a status as one of our posts; None for what is none."""
    number, at = checked_id(status.get("id")), _moment(status)
    if not number or at is None:
        return None
    return Seen(
        number, receipt(number, server.username).remote_url, plain(str(status.get("content", ""))), at
    )


def plain(content: str) -> str:
    """Return the words of a status' HTML as they were written, but for the servers of mentions."""
    lines = re.sub(r"</p>\s*<p[^>]*>", "\n\n", re.sub(r"<br[^>]*>", "\n", content))
    return html.unescape(_TAGS.sub("", lines)).strip()


def _moment(status: Mapping[str, Any]) -> datetime | None:
    """Return when a status was made; Mastodon.py has read it already."""
    made = status.get("created_at")
    try:
        at = made if isinstance(made, datetime) else datetime.fromisoformat(str(made))
    except ValueError:
        return None
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def _number(value: object, usual: int) -> int:
    """Return a limit that a server told, if it can be one."""
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 < value < 10**9 else usual
