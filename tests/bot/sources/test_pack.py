"""Fact packs: the built-in one keeps the house style, a mistaken one says all that is wrong."""

import re
from datetime import date
from pathlib import Path

import pytest

from bot.sources.pack import BadPack, load_pack
from content_queue.item import Entry, Kind, Version

HERE = Path()
IDS = {
    "companies", "professionals", "revenue", "growth", "gdp", "venture-capital", "venture-share", "startups",
    "startup-gdp", "startup-funds", "startup-jobs", "newcomers", "living-labs", "partners", "ambassadors",
}  # fmt: skip


@pytest.fixture(scope="module")
def built_in() -> tuple[Entry, ...]:
    return load_pack("technopolys", HERE)


def sentences(entry: Entry, language: str) -> tuple[str, ...]:
    (version,) = (version for version in entry.versions if version.language == language)
    return (version.title, *version.wordings)


def test_the_pack_holds_every_fact_in_both_languages(built_in: tuple[Entry, ...]) -> None:
    assert {entry.guid for entry in built_in} == {f"pack:{name}" for name in IDS}
    for entry in built_in:
        assert (entry.kind, entry.evergreen) == (Kind.FACT, True)
        assert [version.language for version in entry.versions] == ["fr", "en"]
        assert entry.topics


def test_each_fact_can_be_said_in_two_ways_and_names_source_and_year(built_in: tuple[Entry, ...]) -> None:
    for entry in built_in:
        for language, credit in (("fr", r"Source\u00a0: .+, 201[68]"), ("en", r"Source: .+, 201[68]")):
            ways = sentences(entry, language)
            assert len(set(ways)) == len(ways) >= 2
            assert all(re.search(r"\b201[678]\b", way) and len(way) < 200 for way in ways)
            assert re.fullmatch(credit, next(v.credit for v in entry.versions if v.language == language))
        assert entry.versions[0].title.startswith("En 201")
        assert entry.versions[1].title.startswith("In 201")


def test_french_typography_is_that_of_quebec(built_in: tuple[Entry, ...]) -> None:
    for entry in built_in:
        for text in (*sentences(entry, "fr"), entry.versions[0].credit):
            assert not re.search(r"[\u202f·'\"]| [:%»;!?]|« |\d \d|[^\s\u00a0]:|\d%|\$", text), text
            assert not re.search(r"\d milliards?|\d millions?|G\$", text), text


def test_english_typography_is_english(built_in: tuple[Entry, ...]) -> None:
    for entry in built_in:
        for text in (*sentences(entry, "en"), entry.versions[1].credit):
            assert not re.search(r"[\u00a0\u202f'\"]|\d %|\d \d|Quebec|Montreal", text), text


def test_the_figures_are_those_of_the_record(built_in: tuple[Entry, ...]) -> None:
    said = {entry.guid.removeprefix("pack:"): sentences(entry, "en") for entry in built_in}
    figures = {
        "companies": "7,530", "professionals": "210,000", "revenue": "$31.8 billion", "gdp": "$16.1 billion",
        "venture-capital": "$860 million", "startup-gdp": "$382.4 million", "startup-funds": "$360 million",
        "startup-jobs": "8,000", "newcomers": "41%", "partners": "350", "ambassadors": "100",
    }  # fmt: skip
    for name, figure in figures.items():
        assert all(figure in way for way in said[name])


def write(folder: Path, name: str, text: str) -> str:
    (folder / name).write_text(text, encoding="utf-8")
    return name


YAML = """
facts:
  - id: one
    kind: quote
    confirmed: 2026-01-05
    topics: [IA]
    fr: {title: "Un mot", credit: "Source : X, 2018", url: "https://site.example/1"}
  - id: two
    present: true
    review_by: 2027-01-31
    en: {title: "A word", credit: "Source: X, 2018", wordings: ["Another"]}
"""


def test_a_yaml_file_of_ones_own_is_read(tmp_path: Path) -> None:
    one, two = load_pack(write(tmp_path, "mine.yaml", YAML), tmp_path)
    assert one == Entry(
        guid="pack:one",
        kind=Kind.QUOTE,
        versions=(Version("fr", "Un mot", url="https://site.example/1", credit="Source : X, 2018"),),
        topics=("ia",),
        evergreen=True,
        confirmed=date(2026, 1, 5),
    )
    assert (two.review_by, two.versions[0].wordings) == (date(2027, 1, 31), ("Another",))


def test_a_csv_file_has_a_row_for_each_language(tmp_path: Path) -> None:
    rows = (
        "id,language,title,credit,wordings,topics,present,review_by\n"
        "one,fr,Un mot,Source,Deux|Trois,IA | Québec,oui,2027-01-31\n"
        "one,en,A word,Source,,,,\n"
    )
    (found,) = load_pack(write(tmp_path, "mine.csv", "\ufeff" + rows), tmp_path)
    assert [(v.language, v.title, v.wordings) for v in found.versions] == [
        ("fr", "Un mot", ("Deux", "Trois")),
        ("en", "A word", ()),
    ]
    assert (found.topics, found.review_by) == (("ia", "québec"), date(2027, 1, 31))


def test_every_mistake_is_named_at_once(tmp_path: Path) -> None:
    text = """
facts:
  - id: one
    kind: quote
    fr: {title: x, credit: y}
  - id: one
    present: true
    colour: red
    fr: {title: x}
  - kind: poem
    review_by: someday
    en: {credit: y, url: "javascript:x", wordings: z, sumary: w}
  - id: four
"""
    with pytest.raises(BadPack) as refusal:
        load_pack(write(tmp_path, "bad.yaml", text), tmp_path)
    assert refusal.value.mistakes == (
        "bad.yaml: one: a quote needs confirmed, the day on which someone confirmed it",
        "bad.yaml: one: unknown: colour",
        "bad.yaml: one: a fact worded in the present needs review_by, the day after which it is stale",
        "bad.yaml: one: fr: it has no credit, its source and year",
        "bad.yaml: one: this id stands twice",
        "bad.yaml: fact 3: it has no id",
        "bad.yaml: fact 3: kind 'poem' is none of article, video, fact, quote, announcement, event, press",
        "bad.yaml: fact 3: review_by is no day such as 2027-01-31",
        "bad.yaml: fact 3: en: unknown: sumary",
        "bad.yaml: fact 3: en: it has no title, the sentence that goes out",
        "bad.yaml: fact 3: en: wordings is a list",
        "bad.yaml: four: it needs words under fr or en",
    )


@pytest.mark.parametrize(
    ("name", "text", "line"),
    [
        ("a.yaml", "facts: [", "no valid YAML"),
        ("a.yaml", "facts: {one: two}", "needs a list `facts`"),
        ("a.yaml", "- one", "needs a list `facts`"),
        ("a.yaml", "facts: [!!python/object/apply:os.getcwd []]", "no valid YAML"),
        ("a.csv", "", "needs a row of column names"),
        ("a.csv", 'id\n"' + "x" * 200_000, "no valid CSV"),
    ],
)
def test_a_file_that_is_no_pack_says_so(tmp_path: Path, name: str, text: str, line: str) -> None:
    with pytest.raises(BadPack, match=line):
        load_pack(write(tmp_path, name, text), tmp_path)


def test_a_pack_that_is_not_there_names_those_that_are(tmp_path: Path) -> None:
    with pytest.raises(
        BadPack, match=r"nowhere: no readable UTF-8 file, and no built-in pack \(technopolys\)"
    ):
        load_pack("nowhere", tmp_path)
