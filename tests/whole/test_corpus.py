"""One source for each real document, from the feed to the timelines."""

from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import pytest_asyncio

from bot.compose.measure import utf16, weighted
from bot.sandbox.published import Published
from bot.sandbox.server import Sandbox
from tests.bot.sources.test_corpus import BAD, EXPECTED
from tests.whole.installation import Installation, Row, Told, source, until
from tests.whole.networks import networks
from tests.whole.news import Newsroom, newsroom

pytestmark = [pytest.mark.corpus, pytest.mark.asyncio(loop_scope="module")]

SPEAKS = {"fr": "fr", "en": "en", "ca": "en"}
"""What a document's name says about its language; the others say nothing."""
TRUSTED = ("wordpress/", "rss2/", "atom/")
STEP = {"x-fr": timedelta(seconds=4), "telegram-en": timedelta(seconds=5)}
"""How far apart each channel's slots lie, from midnight on."""
SHARED = {
    ("encoding/gzipped-body.xml.gz", "encoding/ru-windows-1251.xml"): 10,
    ("encoding/utf16be-no-bom.xml", "encoding/utf16le-no-bom.xml"): 1,
    ("encoding/utf8-declared-utf16.xml", "broken/namespaced-rss-double-declaration.xml"): 1,
    ("synthetic/jsonfeed-qc.json", "synthetic/wp-qc-fr.xml"): 2,
}
"""Stories that stand at one address in two documents: whichever is polled first brings them."""


@dataclass(slots=True)
class Polled:
    """The installation after its first poll."""

    bot: Installation
    room: Newsroom
    sandbox: Sandbox
    told: Told
    items: list[Row]


def named(document: str) -> str:
    """The name of a document's source."""
    return document.replace("/", "-").replace(".", "-")


def trusted() -> set[str]:
    """The sources whose words a rule approves."""
    return {named(name) for name in EXPECTED if name.startswith(TRUSTED)}


def sources(room: Newsroom) -> list[str]:
    return [
        source(
            named(document),
            f"{room.url}/{document}",
            language=SPEAKS.get(Path(document).name.partition("-")[0]),
            approval="trusted" if document.startswith(TRUSTED) else "moderator",
        )
        for document in room.feeds
    ]


def slots(channel: str) -> str:
    return f"daily 00:00-24:00 every {STEP[channel].seconds}s"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def polled(corpus: Path, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Polled]:
    bot = Installation(tmp_path_factory.mktemp("corpus"))
    documents = {document: corpus / "feeds" / document for document in EXPECTED}
    async with networks() as sandbox, newsroom(documents) as room:
        bot.write(
            *sources(room),
            bot.x("x-fr", sandbox.url, language="fr", slots=slots("x-fr"), deadline="20s"),
            bot.telegram(
                "telegram-en",
                sandbox.url,
                "@vagues",
                language="en",
                slots=slots("telegram-en"),
                deadline="20s",
            ),
        )
        told = await bot.ask("poll", "--json", status=1)
        yield Polled(bot, room, sandbox, told, bot.look("items"))


def expected_items() -> Counter[str]:
    """How many items each document brings if nobody else brings them."""
    return Counter({name: int(row["entries"]) for name, row in EXPECTED.items() if row["entries"] != BAD})


def refused() -> dict[str, str]:
    return {named(name): row["notes"] for name, row in EXPECTED.items() if row["entries"] == BAD}


async def test_every_readable_document_comes_in_whole(polled: Polled) -> None:
    came = Counter(item["source"] for item in polled.items)
    wanted = expected_items()
    for pair, stories in SHARED.items():
        assert sum(came[named(name)] for name in pair) == sum(wanted[name] for name in pair) - stories, pair
        assert all(came[named(name)] <= wanted[name] for name in pair), pair
    alone = set(wanted) - {name for pair in SHARED for name in pair}
    assert {name: came[named(name)] for name in alone} == {name: wanted[name] for name in alone}
    assert len(polled.items) == wanted.total() - sum(SHARED.values())


async def test_the_others_are_refused_with_a_line_each(polled: Polled) -> None:
    assert sorted(polled.told.lines) == sorted(f"{name}: {why}" for name, why in refused().items())
    assert len(refused()) == 5
    assert {row["name"]: row["error"] for row in polled.told.rows() if row["error"]} == refused()


async def test_sources_says_the_same(polled: Polled) -> None:
    rows = {row["name"]: row for row in polled.bot.look("sources", "list")}
    came = Counter(item["source"] for item in polled.items)
    assert set(rows) == {named(name) for name in EXPECTED}
    assert {name: row["error"] for name, row in rows.items() if row["error"]} == refused()
    assert {name: row["last_new"] for name, row in rows.items()} == {name: came[name] for name in rows}
    assert {name for name, row in rows.items() if row["state"] == "failing"} == set(refused())
    assert all(row["last_polled"] for row in rows.values())
    assert set(next(iter(rows.values()))) == {
        *("name", "url", "kind", "state", "last_polled", "last_new", "error"),
    }  # fmt: skip


