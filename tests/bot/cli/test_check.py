"""What ``check`` says of the queue that is there already, and of packs."""

import threading
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from bot.cli.ahead import NAMED
from content_queue.operations import intake, judgement, restyling
from content_queue.operations.rows import item_by_id
from tests.bot.cli.configured import OUT, TOML, Bot

TEMPLATE = '\ntemplate.article = "Nouveau : {title}"\n'
CHANGED = (
    "since a template has changed, as soon as a worker takes this file up; "
    "one answer then approves them all: technopolys approve --changed"
)


def notes(bot: Bot, about: str) -> list[str]:
    found = bot.done("check", "--json").json
    return [line["text"] for line in found if (line["about"], line["state"]) == (about, "note")]


def test_a_changed_template_names_the_items_that_will_be_pending(bot: Bot) -> None:
    unsent, sent = bot.approved("Lire les vagues"), bot.added("Dire le vent")
    bot.done("approve", sent, "--channel", "x-fr")
    bot.settle(bot.post(sent), OUT)
    assert notes(bot, "templates") == []
    bot.shell.write(TOML.replace('slots = ["daily 09:00, 12:00"]', f'slots = ["daily 09:00"]{TEMPLATE}'))
    assert notes(bot, "templates") == [f"{unsent} will wait for a moderator again, {CHANGED}"]


def test_a_template_that_says_the_same_changes_nothing(bot: Bot) -> None:
    bot.approved()
    bot.shell.write(
        TOML.replace(
            'slots = ["daily 09:00, 12:00"]', 'slots = ["daily 09:00"]\ntemplate.article = "{title}"'
        )
    )
    assert notes(bot, "templates") == []


def test_one_answer_approves_all_that_a_template_has_changed(bot: Bot) -> None:
    assert bot.refused("approve", "--changed") == ["no item waits because of a changed template"]
    assert bot.wrong("approve") == [
        "name items, like i12, or say --changed for all that a template has changed"
    ]
    first, second, other = bot.approved("Un"), bot.approved("Deux"), bot.added("Trois")
    bot.shell.write(TOML.replace('slots = ["daily 09:00, 12:00"]', f'slots = ["daily 09:00"]{TEMPLATE}'))
    store = bot.database
    with store.write() as tx:
        for item in (first, second):
            judgement.revise(tx, datetime.now(UTC), item_by_id(tx, int(item[1:])), restyling.OLD_TEMPLATE)
    store.close()
    rows = bot.done("approve", "--changed", "--json").json
    assert [(row["item"], row["text"]) for row in rows if row["channel"] == "x-fr"] == [
        (first, "Nouveau\u00a0: Un"),
        (second, "Nouveau\u00a0: Deux"),
    ]
    assert {row["id"] for row in bot.done("items", "--state", "pending", "--json").json} == {other}
    bot.refused("approve", "--changed")


def test_a_template_of_another_kind_changes_nothing(bot: Bot) -> None:
    bot.approved()
    bot.shell.write(TOML + TEMPLATE.replace("article", "video"))
    assert notes(bot, "templates") == []


def test_many_items_are_counted(bot: Bot) -> None:
    for number in range(NAMED + 2):
        bot.approved(f"Lire les vagues, partie {number}")
    bot.shell.write(TOML + TEMPLATE)
    (text,) = notes(bot, "templates")
    assert text.startswith("i1, i2, i3, i4, i5 and 2 more will wait")


def test_channels_on_one_account_are_named(bot: Bot) -> None:
    bot.shell.write(TOML + '\n[channels.x-en]\nnetwork = "x"\nlanguage = "en"\nslots = ["daily 10:00"]\n')
    for secret in ("API_KEY", "API_SECRET", "ACCESS_TOKEN", "ACCESS_TOKEN_SECRET"):
        bot.shell.monkeypatch.setenv(f"TECHNOPOLYS_X_EN_{secret}", "made-up")
        bot.shell.monkeypatch.setenv(f"TECHNOPOLYS_X_FR_{secret}", "made-up")
    shared = "they share gap, daily limit, budget and holds"
    assert notes(bot, "channels.x-en") == [f"on one account with x-fr: {shared}"]
    bot.shell.monkeypatch.setenv("TECHNOPOLYS_X_EN_ACCESS_TOKEN", "another")
    assert notes(bot, "channels.x-en") == []


def test_a_channel_that_left_is_named_while_posts_of_it_wait(bot: Bot) -> None:
    bot.post(bot.approved())
    assert notes(bot, "channels.x-fr") == []
    bot.shell.write(TOML.replace("channels.x-fr", "channels.x"))
    for secret in ("API_KEY", "API_SECRET", "ACCESS_TOKEN", "ACCESS_TOKEN_SECRET"):
        bot.shell.monkeypatch.setenv(f"TECHNOPOLYS_X_{secret}", "made-up")
    assert notes(bot, "channels.x-fr") == ["it has left this file: its planned posts are held"]


