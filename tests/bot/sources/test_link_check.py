"""What a link leads to is told by its site; a site's own trouble is no fault of the link."""

from dataclasses import dataclass, field
from datetime import UTC, datetime

import pytest

from bot.http_client import Answer, HttpClient, Unreachable
from bot.sources.link_check import GONE, HOME, NO_VIDEO, NOT_BEGUN, PRIVATE, CannotTell, LinkCheck
from content_queue.item import Reason
from tests.bot.http_client.servers import answer, saying, serving

NOW = datetime(2026, 6, 3, 14, tzinfo=UTC)
WATCH = "https://www.youtube.com/watch?v=aaaaaaaaaaa"
BROADCAST = b'<div itemscope><meta itemprop="startDate" content="%s"></div>'


async def looked_at(path: str, *answers: bytes) -> Reason | None:
    """Look at a page whose site answers each request with the next of ``answers``."""
    http = HttpClient(user_agent="test", allow_private=("127.0.0.1",))
    left = list(answers)

    async def script(head: bytes, writer: object) -> None:
        await saying(left.pop(0))(head, writer)  # type: ignore[arg-type]  # the server's own

    async with serving(script) as server:
        try:
            return await LinkCheck(http, lambda: NOW)(server.url(path))
        finally:
            await http.close()


def moved(to: bytes) -> bytes:
    return answer(b"", b"Location: " + to, status=b"301 Moved Permanently")


@pytest.mark.parametrize(
    ("path", "answers", "why"),
    [
        ("/article", [answer(b"words")], None),
        ("/article", [answer(b"no", status=b"404 Not Found")], GONE),
        ("/article", [answer(b"no", status=b"410 Gone")], GONE),
        ("/article", [moved(b"/"), answer(b"home")], HOME),
        ("/article", [moved(b"/fr/"), answer(b"home")], HOME),
        ("/article", [moved(b"/en/index.html"), answer(b"home")], HOME),
        ("/article", [moved(b"/articles/article"), answer(b"words")], None),
        ("/article", [moved(b"/?p=12"), answer(b"words")], None),
        ("/article", [moved(b"/"), answer(b"no", status=b"404 Not Found")], GONE),
        ("/", [answer(b"home")], None),
        ("/fr", [moved(b"/fr/"), answer(b"home")], None),
    ],
)
async def test_a_page_is_there_or_is_not(path: str, answers: list[bytes], why: Reason | None) -> None:
    assert await looked_at(path, *answers) == why


@pytest.mark.parametrize("status", [b"403 Forbidden", b"429 Too Many", b"500 Oops", b"503 Busy", b"204 None"])
async def test_a_site_that_will_not_say_is_no_fault_of_the_link(status: bytes) -> None:
    with pytest.raises(CannotTell, match=status[:3].decode()):
        await looked_at("/article", answer(b"", status=status))


async def test_an_address_within_is_not_opened() -> None:
    http = HttpClient(user_agent="test")
    with pytest.raises(CannotTell):
        await LinkCheck(http, lambda: NOW)("http://127.0.0.1:9/article")
    await http.close()


@dataclass
class YouTube(HttpClient):
    """Answers for YouTube, which no test can ask: oEmbed first, then the video's page."""

    card: Answer
    page: Answer
    asked: list[str] = field(default_factory=list)

    async def get(self, url: str, **_more: object) -> Answer:
        self.asked.append(url)
        return self.card if "/oembed?" in url else self.page


def said(status: int, body: bytes = b"{}") -> Answer:
    return Answer(status, {}, body, WATCH)


@pytest.mark.parametrize(
    ("card", "page", "why"),
    [
        (said(200), said(200, b"<title>Un film</title>"), None),
        (said(401), said(200, b"<title>Un film</title>"), None),
        (said(403), said(200), PRIVATE),
        (said(200, b"Forbidden"), said(200), PRIVATE),
        (said(404), said(200), NO_VIDEO),
        (said(400), said(200), NO_VIDEO),
        (said(200), said(200, BROADCAST % b"2026-06-03T14:00:01+00:00"), NOT_BEGUN),
        (said(200), said(200, BROADCAST % b"2026-06-03T13:59:59+00:00"), None),
        (said(200), said(200, BROADCAST % b"soon"), None),
        (said(200), said(200, BROADCAST % b"2026-06-04"), None),
    ],
)
async def test_a_video_can_be_seen_or_cannot(card: Answer, page: Answer, why: Reason | None) -> None:
    tube = YouTube(card, page)
    assert await LinkCheck(tube, lambda: NOW)("https://youtu.be/aaaaaaaaaaa?si=x") == why
    assert tube.asked[0].endswith(
        "oembed?format=json&url=https%3A%2F%2Fyoutube.com%2Fwatch%3Fv%3Daaaaaaaaaaa"
    )


async def test_a_youtube_that_is_down_is_no_fault_of_the_video() -> None:
    with pytest.raises(CannotTell):
        await LinkCheck(YouTube(said(500), said(200)), lambda: NOW)(WATCH)

    class Down(YouTube):
        async def get(self, url: str, **_more: object) -> Answer:
            raise Unreachable(url)

    with pytest.raises(CannotTell):
        await LinkCheck(Down(said(200), said(200)), lambda: NOW)(WATCH)
