"""The other side: feeds with ETags, and a network that takes statuses, in a process of its own.

`python -m tests.bench.server`; it prints its port and serves until its stdin is closed. It is written on a
bare protocol, so that what is measured is the client.
"""

import asyncio
import json
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from itertools import count
from urllib.request import urlopen

ENTRIES = 20
HOSTS = 250
_PATH = re.compile(rb"^(\w+) (\S+) HTTP/1.1\r\n")
_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_PARAGRAPHS = 5
_PARAGRAPH = (
    "<p>On a quiet morning the garden of feed @@ grew, as gardens do, a little and then a little more, until"
    " nobody who came by could say any longer what had stood there first and what had only been sown in"
    " April. Those who look after it keep <a href='https://example.org/garden/@@'>a list of all that came up"
    "</a>, and of what did not, for whoever comes after.</p>\n"
)
_NAMES = " ".join(
    f'xmlns:{prefix}="{name}"'
    for prefix, name in (
        ("content", "http://purl.org/rss/1.0/modules/content/"),
        ("wfw", "http://wellformedweb.org/CommentAPI/"),
        ("dc", "http://purl.org/dc/elements/1.1/"),
        ("atom", "http://www.w3.org/2005/Atom"),
        ("sy", "http://purl.org/rss/1.0/modules/syndication/"),
        ("slash", "http://purl.org/rss/1.0/modules/slash/"),
    )
)
_HEAD = """<title>Garden @@</title>
<atom:link href="https://feed-@@.example.org/feed/" rel="self" type="application/rss+xml" />
<link>https://feed-@@.example.org</link><description>What grows</description>
<lastBuildDate>Thu, 01 Jan 2026 19:00:00 +0000</lastBuildDate><language>en</language>
<sy:updatePeriod>hourly</sy:updatePeriod><sy:updateFrequency>1</sy:updateFrequency>
<generator>https://example.org/?v=6.6</generator>
<image><url>https://feed-@@.example.org/icon.png</url><title>Garden @@</title>
<link>https://feed-@@.example.org</link><width>32</width><height>32</height></image>
"""


@contextmanager
def serving() -> Iterator[int]:
    """Run the server beside us; gives its port."""
    command = [sys.executable, "-m", "tests.bench.server"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdin is not None
        yield int(process.stdout.readline())
        process.stdin.close()


def feed_url(port: int, number: int, kind: str = "feed") -> str:
    """The address of a feed: a thousand of them stand on 250 hosts. One that is "quiet" has never changed."""
    return f"http://127.0.0.{number % HOSTS + 1}:{port}/{kind}/{number}"


def rate(port: int) -> float:
    """Statuses a second since this was last asked, from the first one's arrival to the last one's."""
    with urlopen(f"http://127.0.0.1:{port}/arrivals") as told:
        arrivals: list[float] = json.load(told)
    return (len(arrivals) - 1) / (arrivals[-1] - arrivals[0])


def document() -> str:
    """A feed as WordPress writes them, with the elements that it gives each entry; `@@` is its number."""
    items = "".join(_item(number) for number in range(ENTRIES))
    feed = f'<rss version="2.0" {_NAMES}><channel>{_HEAD}{items}</channel></rss>'
    return f'<?xml version="1.0" encoding="UTF-8"?>{feed}'


def _item(number: int) -> str:
    when = format_datetime(datetime(2026, 1, 1, tzinfo=UTC) + timedelta(hours=number))
    address = f"https://feed-@@.example.org/stories/{number}"
    topics = "".join(
        f"<category><![CDATA[{topic}]]></category>" for topic in ("garden", "soil", "rain", "spring")
    )
    return (
        f"<item>\n<title>Story {number} of feed @@</title>\n<link>{address}/</link>\n"
        f"<comments>{address}/#respond</comments>\n<dc:creator><![CDATA[Ana]]></dc:creator>\n"
        f"<pubDate>{when}</pubDate>\n{topics}\n"
        f'<guid isPermaLink="false">https://feed-@@.example.org/?p={number}</guid>\n'
        f"<description><![CDATA[<p>Summary {number} of feed @@: what grew, and why.</p>]]></description>\n"
        f"<content:encoded><![CDATA[{_PARAGRAPH * _PARAGRAPHS}]]></content:encoded>\n"
        f"<wfw:commentRss>{address}/feed/</wfw:commentRss>\n<slash:comments>0</slash:comments>\n"
        f'<post-id xmlns="com-wordpress:feed-additions:1">{number}</post-id>\n</item>\n'
    )


class _Door(asyncio.Protocol):
    """One connection, kept open; requests come one after the other."""

    def __init__(self, template: bytes, ids: Iterator[int], arrivals: list[float]) -> None:
        self._template = template
        self._ids = ids
        self._arrivals = arrivals
        self._read = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._out = transport
        transport.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def data_received(self, data: bytes) -> None:
        self._read += data
        head, end, body = self._read.partition(b"\r\n\r\n")
        length = _LENGTH.search(head)
        if not end or len(body) < int(length[1] if length else 0):
            return
        self._read = b""
        request = _PATH.match(head)
        path = request[2].decode() if request else ""
        if path.startswith("/feed/"):
            self._feed(path.rpartition("/")[2], head)
        elif path.startswith("/quiet/"):
            self._answer(b"", 'ETag: "1"', "304 Not Modified")
        elif path == "/arrivals":
            self._answer(json.dumps(self._arrivals).encode())
            self._arrivals.clear()
        else:
            self._network(path)

    def _feed(self, number: str, head: bytes) -> None:
        if b"if-none-match" in head.lower():
            self._answer(b"", f'ETag: "{number}"', "304 Not Modified")
        else:
            kind = f'Content-Type: application/rss+xml\r\nETag: "{number}"'
            self._answer(self._template.replace(b"@@", number.encode()), kind)

    def _network(self, path: str) -> None:
        """Statuses wait as many milliseconds as the address says: /50/api/v1/statuses."""
        wait = path.split("/")[1]
        number = str(next(self._ids))
        told = {"id": number, "url": f"https://example.org/{number}", "content": "", "version": "4.3.0"}
        body = json.dumps(told).encode()
        pause = 0.0
        if path.endswith("/statuses"):
            pause = int(wait) / 1000
            self._arrivals.append(time.perf_counter())
        if pause:
            asyncio.get_running_loop().call_later(pause, self._answer, body)
        else:
            self._answer(body)

    def _answer(
        self, body: bytes, kind: str = "Content-Type: application/json", status: str = "200 OK"
    ) -> None:
        length = "" if status.startswith("304") else f"Content-Length: {len(body)}\r\n"
        head = f"HTTP/1.1 {status}\r\n{kind}\r\n{length}\r\n"
        self._out.write(head.encode() + body)


def _doors() -> list[socket.socket]:
    first = socket.create_server(("127.0.0.1", 0), backlog=1000)
    port = first.getsockname()[1]
    return [
        first,
        *(socket.create_server((f"127.0.0.{host}", port), backlog=100) for host in range(2, HOSTS + 1)),
    ]


async def _serve() -> None:
    loop = asyncio.get_running_loop()
    template, ids, arrivals = document().encode(), count(1), list[float]()
    doors = _doors()
    for door in doors:
        await loop.create_server(lambda: _Door(template, ids, arrivals), sock=door)
    print(doors[0].getsockname()[1], flush=True)
    await asyncio.to_thread(sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(_serve())
