"""Does a link still lead where it led: not to a page that is gone, a home page, a video nobody may see.

What cannot be told (a site that is down, or keeps programs out) is no fault of the link.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from urllib.parse import quote, urlsplit

from bot.http_client import Answer, FetchError, HttpClient
from content_queue.identity import canonical
from content_queue.item import Reason

GONE = Reason("its link leads nowhere: the page is gone")
HOME = Reason("its link leads to a home page, no longer to a page of its own")
NO_VIDEO = Reason("its video is gone")
PRIVATE = Reason("its video is private")
NOT_BEGUN = Reason("its video has not begun")
_ACCEPT = {"Accept": "text/html, application/xhtml+xml, */*;q=0.5"}
_GONE = frozenset({HTTPStatus.NOT_FOUND, HTTPStatus.GONE})
_ABSENT = frozenset({HTTPStatus.NOT_FOUND, HTTPStatus.BAD_REQUEST})
_VIDEO = "https://youtube.com/watch?v="
_CARD = "https://www.youtube.com/oembed?format=json&url="
_FRONT = re.compile(r"/?([a-z]{2}(-[a-z]{2})?/?)?(index\.\w{3,5})?", re.IGNORECASE)


class CannotTell(Exception):  # noqa: N818  named by what happened
    """Nothing was learned about the address."""


@dataclass(frozen=True, slots=True)
class LinkCheck:
    """Looks at addresses through the guarded door; one that only we may open tells nothing."""

    http: HttpClient
    now: Callable[[], datetime]

    async def __call__(self, address: str) -> Reason | None:
        """Return what is wrong with an address, None where nothing is; raises :class:`CannotTell`."""
        video = canonical(address)
        if video.startswith(_VIDEO):
            return await self._video(video)
        answer = await self._asked(address)
        if answer.status in _GONE:
            return GONE
        if answer.status != HTTPStatus.OK:
            raise CannotTell(str(answer.status))
        return HOME if _is_front_now(address, answer.url) else None

    async def _video(self, video: str) -> Reason | None:
        """Ask YouTube's oEmbed, which needs no key, and then the page when the video begins.

        401 is a video that may not be embedded, and is there; 403, or the bare word Forbidden, a private one;
        400 and 404 are none (ruby-oembed issue 79, oembed-extractor issue 168).
        """
        card = await self._asked(_CARD + quote(video, safe=""))
        if card.status == HTTPStatus.FORBIDDEN or card.body.strip() == b"Forbidden":
            return PRIVATE
        if card.status in _ABSENT:
            return NO_VIDEO
        if card.status not in {HTTPStatus.OK, HTTPStatus.UNAUTHORIZED}:
            raise CannotTell(str(card.status))
        page = await self._asked(video)
        return NOT_BEGUN if _begins_after(page.body, self.now()) else None

    async def _asked(self, address: str) -> Answer:
        try:
            return await self.http.get(address, headers=_ACCEPT)
        except FetchError as error:
            raise CannotTell(str(error)) from None


def _is_front_now(asked: str, reached: str) -> bool:
    """Tell whether a site answers with its front page for a page that it does not have any more."""
    before, after = urlsplit(asked), urlsplit(reached)
    same = _site(before.hostname) == _site(after.hostname)
    return same and not _is_front(before.path) and _is_front(after.path) and not after.query


def _site(host: str | None) -> str:
    return (host or "").removeprefix("www.")


def _is_front(path: str) -> bool:
    return _FRONT.fullmatch(path) is not None


def _begins_after(page: bytes, now: datetime) -> bool:
    """Read a broadcast's start, as YouTube gives it in schema.org's words, and compare."""
    from selectolax.lexbor import LexborHTMLParser  # a megabyte that an idle worker does not need

    node = LexborHTMLParser(page.decode("utf-8", "replace")).css_first('meta[itemprop="startDate"]')
    try:
        start = datetime.fromisoformat((node.attributes.get("content") or "") if node else "")
    except ValueError:
        return False
    return start.tzinfo is not None and start > now
