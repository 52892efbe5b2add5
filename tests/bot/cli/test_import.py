"""Importing a file of items: all or none, every mistake with its line."""

import pytest

from tests.bot.cli.configured import Bot

YAML = """\
- id: vagues
  kind: article
  lang: fr
  title: Lire les vagues
  url: https://technopolys.example/vagues
  topics: [startech, mer]
  channel: telegram
- id: vagues
  lang: en
  title: Reading the waves
- kind: fact
  lang: fr
  title: 2018
"""
CSV = """\
group,kind,lang,title,summary,url,topics,at,channel
vagues,article,fr,Lire les vagues,"Douze
ports.",https://technopolys.example/vagues,"startech, mer",2099-06-24 09:00,
vagues,article,en,Reading the waves,,,,,
,fact,fr,"En 2018, 7 530 entreprises",,,,,x-fr
"""


def test_a_yaml_file_brings_items_in_several_languages(bot: Bot) -> None:
    bot.shell.write(YAML, "items.yaml")
    first, second = bot.done("import", "items.yaml", "--json").json
    assert (first["line"], first["id"], first["languages"]) == (1, "i1", ["fr", "en"])
    assert (first["topics"], second["title"], second["kind"]) == (["startech", "mer"], "2018", "fact")
    assert bot.done("show", "i1", "--json").json[0]["channels"] == ["telegram"]
    assert {row["state"] for row in bot.done("items", "--json").json} == {"pending"}


def test_a_csv_file_brings_the_same(bot: Bot) -> None:
    bot.shell.write("\ufeff" + CSV, "items.csv")
    first, second = bot.done("import", "items.csv", "--json").json
    assert (first["line"], first["languages"], first["at"]) == (2, ["fr", "en"], "2099-06-24T09:00:00-04:00")
    assert second["line"] == 5
    (shown,) = bot.done("show", "i1", "--json").json
    assert (shown["versions"][0]["summary"], shown["topics"]) == ("Douze\nports.", ["startech", "mer"])


def test_a_quote_is_imported_with_the_day_of_its_confirmation(bot: Bot) -> None:
    bot.shell.write("lang,kind,title,confirmed\nfr,quote,Une voix,2026-03-01\n", "items.csv")
    bot.done("import", "items.csv")
    assert bot.done("show", "i1", "--json").json[0]["confirmed"] == "2026-03-01"
    bot.shell.write("lang,kind,title,confirmed\nfr,quote,Une voix,mars\n", "items.csv")
    assert bot.wrong("import", "items.csv") == [
        'items.csv: line 2: item.confirmed: "mars" is no day; write it like "2026-03-01"'
    ]


def test_a_list_may_stand_under_items(bot: Bot) -> None:
    bot.shell.write("items:\n  - {lang: fr, title: Une}\n", "items.yml")
    assert bot.done("import", "items.yml", "--json").json[0]["title"] == "Une"


def test_a_dry_run_shows_what_would_come_in_and_changes_nothing(bot: Bot) -> None:
    bot.shell.write(YAML, "items.yaml")
    answer = bot.done("import", "items.yaml", "--dry-run")
    assert "items: 2 would come in; nothing was changed" in answer.out
    assert "Lire les vagues" in answer.out
    assert bot.done("import", "items.yaml", "--dry-run", "--json").json[0]["id"] is None
    assert bot.done("items", "--json").json == []


def test_every_mistake_is_told_at_once_with_its_line(bot: Bot) -> None:
    text = """\
- lang: fr
  titel: Une
- {lang: de, title: Deux, kind: poem}
- {lang: fr, title: Trois, url: nowhere, at: soon, image: no.png}
- {id: a, lang: fr, title: Quatre}
- {id: a, lang: fr, title: Encore, kind: fact}
"""
    bot.shell.write(text, "items.yaml")
    lines = bot.wrong("import", "items.yaml")
    assert [line.split(": ")[1:3] for line in lines] == [
        ["line 1", "item.title"], ["line 1", "item.titel"],
        ["line 3", "item.kind"], ["line 3", "item.lang"],
        ["line 4", "item.url"],
        ["line 6", "item.lang"], ["line 6", "item.kind"],
    ]  # fmt: skip
    assert 'did you mean "title"?' in lines[1]
    assert bot.done("items", "--json").json == []


def test_times_and_pictures_are_checked_too(bot: Bot) -> None:
    bot.shell.write("- {lang: fr, title: Trois, at: soon, image: no.png}\n", "items.yaml")
    assert [line.split(": ")[2] for line in bot.wrong("import", "items.yaml")] == ["item.image", "item.at"]


def test_what_the_queue_refuses_is_told_with_its_line_and_nothing_comes_in(bot: Bot) -> None:
    bot.added("Une", "--url", "https://technopolys.example/vagues")
    known = "https://technopolys.example/vagues"
    text = f"lang,title,url,at\nfr,Neuf,,\nfr,Lire,{known},\nfr,Tard,,2020-01-01 09:00\n"
    bot.shell.write(text, "items.csv")
    lines = bot.refused("import", "items.csv")
    assert lines[0] == "items.csv: line 3: this address is known already: i1"
    assert lines[1].startswith("items.csv: line 4: 2020-01-01T09:00:00-05:00 is over already")
    assert len(bot.done("items", "--json").json) == 1


@pytest.mark.parametrize(
    ("name", "text", "line"),
    [
        ("items.odt", "", "items.odt: a file of items ends in .yaml or .csv"),
        (
            "items.yaml",
            "title: Une\n",
            "items.yaml: it must hold a list of items, each beginning with a dash",
        ),
        ("items.yaml", "", "items.yaml: it must hold a list of items, each beginning with a dash"),
        ("items.yaml", "- [\n", "items.yaml: line 2: "),
        ("items.yaml", "- fr\n", "items.yaml: line 1: an item is written as fields, like title: ..."),
        (
            "items.csv",
            "lang,title\nfr,Une,deux\n",
            "items.csv: line 2: it has more fields than the first line",
        ),
        ("items.csv", 'lang,title\nfr,"Une\n', "items.csv: line 2: "),
    ],
)
def test_a_file_that_cannot_be_read_is_one_line(bot: Bot, name: str, text: str, line: str) -> None:
    bot.shell.write(text, name)
    (told,) = bot.wrong("import", name)
    assert told.startswith(line)


def test_a_file_that_is_not_there_or_no_text_is_one_line(bot: Bot) -> None:
    assert bot.wrong("import", "no.yaml") == ["no.yaml: cannot be read: No such file or directory"]
    (bot.shell.folder / "items.csv").write_bytes(b"lang,title\nfr,\xe9lan\n")
    assert bot.wrong("import", "items.csv") == ["items.csv: it is not written in UTF-8"]


def test_a_long_file_comes_in_whole(bot: Bot) -> None:
    rows = "".join(f"fr,Fait {number}\n" for number in range(300))
    bot.shell.write("lang,title\n" + rows, "items.csv")
    assert "items: 300 wait for a moderator" in bot.done("import", "items.csv").out
