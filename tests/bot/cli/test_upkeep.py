"""Sources, the database and the sandbox on the command line."""

import hashlib
import json
import os
import re
import signal
import sqlite3
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from urllib.request import urlopen
from zoneinfo import ZoneInfo

import pytest

from bot.sources.opml import read_opml
from content_queue.item import Reason
from content_queue.operations import intake, subscriptions
from content_queue.operations.intake import Origin
from content_queue.operations.subscriptions import Fresh
from tests.bot.cli.configured import TOML, Bot
from tests.content_queue.builders import DAY, HOUR, NOW, entry

ROOT = Path(__file__).parents[3]
SOURCE = {"name", "url", "kind", "state", "last_polled", "last_new", "error"}
BLOG = '\n[sources.blog]\nurl = "https://blog.example/feed"\n'


def test_sources_are_listed_with_exactly_their_fields(bot: Bot) -> None:
    (row,) = bot.done("sources", "list", "--json").json
    assert set(row) == SOURCE
    assert (row["name"], row["kind"], row["state"], row["last_polled"]) == (
        "startech",
        "article",
        "new",
        None,
    )


def test_a_source_that_people_add_is_kept_in_the_database(bot: Bot) -> None:
    more = ("--kind", "press", "--every", "1h", "--backlog", "3", "--partner", "Blog", "--topics", "ia, mer")
    (row,) = bot.done("sources", "add", "blog", "https://blog.example/feed", *more, "--json").json
    assert (row["name"], row["kind"], row["url"]) == ("blog", "press", "https://blog.example/feed")
    store = bot.database
    with store.read() as tx:
        from content_queue.operations.sources import added

        settings = added(tx)["blog"]
    store.close()
    assert settings == {
        "url": "https://blog.example/feed", "kind": "press", "language": "fr", "every": "1h", "backlog": 3,
        "partner": "Blog", "topics": ["ia", "mer"],
    }  # fmt: skip
    assert [row["name"] for row in bot.done("sources", "list", "--json").json] == ["blog", "startech"]
    assert bot.done("sources", "remove", "blog", "--json").json[0]["name"] == "blog"
    assert len(bot.done("sources", "list", "--json").json) == 1


def test_a_source_added_without_a_kind_has_the_one_of_the_file(bot: Bot) -> None:
    (row,) = bot.done("sources", "add", "blog", "https://blog.example/feed", "--json").json
    assert row["kind"] == "article"


def test_config_shows_the_sources_of_both_owners_and_says_whose_each_is(bot: Bot) -> None:
    assert "blog" not in bot.done("config").out
    assert not (bot.shell.folder / "technopolys.db").exists()
    bot.done("sources", "add", "blog", "https://blog.example/feed", "--every", "1h")
    sources = bot.done("config", "--json").json["sources"]
    assert {name: source["owner"] for name, source in sources.items()} == {
        "startech": "file",
        "blog": "database",
    }
    assert (sources["blog"]["url"], sources["blog"]["every"]) == ("https://blog.example/feed", "1h")


def test_every_mistake_of_a_source_is_told_at_once(bot: Bot) -> None:
    lines = bot.wrong(
        "sources", "add", "blog!", "nowhere", "--kind", "poem", "--every", "soon", "--backlog", "-1"
    )
    assert len(lines) == 5
    (line,) = bot.wrong("sources", "add", "blog", "https://blog.example", "--every", "1m")
    assert line.startswith("technopolys sources add: blog.every: the least is 15m; ")


def test_a_name_that_is_taken_and_a_source_of_the_file_are_refused(bot: Bot) -> None:
    assert bot.refused("sources", "add", "startech", "https://blog.example/feed") == [
        "there is a source 'startech' already, from the file"
    ]
    assert "take [sources.startech] out there" in bot.refused("sources", "remove", "startech")[0]


def test_a_held_source_is_released(bot: Bot) -> None:
    bot.done("pause", "--source", "startech", "--why", "trop d’entrées")
    assert bot.done("sources", "list", "--json").json[0]["state"] == "held"
    assert bot.done("sources", "release", "startech").out == "resumed; due within a day: 0\n"
    assert bot.done("sources", "list", "--json").json[0]["state"] == "new"


@pytest.mark.parametrize("command", [("status",), ("items",), ("check",), ("config",)])
def test_a_name_with_two_owners_is_one_line_that_names_both(bot: Bot, command: tuple[str, ...]) -> None:
    bot.done("sources", "add", "blog", "https://blog.example/feed")
    bot.shell.write(TOML + BLOG)
    answer = bot.run(*command)
    assert answer.status == 2
    (line,) = answer.err.splitlines()
    assert line.startswith("sources.blog: the same name stands in the file and in the database")
    assert line.endswith("or: technopolys sources remove blog")


