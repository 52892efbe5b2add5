"""What was published, as the public sees it. Kept in memory, in the order it appeared."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import unquote, urlsplit

from bot.sandbox.rich_text import Run

Clock = Callable[[], datetime]
"""Tells the time; aware. The worker's own, so that both live in one time."""


@dataclass(frozen=True, slots=True)
class Media:
    """A picture: its bytes, or the address that a client gave instead (never fetched)."""

    alt: str = ""
    content: bytes = field(default=b"", repr=False)
    content_type: str = ""
    address: str = ""


@dataclass(frozen=True, slots=True)
class Page:
    """What a network's card takes from a page, for a link that one of the sandbox's own sites answers."""

    title: str
    site: str
    path: str
    """Where it opens on the sandbox, without the host."""
    video: bool = False


@dataclass(frozen=True, slots=True)
class Card:
    """The card a network builds from a link, or that it was given (Bluesky).

    The sandbox fetches nothing: an address that none of its own sites answers is shown in words.
    """

    address: str
    large: bool = True
    above: bool = False
    words: str = ""
    """The title that was given with the link."""
    under: str = ""
    """The summary that was given with the link."""
    picture: Media | None = None
    """The picture that was given with the link."""

    @property
    def site(self) -> str:
        """The host, as cards show it."""
        return urlsplit(self.address).netloc.removeprefix("www.")

    @property
    def title(self) -> str:
        """What was given; else the last part of the path in words, or the host, as for `/watch?v=...`."""
        if self.words:
            return self.words
        parts = urlsplit(self.address)
        last = "" if parts.query else unquote(parts.path).rstrip("/").rpartition("/")[2]
        words = (last.rpartition(".")[0] or last).replace("-", " ").replace("_", " ").strip()
        return words[:1].upper() + words[1:] or self.site


@dataclass(frozen=True, slots=True)
class Published:
    """One post that the public can see."""

    network: str
    account: str
    """X: the user id. Telegram: the chat, `@name` or its number. Bluesky: the handle. Mastodon: the name.
    LinkedIn: the URN. Facebook: the page's number. Apprise: the hook's name."""
    id: str
    url: str
    text: str
    """As a reader sees it: no tags, no escapes, whole links."""
    link: str | None
    media: tuple[Media, ...]
    created_at: datetime
    body: tuple[Run, ...] = ()
    card: Card | None = None

    @property
    def path(self) -> str:
        """The address without its host: the sandbox may be seen under another name."""
        return urlsplit(self.url).path

    def as_json(self) -> dict[str, Any]:
        """One entry of `timeline.json`."""
        return {
            "network": self.network,
            "account": self.account,
            "id": self.id,
            "url": self.url,
            "text": self.text,
            "link": self.link,
            "media": [{"alt": picture.alt} for picture in self.media],
            "created_at": self.created_at.isoformat(),
        }


class Timeline:
    """Every post that is out, oldest first."""

    def __init__(self) -> None:
        self._posts: dict[tuple[str, str, str], Published] = {}

    def add(self, post: Published) -> None:
        """Show a post."""
        self._posts[post.network, post.account, post.id] = post

    def remove(self, network: str, account: str, post_id: str) -> bool:
        """Take a post back; False if it is not there."""
        return self._posts.pop((network, account, post_id), None) is not None

    def get(self, network: str, account: str, post_id: str) -> Published | None:
        """Return one post, or None."""
        return self._posts.get((network, account, post_id))

    def of(self, network: str | None = None, account: str | None = None) -> list[Published]:
        """Return the posts of a network, of an account, or all; oldest first."""
        return [
            post
            for post in self._posts.values()
            if network in (None, post.network) and account in (None, post.account)
        ]
