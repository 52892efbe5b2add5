"""What is made quicker about feedparser finds what it found before."""

import json
import subprocess
import sys
from collections.abc import Callable
from typing import Any

from feedparser.util import FeedParserDict
from hypothesis import given
from hypothesis import strategies as st

from bot.sources.quick import short_cut
from tests.bot.sources.documents import rss
from tests.bot.sources.test_fuzz import SHAPES

KEYS = st.sampled_from(
    (
        *FeedParserDict.keymap,
        *("category", "enclosures", "license", "updated", "updated_parsed", "published", "published_parsed"),
        *("links", "tags", "href", "subtitle", "entries", "summary", "title", "id", "rights"),
    )
)
VALUES: st.SearchStrategy[object] = st.one_of(
    st.text(max_size=3),
    st.just([{"term": "a", "rel": "enclosure", "href": "h"}]),
    st.just([{"rel": "license", "href": "h"}]),
    st.just([]),
)


class Quick(FeedParserDict):  # type: ignore[misc]  # the library has no types
    """The dictionary with its short cuts; the library's own stays as it is."""


short_cut(Quick)


def answers(found: Any, key: str, value: object) -> list[object]:  # noqa: ANN401  as above
    """All that can be asked under a name, before and after it is set; some of it the library refuses."""
    asks = (lambda: found[key], lambda: found.get(key, "none"), lambda: key in found)
    told = [_answer(ask) for ask in asks]
    found[key] = value
    told += [_answer(ask) for ask in (*asks, lambda: found.setdefault(key, "x"))]
    return [*told, sorted(dict.keys(found))]


def _answer(ask: Callable[[], object]) -> object:
    try:
        return ask()
    except (KeyError, TypeError, DeprecationWarning) as error:
        return type(error)


@given(st.lists(st.tuples(KEYS, VALUES), max_size=6))
def test_a_dictionary_with_short_cuts_answers_as_the_library_s(steps: list[tuple[str, object]]) -> None:
    plain, quick = FeedParserDict(), Quick()
    for key, value in steps:
        assert answers(quick, key, value) == answers(plain, key, value)


FINDS = """
import io, json, sys
import feedparser
if sys.argv[1] == "quick":
    from bot.sources.quick import quicken
    quicken()
for document in json.load(sys.stdin):
    found = feedparser.parse(io.BytesIO(document.encode()), sanitize_html=False, resolve_relative_uris=False)
    print(json.dumps([found["feed"], found["entries"], found["version"]], default=list, sort_keys=True))
"""
SPOKEN = "Éte\u0301 à l’œuvre \u0080\u0092 \u00c3\u00a9 \U0001f600 — «\u00a0tôt\u00a0», 2018"
DATED = ("12 Mar 2018 09:00 EST", "2018-03-12T09:00:00-05:00", "2018-03-12", "Δευ, 12 Μαρ 2018 09:00:00 EST")


def test_what_it_finds_in_documents_is_what_it_finds_without() -> None:
    bodies = (f"<title>{SPOKEN}</title><description>{SPOKEN}</description>", *map(_dated, DATED))
    documents = [document.decode() for document in (*SHAPES, *map(rss, bodies))]
    plain, quick = (_found(how, documents) for how in ("plain", "quick"))
    assert len(plain) == len(documents)
    assert quick == plain


def _dated(when: str) -> str:
    return f"<title>{SPOKEN}</title><pubDate>{when}</pubDate>"


def _found(how: str, documents: list[str]) -> list[str]:
    command = [sys.executable, "-c", FINDS, how]
    told = subprocess.run(command, input=json.dumps(documents), check=True, stdout=subprocess.PIPE, text=True)
    return told.stdout.splitlines()
