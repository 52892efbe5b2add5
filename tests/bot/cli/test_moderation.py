"""Judging on the command line: what is shown, stored, refused, and what the history says."""

import os
from pathlib import Path

import pytest

from tests.bot.cli.configured import ADDED, OUT, Bot

ITEM = {"id", "kind", "state", "source", "languages", "title", "url", "published_at", "topics"}
MESSAGE = {
    "item", "channel", "network", "language", "variant", "text", "length", "limit", "link", "pictures",
    "cost", "refusal",
}  # fmt: skip
URL = "https://technopolys.example/vagues"


def test_a_whole_walk_from_adding_to_why(bot: Bot) -> None:
    item = bot.added("Lire les vagues", "--url", URL)
    before = bot.done("preview", item, "--json").json
    assert {row["channel"] for row in before} == {"x-fr", "telegram"}
    assert bot.done("approve", item, "--json").json == before
    (listed,) = bot.done("items", "--state", "approved", "--json").json
    assert (listed["id"], listed["url"], listed["languages"]) == (item, URL, ["fr"])
    story = bot.done("why", item, "--json").json
    assert [(line["what"], line["item"], line["post"]) for line in story] == [
        ("add", item, None),
        ("approve", item, None),
    ]
    assert all(line["who"].startswith("cli") for line in story)
    assert bot.done("why", URL, "--json").json == story


def test_an_item_has_exactly_the_fields_that_scripts_rely_on(bot: Bot) -> None:
    bot.added()
    (item,) = bot.done("items", "--json").json
    assert set(item) == ITEM
    assert (item["id"], item["state"], item["source"], item["url"]) == ("i1", "pending", None, None)
    assert item["published_at"][-6:] in ("-04:00", "-05:00")


def test_a_quote_is_approved_once_the_day_of_its_confirmation_is_known(bot: Bot) -> None:
    quote = ("add", "--kind", "quote", "--lang", "fr", "--json", "--title")
    (bare,) = bot.done(*quote, "Lire une vague").json
    assert "on which day someone confirmed it" in bot.run("approve", bare["id"]).err
    (told,) = bot.done(*quote, "Lire deux vagues", "--confirmed", "2026-05-04").json
    bot.done("approve", told["id"])
    (shown,) = bot.done("show", told["id"], "--json").json
    assert (shown["state"], shown["confirmed"]) == ("approved", "2026-05-04")
    assert bot.run(*quote, "Trois", "--confirmed", "hier").status == 2
    assert "yet to come" in bot.refused(*quote, "Trois", "--confirmed", "2999-01-01")[0]
    assert bot.run("edit", bare["id"], "--confirmed", "2026-05-05").status == 0
    (shown,) = bot.done("show", bare["id"], "--json").json
    assert (shown["state"], shown["confirmed"]) == ("approved", "2026-05-05")


def test_a_message_has_its_exact_text_its_length_and_its_cost(bot: Bot) -> None:
    item = bot.added("Lire les vagues", "--url", URL)
    rows = {(row["channel"], row["variant"]): row for row in bot.done("preview", item, "--json").json}
    assert all(set(row) == MESSAGE for row in rows.values())
    link = rows["x-fr", "link"]
    assert (link["text"], link["limit"], link["link"]) == (f"Lire les vagues\n\n{URL}", 280, URL)
    assert link["cost"] > rows["x-fr", "plain"]["cost"] > 0
    assert rows["telegram", None]["cost"] == 0


def test_people_see_the_text_as_readers_do_with_length_and_link(bot: Bot) -> None:
    item = bot.added("Lire <vagues>", "--url", URL)
    shown = bot.done("preview", item, "--channel", "telegram").out
    assert shown.splitlines() == [
        "i1 on telegram (fr): 13 of 4096, 0.000 USD",
        "  Lire <vagues>",
        f"  link: {URL}",
        "",
    ]


def test_a_card_is_named_by_its_words_and_not_by_its_address(bot: Bot) -> None:
    added = ("add", "--kind", "fact", "--lang", "fr", "--json", "--title", "En 2018, on comptait 7 vagues.")
    (fact,) = bot.done(*added).json
    shown = bot.done("preview", fact["id"]).out
    assert "  picture: a card that the bot draws (Carte" in shown
    assert "card:?" not in shown


