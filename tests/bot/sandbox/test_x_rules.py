"""How X measures and reads a text."""

from pathlib import Path

import pytest
import yaml

from bot.sandbox.links import find_addresses, find_hashtags, find_links, find_mentions
from bot.sandbox.x_rules import count_cashtags, weighted_length

FAMILY = "\N{MAN}\N{ZERO WIDTH JOINER}\N{WOMAN}\N{ZERO WIDTH JOINER}\N{GIRL}"


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("", 0),
        ("Québec", 6),
        ("Que\N{COMBINING ACUTE ACCENT}bec", 6),
        ("— ’ « »", 7),
        ("…", 2),
        ("€", 2),
        ("日本", 4),
        (FAMILY, 2),
        ("1\N{COMBINING ENCLOSING KEYCAP}", 2),
        ("\N{REGIONAL INDICATOR SYMBOL LETTER C}\N{REGIONAL INDICATOR SYMBOL LETTER A}", 2),
        ("\N{COPYRIGHT SIGN}", 2),
        ("https://example.org", 23),
        ("https://example.org/une/tres/longue/adresse?avec=des&parametres=oui#fin", 23),
        ("README.md", 23),
        ("Node.js", 7),
        ("x@example.com", 13),
        ("http://localhost:8000/x", 23),
        ("http://localhost:8000/xy", 24),
        ("Voir https://example.org.", 5 + 23 + 1),
        ("a" * 64 + ".com", 68),
    ],
)
def test_a_text_weighs_what_x_says(text: str, length: int) -> None:
    assert weighted_length(text) == length


@pytest.mark.corpus
@pytest.mark.parametrize(
    "group", ["WeightedTweetsWithDiscountedEmojiCounterTest", "UnicodeDirectionalMarkerCounterTest"]
)
def test_every_case_of_the_conformance_suite_weighs_as_written(corpus: Path, group: str) -> None:
    suite = yaml.safe_load((corpus / "conformance/validate.yml").read_text(encoding="utf-8"))
    cases = suite["tests"][group]
    expected = {case["description"]: case["expected"]["weightedLength"] for case in cases}
    assert {case["description"]: weighted_length(case["text"]) for case in cases} == expected


@pytest.mark.parametrize(
    ("text", "links"),
    [
        ("(https://example.org/a_(b))", ["https://example.org/a_(b)"]),
        ("Lire https://example.org/a, puis example.com/b!", ["https://example.org/a", "example.com/b"]),
        ("@example.com #example.com $example.com", []),
        ("me.ca@example.org", []),
        ("https://exemple.quebec/été", ["https://exemple.quebec/été"]),
        ("日本example.com", ["example.com"]),
    ],
)
def test_links_are_found_as_x_finds_them(text: str, links: list[str]) -> None:
    assert [link.text for link in find_links(text)] == links


def test_an_address_on_this_machine_is_an_address_but_no_link_of_x() -> None:
    text = "Voir http://127.0.0.1:8000/a/b, puis example.org"
    assert [found.address for found in find_addresses(text)] == [
        "http://127.0.0.1:8000/a/b",
        "http://example.org",
    ]


def test_hashtags_and_mentions_are_found_outside_links() -> None:
    text = "#TechnoQuébec @startech #2018 https://example.org/#ancre"
    assert [tag.text for tag in find_hashtags(text)] == ["#TechnoQuébec"]
    assert [mention.text for mention in find_mentions(text)] == ["@startech"]


@pytest.mark.parametrize(
    ("text", "count"),
    [("$SHOP et $BCE", 2), ("10 $US", 1), ("5 $, 10\u00a0$ ou $5", 0), ("a$b $toolongtoo", 0)],
)
def test_cashtags_are_counted(text: str, count: int) -> None:
    assert count_cashtags(text) == count
