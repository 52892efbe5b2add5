"""Signals and locks: how a worker ends, who may run beside it, and how it takes up a changed file."""

import re
import signal
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import aiohttp
import pytest

from bot.sandbox.server import Sandbox
from tests.whole.installation import Installation, Running, source, until
from tests.whole.news import newsroom

EACH_SECOND = "daily 00:00-24:00 every 1s"
MIDNIGHT = "daily 00:00"


@dataclass(frozen=True, slots=True)
class Place:
    """An installation with two feeds to read and two networks to post to."""

    bot: Installation
    sandbox: Sandbox
    feeds: str

    def one_channel(self, slots: str = MIDNIGHT, *more: str) -> None:
        """Write a configuration with the French feed and X, and what else there is."""
        self.bot.write(
            source("fr", f"{self.feeds}/fr", language="fr", approval="trusted"),
            self.bot.x("x-fr", self.sandbox.url, language="fr", slots=slots),
            *more,
        )

    def telegram(self) -> str:
        return self.bot.telegram("tg", self.sandbox.url, "@vagues", language="en", slots=EACH_SECOND)

    async def shown(self, network: str, posts: int, worker: Running) -> None:
        """Wait until so many posts stand on a network."""

        async def enough() -> bool:
            return len([post for post in self.sandbox.timeline() if post.network == network]) == posts

        await until(enough, lambda: worker.err[-5:])


@pytest.fixture
async def place(tmp_path: Path, sandbox: Sandbox) -> AsyncIterator[Place]:
    async with newsroom({"fr": ["Un vaisseau", "Deux lunes"], "en": ["A ship", "Two moons"]}) as room:
        yield Place(Installation(tmp_path), sandbox, room.url)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_a_signal_ends_run_with_status_0(place: Place, number: signal.Signals) -> None:
    place.one_channel(EACH_SECOND)
    async with place.bot.running("run") as worker:
        await place.shown("x", 2, worker)
        assert await worker.stop(number) == 0
    assert not [line for line in worker.err if "Traceback" in line]
    assert {post["state"] for post in place.bot.look("posts")} == {"published"}


async def test_a_second_worker_is_refused_with_a_line_that_names_the_first(place: Place) -> None:
    place.one_channel()
    async with place.bot.running("run", "--no-desk") as worker:
        await worker.started()
        for words in (["run", "--no-desk"], ["run", "--once"]):
            (line,) = (await place.bot.ask(*words, status=1)).lines
            assert f"process {worker.pid} on " in line
        await place.bot.ask("poll")  # needs no lock
        assert await worker.stop() == 0
    await place.bot.ask("run", "--once")


async def page(worker: Running) -> tuple[int, str]:
    """Open the desk at the address that the worker printed; return the status and the page."""

    async def address() -> str | None:
        return next((line.removeprefix("desk ") for line in worker.out if line.startswith("desk ")), None)

    jar = aiohttp.CookieJar(unsafe=True)  # a cookie of an address without a name
    async with aiohttp.ClientSession(cookie_jar=jar) as session, session.get(await until(address)) as answer:
        return answer.status, await answer.text()


def words_of(text: str) -> set[str]:
    """The words that a page shows, its tags left out."""
    return set(re.sub(r"<[^>]*>", " ", text).split())


async def test_a_hangup_takes_up_the_file_as_it_is_now_written(place: Place) -> None:
    place.one_channel()
    telegram = place.telegram()  # its secret is in the environment from the start
    async with place.bot.running("run") as worker:
        await worker.started()
        status, text = await page(worker)
        assert (status, "tg" in words_of(text)) == (200, False)
        place.one_channel(
            MIDNIGHT,
            source("en", f"{place.feeds}/en", language="en", approval="trusted"),
            telegram,
        )
        worker.send(signal.SIGHUP)
        await place.shown("telegram", 2, worker)
        status, text = await page(worker)  # the address and its token are as they were
        assert (status, "tg" in words_of(text)) == (200, True)
        (line,) = (await place.bot.ask("run", "--once", status=1)).lines
        assert f"process {worker.pid} on " in line
        assert await worker.stop() == 0
    assert {row["name"] for row in place.bot.look("sources", "list")} == {"fr", "en"}


async def test_a_hangup_with_a_bad_file_keeps_the_old_configuration_and_says_so(place: Place) -> None:
    place.one_channel(EACH_SECOND)
    async with place.bot.running("run", "--no-desk") as worker:
        await place.shown("x", 2, worker)
        place.one_channel("noon", place.telegram().replace("chat", "chta"))
        worker.send(signal.SIGHUP)
        await worker.said("the configuration was read again and has mistakes: the old one stays")

        async def all_told() -> bool:
            return {"slots", "chta", "chat"} <= {key for line in worker.log() for key in keys_of(line)}

        await until(all_told, lambda: worker.err)
        place.one_channel(EACH_SECOND)
        await place.bot.ask("add", "--kind", "announcement", "--lang", "fr", "--title", "Trois marées")
        await place.bot.ask("approve", "i3")
        await place.shown("x", 3, worker)
        assert await worker.stop() == 0


async def test_a_source_that_is_added_beside_the_worker_is_read_at_once(place: Place) -> None:
    place.one_channel(MIDNIGHT, place.telegram())
    async with place.bot.running("run", "--no-desk") as worker:
        await worker.started()
        add = ["sources", "add", "en", f"{place.feeds}/en", "--lang", "en", "--backlog", "9"]
        await place.bot.ask(*add, "--approval", "trusted")
        await place.shown("telegram", 2, worker)
        assert await worker.stop() == 0


def keys_of(line: dict[str, object]) -> set[str]:
    """The last word of the key that a line about a mistake names."""
    return {part.rpartition(".")[2] for part in str(line.get("mistake", "")).split(": ")}