def test_a_channel_that_cannot_take_it_is_named(bot: Bot) -> None:
    bot.done("add", "--kind", "fact", "--lang", "en", "--title", "In 2018")
    answer = bot.done("approve", "i1")
    assert "i1 on x-fr: nothing, " in answer.out
    assert "i1 on telegram (en)" in answer.out
    assert "approved; nothing of it is sent before" in answer.out
    refused = [row for row in bot.done("preview", "i1", "--channel", "x-fr", "--json").json if row["refusal"]]
    assert refused == []  # what is stored is what was approved


def test_approving_for_one_channel_stores_that_one_only(bot: Bot) -> None:
    item = bot.added()
    assert {row["channel"] for row in bot.done("approve", item, "--channel", "telegram", "--json").json} == {
        "telegram"
    }
    assert [row["channel"] for row in bot.done("preview", item, "--json").json] == ["telegram"]


def test_several_items_are_approved_all_or_none_and_every_refusal_is_named(bot: Bot) -> None:
    good = bot.added()
    rejected = bot.added("Encore")
    bot.done("reject", rejected, "--why", "double")
    assert bot.refused("approve", good, rejected, "i99") == [
        f"{rejected}: 'approve' cannot follow 'rejected'; how it came there: technopolys why {rejected}",
        "there is no item i99",
    ]
    assert bot.done("items", "--state", "approved", "--json").json == []


def test_rejecting_keeps_the_reason(bot: Bot) -> None:
    item = bot.added()
    (row,) = bot.done("reject", item, "--why", "hors sujet", "--json").json
    assert row["state"] == "rejected"
    assert bot.done("why", item, "--json").json[-1]["why"] == "hors sujet"
    assert bot.refused("reject", item, "--why", "encore")
    assert bot.done("reopen", item, "--json").json[0]["state"] == "pending"


def test_a_rejection_without_a_reason_is_wrong_usage(bot: Bot) -> None:
    item = bot.added()
    (line,) = bot.wrong("reject", item)
    assert "--why" in line
    assert bot.refused("reject", item, "--why", " ") == [
        f"{item}: a rejection needs its reason: people will ask"
    ]


def test_withdrawing_cancels_what_has_not_left_and_names_what_has(bot: Bot) -> None:
    item = bot.approved()
    out, planned = bot.post(item), bot.post(item, channel="telegram")
    bot.settle(out, OUT)
    answer = bot.done("withdraw", item)
    assert f"out already, only to be taken back by hand: {out}" in answer.out
    states = {row["id"]: row["state"] for row in bot.done("posts", "--json").json}
    assert states == {out: "published", planned: "cancelled"}


def test_repeating_needs_an_item_in_the_queue(bot: Bot) -> None:
    item = bot.approved()
    assert bot.done("repeat", item, "--json").json[0]["id"] == item
    (shown,) = bot.done("show", item, "--json").json
    assert shown["rounds"] == 2
    bot.done("withdraw", item)
    assert bot.refused("repeat", item)


def test_pairing_makes_one_item_of_two_languages(bot: Bot) -> None:
    french = bot.approved("Lire les vagues")
    english = bot.done("add", "--kind", "article", "--lang", "en", "--title", "Reading", "--json").json[0][
        "id"
    ]
    (row,) = bot.done("pair", french, english, "--json").json
    assert (row["languages"], row["state"]) == (["fr", "en"], "pending")
    assert bot.done("items", "--state", "merged", "--json").json[0]["id"] == english
    assert bot.refused("pair", french, french)


def test_showing_an_item_tells_its_words_and_posts(bot: Bot) -> None:
    item = bot.approved("Lire les vagues", "--summary", "Douze ports.")
    post = bot.post(item)
    (shown,) = bot.done("show", item, "--json").json
    assert set(shown) > ITEM | {"versions", "posts", "revision"}
    assert (shown["versions"][0]["summary"], shown["posts"][0]["id"]) == ("Douze ports.", post)
    told = bot.done("show", item).out
    assert "fr summary  Douze ports." in told
    assert post in told


