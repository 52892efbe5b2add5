"""The hostile cases of the web, the programs' door and the command line: each has its test, by its id."""

import asyncio
import csv
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from threading import Barrier
from urllib.parse import urlsplit

import pytest
import typer.main

from bot.cli.app import build_app
from bot.desk import operations
from bot.desk.web.app import create_app
from bot.desk.web.server import serve
from content_queue.lifecycle import ImpossibleStepError, ItemState
from content_queue.operations.moves import LostRaceError
from content_queue.operations.rows import item_by_id
from content_queue.people import local
from tests.bot.desk.samples import NOW, Queue, open_queue, parts_of

DOORS = ("telegram", "web", "api", "cli")
DESK, TELEGRAM, CLI = "tests/bot/desk", "tests/bot/desk/telegram/test_hostile.py", "tests/bot/cli"
GUARD, SIGN_IN = f"{DESK}/test_web_guard.py", f"{DESK}/test_web_sign_in.py"
API, HERE = f"{DESK}/test_api.py", f"{DESK}/test_hostile_doors.py"
BUILT = {
    **{case: (TELEGRAM, case.lower()) for case in ("T01", "T02", "T03", "T04", "T08", "T09", "T12")},
    **{case: (TELEGRAM, f"test_{case.lower()}") for case in ("T05", "T06", "T07", "T10", "T14")},
    "T13": (f"{DESK}/telegram/test_door.py", "test_two_readers_of_one_bot"),
    "W01": (GUARD, "test_another_session_s_form_token_changes_nothing"),
    "W02": (GUARD, "test_state_changes_by_post_only"),
    "W03": (SIGN_IN, "test_signing_in_goes_to_our_own_pages_alone"),
    "W04": (SIGN_IN, "test_guessing_is_slowed_down"),
    "W05": (SIGN_IN, "test_an_unknown_name_and_a_wrong_password_look_the_same"),
    "W06": (SIGN_IN, "test_a_password_counts_to_the_letter"),
    "W07": (SIGN_IN, "test_what_ends_a_stay"),
    "W08": (GUARD, "test_every_answer_is_hardened"),
    "W09": (GUARD, "test_forwarded_names_are_not_believed"),
    "W10": (f"{DESK}/test_web_acts.py", "test_an_item_that_changed_since_it_was_shown_is_shown_again"),
    "W11": (GUARD, "test_static_files_are_only_those_of_the_folder"),
    "W12": (HERE, "test_w12"),
    **{f"A0{number}": (API, f"test_a0{number}") for number in range(1, 7)},
    "C01": ("tests/bot/settings/test_mistakes.py", "test_a_secret_file_that_others_may_read"),
    "C02": (HERE, "test_c02"),
    "C03": (f"{CLI}/test_setup.py", "test_init_follows_no_link"),
    "C04": (HERE, "test_c04"),
}
"""Where the test of each case stands, and how its name begins."""
NOT_OFFERED = {"T11"}
"""No webhook is offered: the moderators' chat is asked, by long polling, and hears nobody."""


@pytest.mark.corpus
def test_every_case_of_these_doors_has_its_test(corpus: Path) -> None:
    with (corpus / "hostile_cases.tsv").open(encoding="utf-8", newline="") as file:
        rows = csv.DictReader(file, dialect="excel-tab", quoting=csv.QUOTE_NONE)
        cases = {row["id"] for row in rows if row["door"] in DOORS}
    assert cases == {*BUILT, *NOT_OFFERED}


@pytest.mark.parametrize("case", BUILT)
def test_the_test_of_a_case_is_there(case: str) -> None:
    file, begins = BUILT[case]
    assert f"def {begins}" in Path(__file__).parents[3].joinpath(file).read_text(encoding="utf-8")


@asynccontextmanager
async def served(queue: Queue) -> AsyncIterator[tuple[str, int]]:
    parts = replace(parts_of(queue), patience=timedelta(milliseconds=300))
    server = await serve(create_app(parts), "127.0.0.1", 0)
    place = urlsplit(server.url)
    try:
        yield place.hostname or "", place.port or 0
    finally:
        await server.stop()


