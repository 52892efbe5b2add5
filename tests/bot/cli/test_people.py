"""``technopolys people``: from the first admin to a forgotten name, as it is typed."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from hashlib import sha256

import pytest

from content_queue.operations import access
from tests.bot.cli.configured import Bot


def test_the_first_admin_gets_a_link_that_works_once(bot: Bot) -> None:
    (row,) = bot.done("people", "add", "Anne Tremblay", "--role", "admin", "--json").json
    assert (row["id"], row["login"], row["role"], row["state"]) == ("m1", "anne.tremblay", "admin", "invited")
    match = re.fullmatch(r"http://127\.0\.0\.1:8080/invitation/([\w-]{43})", row["link"])
    assert match is not None
    lasts = datetime.fromisoformat(row["until"]) - datetime.now(UTC)
    assert timedelta(days=6, hours=23) < lasts <= timedelta(days=7)
    store = bot.database
    with store.read() as tx:
        assert access.invited(tx, datetime.now(UTC), sha256(match[1].encode()).hexdigest()) == 1
        kept = str(tx.exec_driver_sql("SELECT * FROM invitation").all())
    store.close()
    assert match[1] not in kept


def test_roles_on_channels_and_in_languages(bot: Bot) -> None:
    bot.done("people", "add", "Anne", "--role", "reader")
    bot.done("people", "role", "anne", "editor", "--channel", "x-fr", "--also", "--not-own")
    (row,) = bot.done("people", "list", "--json").json
    assert (row["role"], row["approves_own"]) == ("reader, editor (x-fr)", False)
    (row,) = bot.done("people", "role", "m1", "contributor", "--lang", "en", "--own", "--json").json
    assert (row["role"], row["approves_own"]) == ("contributor (en)", True)


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (("add", "Anne", "--role", "boss"), "--role boss: choose reader, contributor, editor or admin"),
        (("add", "Anne", "--lang", "de"), "--lang de: choose fr or en"),
        (("add", "Anne", "--channel", "tv"), "there is no channel tv; the channels are x-fr, telegram"),
        (
            ("add", "Anne", "--role", "admin", "--lang", "fr"),
            "an admin is one everywhere: leave --channel and --lang out",
        ),
    ],
)
def test_what_cannot_be_is_named(bot: Bot, arguments: tuple[str, ...], line: str) -> None:
    assert bot.wrong("people", *arguments) == [line]
    assert bot.done("people", "list", "--json").json == []


def test_nobody_of_that_name(bot: Bot) -> None:
    assert bot.refused("people", "link", "anne") == [
        "there is no person 'anne'; see: technopolys people list"
    ]


def test_a_token_is_printed_once(bot: Bot) -> None:
    bot.done("people", "add", "Anne")
    (made,) = bot.done("people", "token", "m1", "site", "--scope", "suggest", "--json").json
    assert re.fullmatch(r"tpb_[\w-]{43}[0-9a-f]{8}", made["token"])
    listed = bot.done("people", "token", "m1", "--json")
    assert [(row["name"], row["scope"], row["state"]) for row in listed.json] == [
        ("site", "suggest", "works")
    ]
    assert made["token"] not in listed.out
    assert bot.refused("people", "token", "m1", "all", "--scope", "admin") == [
        "m1 may not do as much as admin: a token never has more"
    ]
    (ended,) = bot.done("people", "token", "m1", "site", "--revoke", "--json").json
    assert ended["state"] == "revoked"


def test_removing_shows_first_what_falls_and_needs_a_yes(bot: Bot) -> None:
    bot.done("people", "add", "Anne")
    bot.done("people", "add", "Bea")
    bot.done("people", "token", "m1", "site")
    answer = bot.run("people", "remove", "anne")
    assert answer.status == 1
    assert answer.err == "nothing was changed: add --yes to remove m1\n"
    assert "tokens: site; Telegram: not linked" in answer.out
    (row,) = bot.done("people", "remove", "anne", "--to", "bea", "--yes", "--json").json
    assert (row["tokens"], row["successor"]) == (["site"], "m2")
    assert [each["id"] for each in bot.done("people", "list", "--json").json] == ["m2"]


def test_a_person_can_be_exported_and_forgotten(bot: Bot) -> None:
    bot.done("people", "add", "Anne Tremblay")
    told = bot.done("people", "export", "m1").json
    assert (told["name"], told["roles"]) == (
        "Anne Tremblay",
        [{"role": "editor", "channel": "", "language": ""}],
    )
    assert bot.refused("people", "erase", "m1") == ["m1 is still a member: technopolys people remove m1"]
    bot.done("people", "remove", "m1", "--yes")
    bot.done("people", "erase", "m1", "--yes")
    (row,) = bot.done("people", "list", "--all", "--json").json
    assert (row["name"], row["state"]) == (None, "erased")


def test_all_stays_of_a_person_end_from_here(bot: Bot) -> None:
    bot.done("people", "add", "Anne")
    store = bot.database
    with store.write() as tx:
        access.begin_session(tx, datetime.now(UTC), 1, "d1", "Firefox on Android")
    store.close()
    (row,) = bot.done("people", "sessions", "anne", "--end", "--json").json
    assert row["agent"] == "Firefox on Android"
    assert bot.done("people", "sessions", "anne", "--json").json == []