def test_the_way_out_of_two_owners_works(bot: Bot) -> None:
    bot.done("sources", "add", "blog", "https://blog.example/feed")
    bot.shell.write(TOML + BLOG)
    bot.done("sources", "remove", "blog")
    assert [row["name"] for row in bot.done("sources", "list", "--json").json] == ["blog", "startech"]


@pytest.mark.parametrize(
    "command", [("status",), ("add", "--kind", "fact", "--lang", "fr", "--title", "T"), ("check",)]
)
@pytest.mark.parametrize("where", ["nowhere/queue.db", "folder.db", "words.db"])
def test_a_database_that_cannot_be_opened_is_one_line_and_status_two(
    bot: Bot, command: tuple[str, ...], where: str
) -> None:
    (bot.shell.folder / "folder.db").mkdir()
    bot.shell.write("these are words, and no pages of a database at all\n" * 20, "words.db")
    bot.shell.write(TOML.replace("[bot]", f'[bot]\ndatabase = "sqlite:///{where}"'))
    answer = bot.run(*command)
    assert answer.status == 2
    (line,) = answer.err.splitlines()
    assert str(bot.shell.folder / where) in line


def test_a_backup_is_a_sound_copy_that_only_its_owner_may_read(bot: Bot) -> None:
    bot.added("Gardé")
    answer = bot.done("backup", "copy.db")
    copy = bot.shell.folder / "copy.db"
    assert answer.out == f"{hashlib.sha256(copy.read_bytes()).hexdigest()}  copy.db\n"
    assert copy.stat().st_mode & 0o777 == 0o600
    assert sorted(path.name for path in bot.shell.folder.glob("copy.db*")) == ["copy.db", "copy.db.sha256"]
    with sqlite3.connect(f"file:{copy}?mode=ro", uri=True) as connection:
        assert connection.execute("SELECT title FROM version").fetchall() == [("Gardé",)]
    connection.close()


def test_a_backup_overwrites_nothing(bot: Bot) -> None:
    kept = bot.shell.write("mine", "copy.db")
    assert bot.refused("backup", "copy.db") == ["copy.db exists already: a backup overwrites nothing"]
    assert kept.read_text() == "mine"
    assert bot.refused("backup", "no/copy.db") == ["no/copy.db cannot be written: No such file or directory"]
    (row,) = bot.done("backup", "other.db", "--json").json
    assert set(row) == {"file", "sha256"}


def test_the_database_is_brought_to_this_release(bot: Bot) -> None:
    assert "upgraded from nothing" in bot.done("db", "upgrade").out
    assert "nothing was to be done" in bot.done("db", "upgrade").out