async def answered(place: tuple[str, int], request: bytes) -> bytes:
    """Send bytes as they are, and return all that comes back until the server closes or says no more."""
    reader, writer = await asyncio.open_connection(*place)
    try:
        writer.write(request)
        return await asyncio.wait_for(reader.read(65536), 20)
    except ConnectionError:
        return b""
    finally:
        writer.close()


HEAD = b"POST /sign-in HTTP/1.1\r\nHost: 127.0.0.1\r\nOrigin: http://127.0.0.1\r\n"
FORM = b"Content-Type: application/x-www-form-urlencoded\r\n"
SMUGGLED = {
    "both lengths": HEAD
    + FORM
    + b"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET / HTTP/1.1\r\n\r\n",
    "two lengths": HEAD + FORM + b"Content-Length: 4\r\nContent-Length: 9\r\n\r\na=bc",
    "a spaced coding": HEAD + FORM + b"Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n",
    "an unknown coding": HEAD + FORM + b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
    "a long header": HEAD + b"X-Long: " + b"x" * 100_000 + b"\r\n\r\n",
}


@pytest.mark.parametrize("what", SMUGGLED)
async def test_w12_what_could_be_read_in_two_ways_is_refused(queue: Queue, what: str) -> None:
    async with served(queue) as place:
        answer = await answered(place, SMUGGLED[what])
        assert answer.count(b"HTTP/1.1 ") <= 1
        assert answer == b"" or answer.split(b" ")[1] in {b"400", b"403", b"413", b"415", b"431", b"501"}
        assert b" 200 " in await answered(place, b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")


async def test_w12_a_hundred_thousand_keys_are_a_page_like_any_other(queue: Queue) -> None:
    async with served(queue) as place:
        keys = b"&".join(b"k%d=1" % number for number in range(10**5))
        answer = await answered(place, b"GET /?" + keys + b" HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        assert answer == b"" or answer.split(b" ")[1][:1] == b"4"


async def test_w12_a_form_that_does_not_arrive_keeps_nobody_waiting(queue: Queue) -> None:
    async with served(queue) as place:
        port = b":%d" % place[1]
        head = HEAD.replace(b"127.0.0.1\r\n", b"127.0.0.1" + port + b"\r\n") + FORM
        slow = [
            asyncio.create_task(answered(place, head + b"Content-Length: 90\r\n\r\nname=")) for _ in range(50)
        ]
        health = await answered(place, b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        assert b" 200 " in health
        assert {answer.split(b" ")[1] for answer in await asyncio.gather(*slow)} == {b"408"}


def test_c02_no_command_takes_a_password_or_a_token_as_an_argument() -> None:
    root = typer.main.get_command(build_app())
    pending, options = [root], []
    while pending:
        command = pending.pop()
        pending += getattr(command, "commands", {}).values()
        options += [name for parameter in command.params for name in parameter.opts]
    assert len(options) > 50
    assert [name for name in options if name.lstrip("-") in {"password", "token", "secret", "key"}] == []


def test_c04_of_two_who_approve_the_same_at_once_one_is_told(
    queue: Queue, filled: Path, tmp_path: Path
) -> None:
    del filled
    path = next(tmp_path.glob("*.db"))
    both, gate = (open_queue(path), open_queue(path)), Barrier(2)

    def approve(one: Queue) -> str:
        gate.wait()
        try:
            with one.store.write() as tx:
                operations.approve(tx, one.desk, NOW, local("cli"), 1, revision=1)
        except (ImpossibleStepError, LostRaceError, ValueError) as error:
            return str(error)
        return ""

    try:
        with ThreadPoolExecutor(2) as pool:
            told = list(pool.map(approve, both))
    finally:
        for one in both:
            one.store.close()
    assert sum(not line for line in told) == 1
    with queue.store.read() as tx:
        assert item_by_id(tx, 1).state is ItemState.APPROVED
