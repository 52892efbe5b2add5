"""What is made quicker about feedparser finds what it found before."""

from collections.abc import Callable
from typing import Any

from feedparser.util import FeedParserDict
from hypothesis import given
from hypothesis import strategies as st

from bot.sources.quick import short_cut

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