async def test_only_trusted_words_that_a_channel_speaks_are_approved_by_rule(polled: Polled) -> None:
    approved = [item for item in polled.items if item["state"] == "approved"]
    assert {item["source"] for item in approved} <= trusted()
    assert {language for item in approved for language in item["languages"]} == {"fr", "en"}
    left = [item for item in polled.items if item["source"] in trusted() and item["state"] != "approved"]
    assert not [item for item in left if item["url"] and set(item["languages"]) & {"fr", "en"}]
    assert not [item for item in polled.items if item["state"] not in {"approved", "pending"}]


def shown(sandbox: Sandbox) -> dict[str, list[Published]]:
    """What stands on each channel."""
    networks = {"x-fr": "x", "telegram-en": "telegram"}
    found = sandbox.timeline()
    return {name: [post for post in found if post.network == network] for name, network in networks.items()}


def after_slot(channel: str, moment: datetime) -> timedelta:
    """How long after a slot of its channel a moment lies."""
    midnight = moment.replace(hour=0, minute=0, second=0, microsecond=0)
    return (moment - midnight) % STEP[channel]


async def approve_some(polled: Polled) -> list[str]:
    """Approve items of sources that are not trusted, as a moderator would."""
    pending = [item for item in polled.items if item["state"] == "pending" and item["url"]]
    chosen = [item["id"] for item in pending if item["languages"] in (["fr"], ["en"])][:6]
    await polled.bot.ask("approve", *chosen)
    return chosen


async def test_approved_ones_go_out_in_their_slots(polled: Polled) -> None:
    bot, sandbox = polled.bot, polled.sandbox
    chosen = await approve_some(polled)

    async def enough() -> bool:
        return all(len(posts) >= 3 for posts in shown(sandbox).values())

    async with bot.running("run", "--no-desk") as worker:
        await until(enough, lambda: worker.err[-5:])
        assert await worker.stop() == 0
    for posts in shown(sandbox).values():
        texts = [post.text for post in posts]
        assert len(set(texts)) == len(texts)
    assert step_by_step(polled) == len(sandbox.timeline())
    assert {item["id"] for item in bot.look("items", "--state", "approved")} >= set(chosen)


def step_by_step(polled: Polled) -> int:
    """Hold what the queue says against what the public sees; return how many posts are out."""
    languages = {item["id"]: item["languages"] for item in polled.items}
    speaks = {"x-fr": "fr", "telegram-en": "en"}
    posts = polled.bot.look("posts", "--state", "published")
    public = {(name, post.id): post for name, found in shown(polled.sandbox).items() for post in found}
    for post in posts:
        seen = public[post["channel"], post["remote_id"]]
        due = datetime.fromisoformat(post["due_at"])
        assert after_slot(post["channel"], due) == timedelta(0)
        assert due <= seen.created_at
        assert speaks[post["channel"]] in languages[post["item"]]
    assert all(weighted(post.text) <= 280 for post in polled.sandbox.timeline() if post.network == "x")
    assert all(utf16(post.text) <= 4096 for post in polled.sandbox.timeline() if post.network == "telegram")
    return len(posts)


async def test_run_once_sends_what_is_due_and_ends(polled: Polled) -> None:
    before = {post.url for post in polled.sandbox.timeline()}
    by_rule = {item["id"] for item in polled.items if item["source"] in trusted()}
    due = [
        post
        for post in polled.bot.look("plan")
        if post["post"]
        and datetime.fromisoformat(post["due_at"]) <= datetime.now(UTC)
        and post["item"] in by_rule  # what a person approved waits for its picture
    ]
    told = await polled.bot.ask("run", "--once")
    new = [post for post in polled.sandbox.timeline() if post.url not in before]
    assert len(new) >= len(due), told.err
    out = [post["id"] for post in polled.bot.look("posts", "--state", "published")]
    assert {post["post"] for post in due} <= set(out)
    assert step_by_step(polled) == len(polled.sandbox.timeline())
    for posts in shown(polled.sandbox).values():
        assert len({post.text for post in posts}) == len(posts)


async def test_a_second_poll_brings_nothing_new(polled: Polled) -> None:
    told = await polled.bot.ask("poll", "--json", status=1)
    assert sorted(told.lines) == sorted(polled.told.lines)
    assert not [row for row in told.rows() if row["new"]]
    assert len(polled.bot.look("items")) == len(polled.items)