def test_a_pack_that_cannot_be_used_is_wrong(bot: Bot) -> None:
    bot.shell.write(TOML + '\n[sources.facts]\npack = "nosuch"\n\n[sources.own]\npack = "own.yaml"\n')
    bot.shell.write("facts:\n- id: one\n  kind: quote\n  fr: {title: Une voix}\n", "own.yaml")
    answer = bot.run("check")
    assert answer.status == 2
    first, *others = answer.err.splitlines()
    assert first.startswith("sources.facts.pack: nosuch: no readable UTF-8 file, and no built-in pack")
    assert all(line.startswith("sources.own.pack: ") for line in others)
    assert any(
        line.endswith("one: a quote needs confirmed, the day on which someone confirmed it")
        for line in others
    )


SHEET_AT = "https://docs.example/pub?output=csv"
SHEET = f'{TOML}\n[sources.sheet]\npack = "{SHEET_AT}"\n'


def polled(bot: Bot, **found: object) -> None:
    """Write down what a poll of the sheet found."""
    store = bot.database
    with store.write() as tx:
        intake.poll_result(tx, datetime.now(UTC), "sheet", found)
    store.close()


def mistaken(row: str) -> dict[str, object]:
    args = {"row": row, "column": "titre", "reason": "it has no title, the sentence that goes out"}
    return {"text": "row %(row)s, column %(column)s: %(reason)s", "args": args}


def test_of_a_sheet_it_says_what_the_last_poll_found(bot: Bot) -> None:
    bot.shell.write(SHEET)
    bot.done("sources", "list")
    assert notes(bot, "sources.sheet.pack") == ["the sheet has not been read yet: technopolys poll sheet"]
    polled(bot, error="it is a web page", failures=1)
    assert notes(bot, "sources.sheet.pack") == ["the sheet could not be read: it is a web page"]
    polled(bot, error="", failures=0, mistakes=[mistaken("3"), mistaken("9")])
    assert notes(bot, "sources.sheet.pack") == [
        "row 3, column titre: it has no title, the sentence that goes out",
        "row 9, column titre: it has no title, the sentence that goes out",
    ]
    polled(bot, mistakes=[])
    assert notes(bot, "sources.sheet.pack") == []


def test_the_mistakes_of_a_sheet_are_listed_explained_and_amber(bot: Bot) -> None:
    bot.shell.write(SHEET)
    bot.done("sources", "list")
    polled(bot, mistakes=[mistaken("3"), mistaken("9")])
    line = "row 3, column titre: it has no title, the sentence that goes out"
    row = next(row for row in bot.done("sources", "list", "--json").json if row["name"] == "sheet")
    assert (row["state"], row["error"]) == ("mistaken", f"{line}; {line.replace('3', '9')}")
    assert f"to mend: {line}" in bot.done("sources", "explain", "sheet").out
    health = bot.done("sources", "list", "--health", "--json").json
    assert line in next(row["advice"] for row in health if row["name"] == "sheet")
    (trouble,) = [one for one in bot.run("status", "--json").json["troubles"] if one["kind"] == "sheet"]
    assert (trouble["severity"], trouble["why"]) == ("amber", line)
    assert trouble["command"] == "technopolys sources explain sheet"
    bot.done("sources", "explain", "sheet", "--json")
    assert "docs.example" not in bot.done("sources", "export").out


class Csv(BaseHTTPRequestHandler):
    """A published sheet with a row that has no title."""

    def do_GET(self) -> None:
        body = "id,langue,titre,source\nun,fr,Un fait,\u00c0 nous\ndeux,fr,,Ailleurs\n".encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/csv; charset=utf-8")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def test_a_poll_by_hand_prints_what_is_to_be_mended(bot: Bot) -> None:
    with ThreadingHTTPServer(("127.0.0.1", 0), Csv) as server:
        threading.Thread(target=server.serve_forever).start()
        address = f"http://127.0.0.1:{server.server_port}/pub.csv"
        bot.shell.write(f'fetch.allow_private = ["127.0.0.1"]\n{SHEET}'.replace(SHEET_AT, address))
        told = bot.done("poll", "sheet").out
        (row,) = bot.done("poll", "sheet", "--json").json
        server.shutdown()
    mistake = "row 3, column titre: it has no title, the sentence that goes out"
    assert told.splitlines()[-1] == f"sheet: to mend: {mistake}"
    assert row == {"name": "sheet", "new": 0, "error": None, "mistakes": [mistake]}


@pytest.mark.parametrize(
    ("lines", "lacking"),
    [
        ("", "desk.public_url with https and TECHNOPOLYS_KEY"),
        ('[desk]\npublic_url = "https://bot.example"\n', "TECHNOPOLYS_KEY"),
        ("[fetch]\nwebsub = false\n", ""),
    ],
    ids=["neither", "no key", "nobody wants it"],
)
def test_where_feeds_name_hubs_it_says_why_none_is_asked(bot: Bot, lines: str, lacking: str) -> None:
    bot.shell.write(f"{TOML}\n{lines}")
    bot.done("sources", "list")
    assert notes(bot, "fetch.websub") == []
    store = bot.database
    with store.write() as tx:
        intake.poll_result(tx, datetime.now(UTC), "startech", {"hub": "https://hub.example/"})
    store.close()
    line = f"off: {lacking} would let hubs tell at once of what is new; feeds that name one: 1"
    assert notes(bot, "fetch.websub") == ([line] if lacking else [])