@pytest.mark.parametrize(
    "command",
    [
        ("show", "12"), ("approve", "p3"), ("preview", "article"), ("withdraw", "i"), ("skip", "i3"),
        ("retry", "34"), ("why", "vagues"), ("reopen", "i" + "9" * 30), ("pause", "--item", "p3"),
        ("items", "--state", "ready"), ("posts", "--state", "sent"), ("posts", "--channel", "x"),
        ("approve", "i1", "--channel", "x"), ("resolve", "p1"), ("resolve", "p1", "--found", "--drop"),
        ("resolve", "p1", "https://x.example", "--drop"), ("resolve", "p1", "--found", "nowhere"),
        ("move", "p1"), ("move", "p1", "soon"), ("move", "p1", "+2h", "--to", "+3h"),
        ("pause", "--for", "long"), ("pause", "--channel", "x"), ("pause", "--source", "x"),
        ("pause", "--topic", "a", "--partner", "b"), ("pause", "--topic", ""),
        ("add", "--kind", "poem", "--lang", "fr", "--title", "T"),
        ("add", "--kind", "fact", "--lang", "de", "--title", "T"), (*ADDED, "T", "--url", "nowhere"),
        (*ADDED, "T", "--image", "no.png"), (*ADDED, "T", "--at", "one day"), (*ADDED, "T", "--channel", "x"),
    ],
)  # fmt: skip
def test_what_cannot_be_meant_is_one_line_and_status_two(bot: Bot, command: tuple[str, ...]) -> None:
    assert len(bot.wrong(*command)) == 1


@pytest.mark.parametrize(
    "command",
    [
        ("show", "i9"), ("approve", "i9"), ("preview", "i9"), ("withdraw", "i9"), ("skip", "p9"),
        ("retry", "p9"), ("why", "i9"), ("why", "https://nowhere.example/"), ("edit", "i9", "--title", "T"),
        ("resolve", "p9", "--drop"), ("move", "p9", "+2h"), ("resume",), ("resume", "--topic", "ia"),
        ("pause", "--item", "i9"), ("sources", "remove", "nothing"), ("sources", "release", "startech"),
        (*ADDED, " "), (*ADDED, "T", "--at", "2020-01-01 09:00"),
    ],
)  # fmt: skip
def test_what_cannot_be_done_now_is_one_line_and_status_one(bot: Bot, command: tuple[str, ...]) -> None:
    assert len(bot.refused(*command)) == 1


def test_feed_text_cannot_move_the_terminals_cursor(bot: Bot) -> None:
    bot.added("Rouge\x1b[31m\x1b]0;pwned\x07 vagues\u202e")
    for command in (("items",), ("show", "i1"), ("preview", "i1"), ("why", "i1"), ("items", "--json")):
        told = bot.done(*command).out
        assert "vagues" in told
        assert all(letter.isprintable() or letter in "\n\u00a0" for letter in told)


def test_a_known_address_is_refused_with_the_item_that_has_it(bot: Bot) -> None:
    bot.added("Une", "--url", URL)
    assert bot.refused(*ADDED, "Autre", "--url", f"{URL}?utm_source=x") == [
        "this address is known already: i1"
    ]


def test_an_item_of_ones_own_keeps_its_time_its_channel_and_its_picture(bot: Bot) -> None:
    (bot.shell.folder / "vague.png").write_bytes(b"png")
    more = ("--at", "tomorrow 09:00", "--channel", "telegram", "--image", "vague.png", "--alt", "Une vague")
    item = bot.added("Demain", *more)
    (shown,) = bot.done("show", item, "--json").json
    assert (shown["pinned_at"][11:19], shown["channels"]) == ("09:00:00", ["telegram"])
    (version,) = shown["versions"]
    assert (version["image"], version["alt"]) == (str(bot.shell.folder / "vague.png"), "Une vague")
    assert [row["channel"] for row in bot.done("preview", item, "--json").json] == ["telegram"]


def test_an_edit_approves_in_the_same_act(bot: Bot) -> None:
    item = bot.approved()
    post = bot.post(item)
    (row,) = bot.done("edit", item, "--title", "Mieux", "--summary", "Plus court.", "--json").json
    assert (row["title"], row["state"]) == ("Mieux", "approved")
    assert "Mieux" in bot.done("preview", item, "--channel", "x-fr", "--json").json[0]["text"]
    assert bot.done("posts", "--json").json[0]["state"] == "cancelled"
    assert bot.done("why", post, "--json").json[-1]["why"] == "its words were changed"