@pytest.mark.parametrize("sign", [signal.SIGINT, signal.SIGTERM])
def test_the_sandbox_prints_its_address_serves_and_ends_cleanly(sign: signal.Signals, tmp_path: Path) -> None:
    environ = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "bot", "sandbox", "--port", "0"]
    with subprocess.Popen(command, cwd=tmp_path, env=environ, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        found = re.fullmatch(r"sandbox (http://127\.0\.0\.1:\d+)\n", process.stdout.readline())
        assert found is not None
        with urlopen(f"{found[1]}/timeline.json", timeout=10) as answer:  # noqa: S310  our own, on loopback
            assert json.load(answer) == []
        process.send_signal(sign)
        assert process.wait(20) == 0


def test_a_port_that_is_taken_is_one_line(bot: Bot) -> None:
    import socket

    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        (line,) = bot.refused("sandbox", "--port", port)
    assert line.startswith(f"port {port} on 127.0.0.1 cannot be had: ")


def flooded(bot: Bot, name: str) -> None:
    store = bot.database
    with store.write() as tx:
        old = [entry(f"{name}{number}", published_at=NOW - 30 * DAY - number * HOUR) for number in range(21)]
        intake.take_in(tx, NOW, Origin(name), old, [None] * 21, first=False, last_good=NOW)
    store.close()


@pytest.mark.parametrize(
    ("options", "said", "made"),
    [
        ((), ["let in, to be judged: 21"], 21),
        (("--newest", "5"), ["let in, to be judged: 5", "left out as a baseline: 16"], 5),
        (("--baseline",), ["left out as a baseline: 21"], 0),
    ],
    ids=["all", "newest", "none"],
)
def test_a_flood_is_let_in_or_left_out_by_a_person(
    bot: Bot, options: tuple[str, ...], said: list[str], made: int
) -> None:
    flooded(bot, "neuf")
    before = len(bot.done("items", "--json").json)
    foreseen = bot.done("sources", "release", "neuf", *options, "--dry-run", "--json").json
    assert [row["title"] for row in foreseen] == [f"Titre neuf{number}" for number in range(21)]
    assert [row["becomes"] for row in foreseen] == ["comes in"] * made + ["left out"] * (21 - made)
    assert len(bot.done("items", "--json").json) == before
    lines = bot.done("sources", "release", "neuf", *options).out.splitlines()
    assert lines == [*said, "resumed; due within a day: 0"]
    after = bot.done("items", "--json").json
    assert {row["title"] for row in after[: len(after) - before]} == {f"Titre neuf{n}" for n in range(made)}
    assert bot.run("sources", "release", "neuf").err == "nothing holds source neuf\n"


def test_all_out_and_some_in_are_not_asked_for_together(bot: Bot) -> None:
    (line,) = bot.wrong("sources", "release", "startech", "--baseline", "--newest", "3")
    assert line.startswith("--baseline leaves all out and --newest lets some in")


def test_a_source_says_until_when_its_hub_tells(bot: Bot) -> None:
    topic, soon = "https://technopolys.example/feed", datetime.now(UTC)
    bot.done("sources", "list")
    store = bot.database
    with store.write() as tx:
        named = {"hub": "https://hub.example/", "topic": topic}
        intake.poll_result(tx, soon, "startech", named)
        subscriptions.settle(tx, soon, "https://b/websub", lambda: Fresh("d", "s"), on=True)
        subscriptions.asked(tx, soon, "d")
        asked = "its hub has been asked to tell of new entries, and has not confirmed it yet"
    assert asked in bot.done("sources", "explain", "startech").out
    with store.write() as tx:
        subscriptions.confirmed(tx, soon, "d", topic, DAY)
    store.close()
    ends = (soon + DAY).astimezone(ZoneInfo("America/Toronto")).isoformat(" ", "minutes")
    until = f"its hub tells of new entries at once, until {ends}"
    assert until in bot.done("sources", "explain", "startech").out
    (row,) = bot.done("sources", "list", "--health", "--json").json
    assert row["hub"] == until


def test_a_source_explains_each_entry_of_its_last_poll(bot: Bot) -> None:
    assert (
        "startech has not been polled yet: technopolys poll startech"
        in bot.done("sources", "explain", "startech").out
    )
    store = bot.database
    refusal = Reason("excluded by %(rule)s", {"rule": "title:emploi"})
    with store.write() as tx:
        intake.take_in(tx, NOW, Origin("startech"), [entry("a"), entry("b")], [None, refusal], first=False)
        intake.poll_result(tx, NOW, "startech", {"notes": ["2 damaged characters were replaced"]})
    store.close()
    told = bot.done("sources", "explain", "startech").out
    assert "went well" in told
    assert "note: 2 damaged characters were replaced" in told
    first, second = bot.done("sources", "explain", "startech", "--json").json
    assert (first["item"], first["verdict"], first["rule"]) == ("i1", "new: it became an item", None)
    assert (second["item"], second["rule"], second["title"]) == (None, "title:emploi", "Titre b")
    assert (
        bot.run("sources", "explain", "rien").err == "there is no source 'rien': technopolys sources list\n"
    )


def test_feeds_come_in_from_a_list_and_go_out_as_one(bot: Bot, tmp_path: Path) -> None:
    listed = tmp_path / "liste.opml"
    listed.write_text(
        '<opml><outline text="Mon blogue" xmlUrl="https://a.example/feed" language="en" '
        'category="ia,science"/>'
        '<outline text="Mon blogue" xmlUrl="https://b.example/feed"/></opml>',
        encoding="utf-8",
    )
    dry = bot.done("sources", "import", str(listed), "--dry-run", "--json").json
    assert [(row["name"], row["state"]) for row in dry] == [
        ("mon-blogue", "would be added"),
        ("mon-blogue-2", "would be added"),
    ]
    assert len(bot.done("sources", "list", "--json").json) == 1
    bot.done("sources", "import", str(listed))
    again = bot.done("sources", "import", str(listed), "--json").json
    assert [(row["name"], row["state"]) for row in again] == [(None, "known"), (None, "known")]
    exported = bot.done("sources", "export").out
    assert [one.url for one in read_opml(exported.encode()) if one.title.startswith("mon-")] == [
        *("https://a.example/feed", "https://b.example/feed")
    ]
    first = next(one for one in read_opml(exported.encode()) if one.title == "mon-blogue")
    assert (first.language, first.topics) == ("en", ("ia", "science"))
    refused = bot.run("sources", "import", str(tmp_path / "rien.opml"))
    assert (refused.status, refused.err.count("\n")) == (2, 1)


def test_a_channel_s_address_alone_is_enough(bot: Bot) -> None:
    channel = "https://www.youtube.com/channel/UC" + "a" * 22
    (row,) = bot.done("sources", "add", channel, "--only", "video", "--json").json
    assert row["url"] == "https://www.youtube.com/feeds/videos.xml?playlist_id=UULF" + "a" * 22
    assert (row["name"], row["kind"]) == ("youtube-com", "video")
    assert (
        bot.run("sources", "add", "blog").err == "say where blog is read: technopolys sources add blog URL\n"
    )
