"""The cage: what a document does to its reader is this document's trouble only."""

import asyncio
import os
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.sources.cage import Cage
from bot.sources.feed import BadFeed, Parsed
from content_queue.item import Kind
from content_queue.naming import names_of
from tests.bot.sources.documents import read, rss

GOOD = rss(
    "<title>Noël</title><link>https://site.example/1</link><pubDate>2018-03-12</pubDate>"
    "<category>IA</category><guid>g</guid><author>Ève</author>"
)
# feedparser takes the square of the number of attributes
SLOW = (
    "<rss><channel "
    + " ".join(f'a{n}="1"' for n in range(60_000))
    + "><item><title>t</title></item></channel></rss>"
)


@pytest.fixture
async def cage() -> AsyncIterator[Cage]:
    made = Cage(workers=1, cpu=timedelta(seconds=1), deadline=timedelta(seconds=20))
    yield made
    await made.close()


async def parse(cage: Cage, document: bytes) -> Parsed:
    return await cage.parse(
        document,
        content_type="application/xml",
        url="https://site.example/feed/",
        kind=Kind.ARTICLE,
        language="fr",
    )


async def test_what_comes_out_is_what_parse_gives(cage: Cage) -> None:
    plain = read(GOOD)
    assert await parse(cage, GOOD) == replace(plain, names=names_of(plain.entries))


async def test_words_whose_language_nothing_tells_are_in_the_one_given(cage: Cage) -> None:
    document = rss("<title>Photo</title><guid>g</guid>")
    found = await cage.parse(
        document, content_type="", url="https://site.example/", kind=Kind.ARTICLE, language="", otherwise="en"
    )
    assert [version.language for entry in found.entries for version in entry.versions] == ["en"]
    assert found.names == names_of(found.entries)


async def test_a_bad_feed_comes_out_as_its_line_and_the_worker_stays(cage: Cage) -> None:
    with pytest.raises(BadFeed, match="it is a web page, not a feed"):
        await parse(cage, b"<html><body>x</body></html>")
    assert cage.workers == 1
    assert (await parse(cage, GOOD)).entries == read(GOOD).entries


async def test_a_document_that_eats_time_dies_alone(cage: Cage) -> None:
    with pytest.raises(BadFeed, match="more than 1 s of computing"):
        await parse(cage, SLOW.encode())
    assert (await parse(cage, GOOD)).entries == read(GOOD).entries


async def test_each_document_has_its_own_time(cage: Cage) -> None:
    heavy = rss(*["<title>t</title><description>d</description>"] * 500)
    for _ in range(12):  # together they take longer than one may
        assert len((await parse(cage, heavy)).entries) == 500


async def test_a_document_that_eats_memory_is_a_bad_feed() -> None:
    cage = Cage(workers=1, memory=150 * 1024 * 1024)
    with pytest.raises(BadFeed):
        await parse(cage, rss(f"<title>{'x' * 30_000_000}</title>"))
    assert (await parse(cage, GOOD)).entries == read(GOOD).entries
    await cage.close()


async def test_a_document_past_the_deadline_is_given_up() -> None:
    cage = Cage(workers=1, deadline=timedelta(seconds=0.01))
    with pytest.raises(BadFeed, match=r"longer than 0\.01 s"):
        await parse(cage, SLOW.encode())
    await cage.close()


async def test_a_worker_that_is_killed_costs_one_document(cage: Cage) -> None:
    reading = asyncio.create_task(parse(cage, SLOW.encode()))
    while not (children := _children()):  # noqa: ASYNC110  the kernel knows no event
        await asyncio.sleep(0.01)
    os.kill(children[0], 9)
    with pytest.raises(BadFeed, match="died"):
        await reading
    assert (await parse(cage, GOOD)).entries == read(GOOD).entries


async def test_an_idle_worker_leaves() -> None:
    cage = Cage(workers=1, idle=timedelta(seconds=0.05))
    await parse(cage, GOOD)
    assert cage.workers == 1
    while cage.workers or _children():  # noqa: ASYNC110  the kernel knows no event
        await asyncio.sleep(0.01)
    assert (await parse(cage, GOOD)).entries == read(GOOD).entries
    await cage.close()


async def test_a_cancelled_reading_leaves_no_worker_behind(cage: Cage) -> None:
    reading = asyncio.create_task(parse(cage, SLOW.encode()))
    await asyncio.sleep(0.05)
    reading.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reading
    await cage.close()
    assert (cage.workers, _children()) == (0, [])


async def test_two_workers_read_at_once_and_close_with_the_cage() -> None:
    cage = Cage(workers=2)
    found = await asyncio.gather(*(parse(cage, GOOD) for _ in range(6)))
    assert [each.entries for each in found] == [read(GOOD).entries] * 6
    assert cage.workers == 2
    await cage.close()
    assert _children() == []


async def test_the_worker_knows_no_secret(cage: Cage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TECHNOPOLYS_X_FR_ACCESS_TOKEN", "hunter2")
    await parse(cage, GOOD)
    (child,) = _children()
    with open(f"/proc/{child}/environ", "rb") as environment:  # noqa: ASYNC230, PTH123  a file of the kernel's
        assert b"hunter2" not in environment.read()


def _children() -> list[int]:
    """The living child processes of this one that read feeds."""
    found = []
    for name in os.listdir("/proc"):  # noqa: PTH208  the kernel's own folder
        try:
            with open(f"/proc/{name}/stat") as stat, open(f"/proc/{name}/cmdline", "rb") as line:  # noqa: PTH123
                fields = stat.read().rpartition(")")[2].split()
                ours = b"cage_worker" in line.read()
        except OSError:
            continue
        if ours and fields[0] != "Z" and int(fields[1]) == os.getpid():
            found.append(int(name))
    return found