def test_an_edit_can_be_left_to_be_judged(bot: Bot) -> None:
    item = bot.approved()
    (row,) = bot.done("edit", item, "--url", URL, "--pending", "--json").json
    assert (row["url"], row["state"]) == (URL, "pending")


def test_an_edit_in_another_language_adds_it_and_then_the_language_must_be_said(bot: Bot) -> None:
    item = bot.approved()
    (row,) = bot.done("edit", item, "--lang", "en", "--title", "Reading the waves", "--json").json
    assert row["languages"] == ["fr", "en"]
    assert bot.wrong("edit", item, "--title", "?") == ["say which language: --lang fr or en"]
    assert bot.wrong("edit", item, "--lang", "fr", "--title", " ") == ['the words in "fr" need a title']


def test_an_edit_that_changes_nothing_makes_no_revision(bot: Bot) -> None:
    item = bot.approved()
    assert bot.done("edit", item, "--title", "Lire les vagues").out == "nothing was changed\n"
    assert bot.done("show", item, "--json").json[0]["revision"] == 1


def test_an_edit_that_fits_no_channel_changes_nothing(bot: Bot) -> None:
    item = bot.added("T", "--channel", "x-fr")
    bot.done("approve", item)
    bot.done("withdraw", item)
    assert len(bot.refused("edit", item, "--title", "U")) == 1
    (shown,) = bot.done("show", item, "--json").json
    assert (shown["title"], shown["revision"], shown["state"]) == ("T", 1, "withdrawn")


def editor(folder: Path, script: str) -> str:
    path = folder / "editor"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return str(path)


def test_without_options_the_words_are_changed_in_the_editor(bot: Bot) -> None:
    item = bot.approved("Élan : 2018")
    seen = bot.shell.folder / "seen.yaml"
    script = f'cp "$1" {seen}; sed -i "s/Élan : 2018/Élan : 2019/" "$1"'
    bot.shell.monkeypatch.setenv("EDITOR", editor(bot.shell.folder, script))
    (row,) = bot.done("edit", item, "--json").json
    assert (row["title"], row["state"]) == ("Élan : 2019", "approved")
    assert "language: fr" in seen.read_text()
    assert seen.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    ("script", "line"),
    [
        ("exit 3", "the editor ended with status 3: nothing was changed"),
        ('echo "- [" > "$1"', "what you wrote is no YAML, so nothing was changed: "),
        (
            'echo "title: T" > "$1"',
            "what you wrote is no list with language, title, summary, url, image, alt",
        ),
    ],
)
def test_what_the_editor_left_unreadable_changes_nothing(bot: Bot, script: str, line: str) -> None:
    item = bot.approved()
    bot.shell.monkeypatch.setenv("EDITOR", editor(bot.shell.folder, script))
    (told,) = bot.refused("edit", item)
    assert told.startswith(line)
    assert bot.done("show", item, "--json").json[0]["revision"] == 1


def test_an_empty_file_from_the_editor_changes_nothing(bot: Bot) -> None:
    item = bot.approved()
    bot.shell.monkeypatch.setenv("EDITOR", editor(bot.shell.folder, ': > "$1"'))
    assert bot.done("edit", item).out == "nothing was changed\n"


def test_without_an_editor_the_way_out_is_named(bot: Bot) -> None:
    item = bot.approved()
    for name in ("VISUAL", "EDITOR"):
        bot.shell.monkeypatch.delenv(name, raising=False)
    assert "EDITOR" not in os.environ
    assert bot.wrong("edit", item) == [
        "say what to change (--title ...), or name an editor: export EDITOR=nano"
    ]


def test_a_french_channel_takes_an_english_version_only_when_a_person_says_so(bot: Bot) -> None:
    (english,) = bot.done(
        "add", "--kind", "article", "--lang", "en", "--title", "Reading the waves", "--json"
    ).json
    item = english["id"]
    assert "no words in fr" in bot.run("approve", item, "--channel", "x-fr").err
    assert "name the channels" in bot.run("approve", item, "--any-language").err
    rows = bot.done("approve", item, "--channel", "x-fr", "--any-language", "--json").json
    assert {(row["channel"], row["language"], row["text"]) for row in rows} == {
        ("x-fr", "en", "Reading the waves")
    }
