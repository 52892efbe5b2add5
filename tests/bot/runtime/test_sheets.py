"""Facts in a published sheet: read as a feed is, taken in as a pack is, over real HTTP on loopback."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from hashlib import sha256
from pathlib import Path

import pytest

from bot.clock import FakeClock
from bot.http_client import HttpClient
from bot.sources.pack import load_pack
from content_queue.lifecycle import ItemState
from content_queue.operations import corrections, intake, listing
from tests.bot.http_client.servers import answer, redirect
from tests.bot.runtime.sites import UNCHANGED, Reading, Site, reading, sites
from tests.bot.runtime.world import HOUR, MINUTE, NOW

HEAD = "id,language,title,credit,review_by,topics"
CSV = b"Content-Type: text/csv; charset=utf-8"
ONE, TWO, THREE = "one,fr,Un,Source,2027-01-31,ia", "two,fr,Deux,Source,,", "three,fr,Trois,Source,,"


def sheet(*rows: str, tag: str = "") -> bytes:
    document = "\r\n".join([HEAD, *rows]).encode()
    return answer(document, CSV, *([f'ETag: "{tag}"'.encode()] if tag else []))


def of(url: str, **more: object) -> Mapping[str, object]:
    return {"url": url, "pack": url, "kind": "fact", **more}


class Page:
    """What a server says now."""

    def __init__(self, says: bytes) -> None:
        self.says = says
        self.heads: list[bytes] = []

    def __call__(self, path: str, head: bytes) -> bytes:
        self.heads.append(head)
        return self.says


def titles(world: Reading) -> list[str]:
    return sorted(item.title for item in world.items())


def proposed(world: Reading) -> list[tuple[str, str]]:
    with world.store.read() as tx:
        titled = {item.id: item.title for item in listing.items(tx)}
        return [(titled[one.item], one.what) for one in corrections.waiting(tx)]


async def once_more(world: Reading, site: Site) -> None:
    """Live until the sheet was read once more."""
    asked = len(site.log)
    while len(site.log) == asked:
        await world.live(MINUTE)


async def test_the_rows_of_a_sheet_become_items_at_the_first_poll(tmp_path: Path) -> None:
    clock, page = FakeClock(NOW), Page(sheet(ONE, TWO))
    async with (
        sites(clock, page) as (site,),
        reading(tmp_path, clock, {"facts": of(site.url("/pub"))}) as world,
    ):
        await world.now()
        assert titles(world) == ["Deux", "Un"]
        one = next(item for item in world.items() if item.title == "Un")
        assert (one.kind.value, one.evergreen, one.review_by, one.topics) == (
            "fact", True, date(2027, 1, 31), ("ia",),
        )  # fmt: skip
        assert b"text/csv" in page.heads[0]


async def test_it_is_asked_politely_and_what_is_unchanged_costs_nothing(tmp_path: Path) -> None:
    clock = FakeClock(NOW)

    def says(_path: str, head: bytes) -> bytes:
        return UNCHANGED if b"If-None-Match" in head else sheet(ONE, tag="7")

    async with (
        sites(clock, says) as (site,),
        reading(tmp_path, clock, {"facts": of(site.url("/pub"))}) as world,
    ):
        await world.live(2 * HOUR)
        assert 6 <= len(site.log) <= 9
        assert (world.row("facts").etag, world.row("facts").error, titles(world)) == ('"7"', "", ["Un"])


async def test_a_sheet_that_asks_us_to_wait_is_left_alone(tmp_path: Path) -> None:
    clock, page = FakeClock(NOW), Page(answer(b"", b"Retry-After: 7200", status=b"429 Too Many Requests"))
    async with (
        sites(clock, page) as (site,),
        reading(tmp_path, clock, {"facts": of(site.url("/pub"))}) as world,
    ):
        await world.live(HOUR)
        assert len(site.log) == 1


async def test_one_bad_row_brings_the_good_ones_and_is_named(tmp_path: Path) -> None:
    clock, page = FakeClock(NOW), Page(sheet(ONE, "two,fr,,Source,,", THREE))
    async with (
        sites(clock, page) as (site,),
        reading(tmp_path, clock, {"facts": of(site.url("/pub"))}) as world,
    ):
        await world.now()
        row = world.row("facts")
        assert (titles(world), row.error) == (["Trois", "Un"], "")
        assert row.wrong == "row 3, column title: it has no title, the sentence that goes out"
        page.says = sheet(ONE, TWO, THREE)
        await world.live(HOUR)
        assert (titles(world), world.row("facts").wrong) == (["Deux", "Trois", "Un"], "")


async def test_a_row_that_is_gone_twice_is_proposed_to_be_withdrawn_until_it_is_back(tmp_path: Path) -> None:
    clock, page = FakeClock(NOW), Page(sheet(ONE, TWO, THREE))
    async with (
        sites(clock, page) as (site,),
        reading(tmp_path, clock, {"facts": of(site.url("/pub"))}) as world,
    ):
        await world.now()
        page.says = sheet(ONE, TWO)
        await once_more(world, site)
        assert proposed(world) == []
        await once_more(world, site)
        assert proposed(world) == [("Trois", "withdrawn")]
        assert next(item for item in world.items() if item.title == "Trois").state is ItemState.PENDING
        page.says = sheet(ONE, TWO, THREE)
        await world.live(HOUR)
        assert proposed(world) == []


async def test_a_server_that_says_unchanged_is_asked_for_the_whole_sheet_once_more(tmp_path: Path) -> None:
    clock, rows, tag = FakeClock(NOW), [ONE, TWO], ["1"]

    def says(_path: str, head: bytes) -> bytes:
        return UNCHANGED if f'"{tag[0]}"'.encode() in head else sheet(*rows, tag=tag[0])

    async with (
        sites(clock, says) as (site,),
        reading(tmp_path, clock, {"facts": of(site.url("/pub"))}) as world,
    ):
        await world.live(HOUR)
        rows.pop()
        tag[0] = "2"
        await world.live(HOUR)
        assert proposed(world) == [("Deux", "withdrawn")]


@pytest.mark.parametrize(
    ("bad", "line"),
    [
        (answer(b"", CSV), "it answered with an empty document"),
        (sheet(), "the sheet has no row below the names of its columns"),
        (answer(b"<html>Sign in", b"Content-Type: text/html"), "it is a web page, not a sheet's CSV"),
        (answer(b"id,name\r\n1,x", CSV), "does not name the columns: title and credit missing"),
        (
            answer(b"", status=b"401 Unauthorized"),
            "401 Unauthorized: is the sheet still published to the web?",
        ),
        (answer(b"", status=b"404 Not Found"), "404 Not Found: is the sheet still published to the web?"),
        (answer(b"", status=b"410 Gone"), "is the sheet still published to the web?"),
        (answer(b"", status=b"500 Oops"), "it answered 500"),
        (answer(b"x" * 3_000_000, CSV), "more than 2,000,000 bytes"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\nid,", "ends too early"),
        (redirect("http://10.0.0.1/pub"), "is not on the public internet"),
        (redirect("file:///etc/passwd"), "file"),
    ],
    ids=["empty", "head", "page", "other", "401", "404", "410", "500", "huge", "cut", "private", "file"],
)
async def test_what_is_no_sheet_is_one_line_and_takes_nothing_out(
    tmp_path: Path, bad: bytes, line: str
) -> None:
    clock, page = FakeClock(NOW), Page(sheet(ONE, TWO))
    async with (
        sites(clock, page) as (site,),
        reading(tmp_path, clock, {"facts": of(site.url("/pub"))}) as world,
    ):
        await world.now()
        page.says = bad
        await world.live(6 * HOUR)
        row = world.row("facts")
        assert line in row.error
        assert (row.gone, proposed(world), titles(world)) == (False, [], ["Deux", "Un"])
        assert row.next_poll is not None
        wait = row.next_poll - clock.now()
        assert wait <= 25 * HOUR
        page.says = sheet(ONE, TWO, THREE)
        await world.live(wait)
        assert (world.row("facts").error, titles(world)) == ("", ["Deux", "Trois", "Un"])


async def test_a_redirect_to_the_host_that_serves_the_file_is_followed(tmp_path: Path) -> None:
    clock, page = FakeClock(NOW), Page(sheet(ONE))
    async with sites(clock, page, lambda *_: b"") as (files, docs):
        docs.says = lambda *_: redirect(files.url("/pub/signed"), b"307 Temporary Redirect")
        async with reading(
            tmp_path, clock, {"facts": of(docs.url("/spreadsheets/d/e/x/pub?output=csv"))}
        ) as world:
            await world.now()
            assert titles(world) == ["Un"]
            assert b"Accept: text/csv" in page.heads[0]
            await world.live(50 * HOUR)
            assert world.row("facts").address == ""  # it only ever said "for now"


async def test_a_sheet_that_moved_for_good_is_read_where_it_is(tmp_path: Path) -> None:
    clock, page = FakeClock(NOW), Page(sheet(ONE))
    async with sites(clock, page, lambda *_: b"") as (new, old):
        old.says = lambda *_: redirect(new.url("/pub"), b"301 Moved Permanently")
        async with reading(tmp_path, clock, {"facts": of(old.url("/pub"))}) as world:
            await world.live(30 * HOUR)
            assert world.row("facts").address == new.url("/pub")
            page.says = sheet(ONE, TWO)
            await world.live(HOUR)
            assert titles(world) == ["Deux", "Un"]


async def test_new_days_and_topics_travel_from_the_sheet(tmp_path: Path) -> None:
    clock, page = FakeClock(NOW), Page(sheet(ONE))
    async with (
        sites(clock, page) as (site,),
        reading(tmp_path, clock, {"facts": of(site.url("/pub"))}) as world,
    ):
        await world.now()
        page.says = sheet('one,fr,Un,Source,2028-01-31,"ia, santé"')
        await world.live(HOUR)
        (item,) = world.items()
        assert (item.review_by, item.topics) == (date(2028, 1, 31), ("ia", "santé"))


async def test_new_days_and_topics_travel_from_a_file(tmp_path: Path) -> None:
    clock, file = FakeClock(NOW), tmp_path / "facts.csv"
    file.write_text(f"{HEAD}\n{ONE}\n{TWO}\n", encoding="utf-8")
    async with reading(tmp_path, clock, {"facts": {"pack": str(file), "kind": "fact"}}) as world:
        await world.now()
        file.write_text(f"{HEAD}\none,fr,Un,Source,2028-01-31,santé\n", encoding="utf-8")
        await world.live(HOUR)
        one = next(item for item in world.items() if item.title == "Un")
        assert (one.review_by, one.topics) == (date(2028, 1, 31), ("santé",))
        assert proposed(world) == [("Deux", "withdrawn")]


async def test_after_an_upgrade_a_file_is_read_once_more_and_nothing_looks_changed(tmp_path: Path) -> None:
    clock, file = FakeClock(NOW), tmp_path / "facts.csv"
    file.write_text(f"{HEAD}\n{ONE}\n{TWO}\n", encoding="utf-8")
    async with reading(tmp_path, clock, {"facts": {"pack": str(file), "kind": "fact"}}) as world:
        await world.now()
        with (
            world.store.write() as tx
        ):  # as a release left it that kept no days: what it had seen is its digest
            tx.exec_driver_sql("UPDATE entry SET terms = NULL")
            old = sha256(repr(load_pack(str(file), tmp_path)).encode()).hexdigest()
            intake.poll_result(tx, clock.now(), "facts", {"etag": old})
        before = world.histories()
        await world.live(HOUR)
        assert (world.histories(), proposed(world)) == (before, [])
        file.write_text(f"{HEAD}\none,fr,Un,Source,2028-01-31,ia\n{TWO}\n", encoding="utf-8")
        await world.live(HOUR)
        assert {item.title: item.review_by for item in world.items()} == {
            "Un": date(2028, 1, 31),
            "Deux": None,
        }


async def test_a_trusted_sheet_s_facts_need_no_moderator_but_its_quotes_a_day(tmp_path: Path) -> None:
    clock = FakeClock(NOW)
    document = "id,title,credit,kind,confirmed\r\na,Un,S,,\r\nb,Dit,S,quote,\r\n"
    page = Page(answer(document.encode(), CSV))
    async with sites(clock, page) as (site,):
        of_it = of(site.url("/pub"), approval="trusted")
        async with reading(tmp_path, clock, {"facts": of_it}) as world:
            await world.now()
            assert titles(world) == ["Un"]
            assert world.row("facts").wrong.startswith("row 3, column confirmed: a quote needs confirmed")


async def test_an_address_that_is_not_public_is_refused_unless_it_is_allowed(tmp_path: Path) -> None:
    clock, page = FakeClock(NOW), Page(sheet(ONE))
    async with sites(clock, page) as (site,):
        guarded = HttpClient(user_agent="test")
        async with reading(tmp_path, clock, {"facts": of(site.url("/pub"))}, http=guarded) as world:
            await world.now()
            assert "is not on the public internet" in world.row("facts").error
        assert site.log == []
