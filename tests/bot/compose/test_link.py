"""Links are found where X finds them, and no network cuts our addresses."""

from itertools import pairwise
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from bot.compose.link import address, find


def found(text: str) -> list[str]:
    return [text[start:end] for start, end in find(text)]


@pytest.mark.parametrize(
    "text",
    [
        "example.com",
        "ASP.NET",
        "README.md",
        "socket.io",
        "http://example.com",
        "HTTPS://EXAMPLE.ORG/Chemin",
        "example.co.uk/a/b.html?c=d&e",
        "http://example.org:8080/",
        "https://sous_domaine.techno-qc.example.com/a-b_c",
        "https://fr.wikipedia.org/wiki/Québec_(ville)",
        "http://example.org/a_(b_(c))",
        "http://example.org/#section?x",
        "https://école.quebec/inscription",
        "http://xn--qubec-esa.example.xn--p1ai/",
        "http://example.みんな/",
        "MÉTÉO.com",
        "https://t.co/aBc123",
    ],
)
def test_an_address_is_one_link(text: str) -> None:
    assert found(text) == [text]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Node.js",
        "x@example.com",
        "archive.tar.bz2",
        "prenom.nom.ca@example.org",
        "http://localhost:8000/x",
        "http://127.0.0.1/",
        "http://sans-domaine",
        "#example.com @example.com $example.com #https://example.com",
        "-example.com _example.com /example.com",
        "http://-example.com http://example-.com http://_a.example.com http://exa_mple.com",
        "http://example.c_o_m",
        "C’était hier.Aujourd’hui, trois points...",
        "x" * 64 + ".com",
        "http://" + "é" * 60 + ".com",
        "https://t.co/" + "a" * 41,
        "http://example.com/" + "a" * 4096,
    ],
)
def test_what_x_takes_for_words_is_no_link(text: str) -> None:
    assert found(text) == []


@pytest.mark.parametrize(
    ("text", "links"),
    [
        ("Voir http://example.com/a.", ["http://example.com/a"]),
        ("Voir http://example.com/a, puis b.", ["http://example.com/a"]),
        ("(voir http://example.com/a)", ["http://example.com/a"]),
        ("http://example.com/a!!!!", ["http://example.com/a"]),
        ("http://example.com/a?", ["http://example.com/a"]),
        ("http://example.com/a?b=c.", ["http://example.com/a?b=c"]),
        (
            "http://example.com/a+ et http://example.com/a-",
            ["http://example.com/a+", "http://example.com/a-"],
        ),
        ("http://example.com-il-manque-un-espace", ["http://example.com"]),
        ("« example.com »", ["example.com"]),
        ("«example.com»", ["example.com"]),
        ("example.com:8000", ["example.com"]),
        ("example.com?a=b", ["example.com"]),
        ("http:// example.com/a", ["example.com/a"]),
        ("a.com,b.org", ["a.com", "b.org"]),
        ("a.com\nb.org", ["a.com", "b.org"]),
        ("foo_bar.example.com", ["bar.example.com"]),
        ("https://t.co/abc's", ["https://t.co/abc"]),
        ("漢字example.com漢字t.co/abc漢字", ["example.com", "t.co/abc"]),
        ("http://example.com/漢字example.org漢字http://example.net/a", None),
    ],
)
def test_a_link_ends_before_what_is_not_its_own(text: str, links: list[str] | None) -> None:
    assert found(text) == (links or ["http://example.com/", "example.org", "http://example.net/a"])


@given(st.text(alphabet="aé漢.com/_-@#:(httpsx?=! \n\u202a", max_size=80))
def test_links_stand_in_order_and_hold_no_blank(text: str) -> None:
    links = find(text)
    assert links == sorted(links)
    assert all(a[1] <= b[0] for a, b in pairwise(links))
    assert all(text[start:end].split() == [text[start:end]] for start, end in links)


@pytest.mark.timeout(10)
@pytest.mark.parametrize(
    ("text", "links"),
    [
        ("漢" * 10_000, 0),
        ("x." * 5_000, 0),
        ("a_" * 5_000 + ".com", 0),
        ("http://" * 1_500 + "example.com", 1),
        ("http://example.ca/" + "(a" * 5_000, 1),
        ("example.ca," * 1_000, 1_000),
    ],
)
def test_no_text_takes_long_to_search(text: str, links: int) -> None:
    assert len(find(text)) == links


@pytest.mark.parametrize(
    ("url", "whole"),
    [
        ("https://example.org/a", "https://example.org/a"),
        (" https://example.org/a ", "https://example.org/a"),
        ("https://example.org/a b", "https://example.org/a%20b"),
        ('https://example.org/"><b>', "https://example.org/%22%3E%3Cb%3E"),
        ("https://example.org/école", "https://example.org/école"),
        ("https://example.org/漢/é", "https://example.org/%E6%BC%A2/%C3%A9"),
        ("https://example.org/quoi?", "https://example.org/quoi%3F"),
        ("https://example.org/bravo!)", "https://example.org/bravo%21%29"),
        ("http://127.0.0.1:8080/a", "http://127.0.0.1:8080/a"),
        ("javascript:alert(1)", ""),
        ("ftp://example.org/", ""),
        ("", ""),
    ],
)
def test_an_address_is_written_so_that_no_network_cuts_it(url: str, whole: str) -> None:
    assert address(url) == whole


@pytest.mark.timeout(10)
@pytest.mark.parametrize(
    ("url", "whole"),
    [
        ("https://example.org'", "https://example.org'"),
        ("https://example.org=1", "https://example.org=1"),
        ("https://example.org~é", "https://example.org~é"),
        ("https://example.org(a)/b", "https://example.org(a)/b"),
    ],
)
def test_a_sign_that_belongs_in_no_host_stays_and_the_search_for_a_whole_link_ends(
    url: str, whole: str
) -> None:
    assert address(url) == whole


@pytest.mark.timeout(60)
@given(st.text(alphabet="aé漢.:/-_~=@#'()%\"<> ", max_size=20))
def test_no_address_is_searched_for_ever(rest: str) -> None:
    address(f"https://example.org{rest}")


@given(st.text(max_size=60))
def test_every_path_of_a_known_domain_becomes_one_whole_link(path: str) -> None:
    url = address(f"https://example.org/{path}")
    assert found(url) == [url]


@pytest.mark.corpus
def test_every_top_level_domain_that_x_publishes_ends_a_link(corpus: Path) -> None:
    lists = yaml.safe_load((corpus / "conformance" / "tlds.yml").read_text("utf-8"))["tests"]
    cases = [case for cases in lists.values() for case in cases]
    assert cases
    assert [case["text"] for case in cases if found(case["text"]) != case["expected"]] == []
