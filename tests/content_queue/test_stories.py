"""The same story of two sources is one item, told in words that its own source answers for."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from content_queue.item import Entry, Kind, Reason, Version
from content_queue.operations import intake, judgement, listing
from content_queue.operations.intake import Origin, Taken
from content_queue.operations.rows import item_by_id
from tests.content_queue.builders import NOW, entry, words

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

PARTNER = Origin("partner", partner="Ève", trusted=True)
PLANET = Origin("planet")
STORY = "https://example.org/story"
LONG = " ".join(f"mot{number}" for number in range(20))
SHORT = " ".join(f"mot{number}" for number in range(19))


def take(tx: Connection, origin: Origin, *entries: Entry, refusal: Reason | None = None) -> Taken:
    return intake.take_in(tx, NOW, origin, entries, [refusal] * len(entries), first=False)


def told(guid: str, url: str, summary: str) -> Entry:
    return Entry(guid, Kind.ARTICLE, (words("Titre", summary=summary, url=url),))


def verdicts(tx: Connection, source: str) -> list[str]:
    return [str(row.verdict) for row in listing.entries(tx, source)]


def test_words_that_another_source_chose_are_replaced_by_the_trusted_source_s_own(tx: Connection) -> None:
    take(tx, PLANET, entry("z", "Un titre criard", STORY))
    assert take(tx, PARTNER, entry("a", "Un titre", STORY)) == Taken(changed=(1,), known=1)
    item = item_by_id(tx, 1)
    assert (item.title, item.by_rule, item.source, item.partner) == ("Un titre", True, "partner", "Ève")
    assert verdicts(tx, "partner") == ["its source is trusted: its words took the place of those of i1"]


def test_the_other_source_cannot_change_them_afterwards_and_the_own_one_can(tx: Connection) -> None:
    take(tx, PLANET, entry("z", "Un titre criard", STORY))
    take(tx, PARTNER, entry("a", "Un titre", STORY))
    assert take(tx, PLANET, entry("z", "Encore plus criard", STORY)).changed == ()
    assert item_by_id(tx, 1).title == "Un titre"
    assert take(tx, PARTNER, entry("a", "Un titre corrigé", STORY)).changed == (1,)
    assert item_by_id(tx, 1).title == "Un titre corrigé"


def test_a_source_that_is_not_trusted_replaces_nothing(tx: Connection) -> None:
    take(tx, PARTNER, entry("a", "Un titre", STORY))
    assert take(tx, PLANET, entry("z", "Un titre criard", STORY)) == Taken(known=1)
    assert (item_by_id(tx, 1).title, item_by_id(tx, 1).by_rule) == ("Un titre", True)


def test_what_a_person_has_touched_or_judged_stays(tx: Connection) -> None:
    take(tx, PLANET, entry("y", "Un", "https://example.org/1"), entry("z", "Deux", "https://example.org/2"))
    judgement.edit(tx, NOW, "anne", item_by_id(tx, 1), [Version("fr", "Mieux dit")])
    judgement.reject(tx, NOW, "anne", item_by_id(tx, 2), "hors sujet")
    own = (entry("a", "Un, bien", "https://example.org/1"), entry("b", "Deux, bien", "https://example.org/2"))
    assert take(tx, PARTNER, *own).changed == ()
    assert [item_by_id(tx, number).title for number in (1, 2)] == ["Mieux dit", "Deux"]


def test_an_item_that_a_person_added_stays(tx: Connection) -> None:
    person = item_by_id(tx, take(tx, PLANET, entry("y")).new[0])
    mine = intake.add_by_person(tx, NOW, "anne", replace(person, source="", versions=(words(url=STORY),)))
    take(tx, PARTNER, entry("a", "Autrement dit", STORY))
    assert item_by_id(tx, mine).title == "Un titre"


@pytest.mark.parametrize(
    "refusal", [None, Reason("excluded by %(rule)s", {"rule": "x"})], ids=["first", "sifted"]
)
def test_what_made_no_item_in_one_source_is_new_in_another(tx: Connection, refusal: Reason | None) -> None:
    seen = entry("z", "Un titre", STORY)
    intake.take_in(tx, NOW, PLANET, [seen], [refusal], first=True)
    assert len(take(tx, PARTNER, entry("a", "Un titre", STORY)).new) == 1
    assert take(tx, PLANET, entry("moved", "Un titre", STORY)).new == ()


def test_the_same_long_text_at_two_addresses_is_one_story(tx: Connection) -> None:
    take(tx, PARTNER, told("a", "https://example.org/1", LONG))
    assert take(tx, PLANET, told("b", "https://autre.example/2", LONG)) == Taken(known=1)
    assert verdicts(tx, "planet") == ["its words are known: the same story as i1"]


def test_a_short_text_or_a_title_alone_is_no_proof_between_sources(tx: Connection) -> None:
    take(tx, PARTNER, told("a", "https://example.org/1", SHORT), told("b", "https://example.org/3", ""))
    two = (told("c", "https://autre.example/2", SHORT), told("d", "https://autre.example/4", ""))
    assert len(take(tx, PLANET, *two).new) == 2
