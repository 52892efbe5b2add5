"""French and English: every sentence has its French, and the French keeps to the glossary."""

import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po

from bot.desk.words.catalogue import FOLDER, LANGUAGES, LINE, load
from bot.desk.words.language import Words
from bot.desk.words.moments import DAYS, MONTHS, SHORT_MONTHS
from bot.runtime.housekeeping import LEFT
from bot.watch.status import ChannelState
from bot.watch.trouble import Light
from content_queue.item import Kind, Reason, Scope
from content_queue.lifecycle import ItemEvent, ItemState, PostEvent, PostState
from content_queue.operations.conditions import REASONS
from content_queue.operations.corrections import CHANGED, GONE
from content_queue.operations.flood import HELD
from content_queue.people import Role, Token
from tests.bot.desk.sentences import errors, has_words, in_code, in_history, in_templates
from tests.surroundings import ROOT

ZONE = ZoneInfo("America/Toronto")
FRENCH = Words("fr", load("fr"), ZONE)
ENGLISH = Words("en", load("en"), ZONE)
WORDS = (Kind, Scope, Light, ChannelState, ItemState, ItemEvent, PostState, PostEvent, Role, Token)
NAMED = {"desk", "worker", "worker, by hand", "planner", "intake", "calendar", "configuration", *LANGUAGES}
NAMED |= {*DAYS, *MONTHS, *SHORT_MONTHS, *REASONS.values(), CHANGED, GONE, HELD, LEFT, "paused"}
NB = "\N{NO-BREAK SPACE}"


def catalogue() -> Catalog:
    with (FOLDER / "fr.po").open("rb") as file:
        return read_po(file, locale="fr")


def french() -> list[str]:
    """Every French sentence, forms of the plural apart."""
    return [text for one in catalogue() if one.id for text in forms(one.string)]


def forms(text: str | Iterable[str] | None) -> list[str]:
    """One sentence, or its forms of the singular and plural."""
    return [text] if isinstance(text, str) else list(text or ())


def known() -> set[str]:
    return {text for one in catalogue() if one.id and one.context != LINE for text in forms(one.id)}


def avoided() -> list[str]:
    """The last column of the glossary's table."""
    lines = (ROOT / "docs" / "glossaire.md").read_text(encoding="utf-8").splitlines()
    rows = [line.strip("| ").split(" | ") for line in lines if line.startswith("| ")][1:]
    return [word.strip() for row in rows if len(row) == 4 for word in row[3].strip("| ").split(",")]


def test_every_sentence_of_a_page_has_its_french() -> None:
    assert sorted(in_templates() - known()) == []


def test_every_sentence_and_reason_in_the_code_has_its_french() -> None:
    assert sorted(in_code() - known()) == []


def test_every_state_kind_scope_and_happening_has_its_french() -> None:
    words = {each.value for names in WORDS for each in names} | in_history() | NAMED
    assert sorted(words - known()) == []


def test_every_error_for_people_has_its_french() -> None:
    assert [line for line in sorted(errors()) if FRENCH.line(line) == line] == []


def test_no_sentence_is_kept_that_nobody_says() -> None:
    said = in_templates() | in_code() | in_history() | NAMED
    said |= {each.value for names in WORDS for each in names}
    assert [text for text in sorted(known() - said) if has_words(text)] == []


def test_gaps_are_the_same_in_french() -> None:
    gap = re.compile(r"%\(\w+\)s")
    for one in catalogue():
        for string in forms(one.string) if one.id else []:
            assert set(gap.findall(string)) <= set(gap.findall(" ".join(forms(one.id)))), one.id


def test_the_french_keeps_to_the_glossary() -> None:
    words = re.compile(rf"(?<!\w)({'|'.join(map(re.escape, avoided()))})(?!\w)", re.IGNORECASE)
    assert len(avoided()) > 30
    plain = [re.sub(r"%\(\w+\)s", "", text) for text in french()]
    assert [text for text in plain if words.search(text)] == []


@pytest.mark.parametrize(
    "wrong",
    [
        re.compile(r"(?<!//)(?<=[^\s\u00a0\d/h]):(?![/\d])|[ ]:"),  # a no-break space before a colon
        re.compile(r"[\s\u00a0][;!?]"),  # none before these
        re.compile(r"'"),  # the apostrophe is curly
        re.compile(r"·|•"),  # no middle dot
        re.compile(r"«[^\u00a0]|[^\u00a0]»"),  # guillemets hold no-break spaces
        re.compile(r"\.\.\."),  # one character
        re.compile(r"[\u202f]"),  # the wide one, as the movement writes it
    ],
    ids=["colon", "high-marks", "apostrophe", "middle-dot", "guillemets", "ellipsis", "narrow-space"],
)
def test_the_french_is_set_as_in_quebec(wrong: re.Pattern[str]) -> None:
    plain = [re.sub(r"https?://|%\(\w+\)s|\d\d:\d\d", "X", text) for text in french()]
    assert [text for text in plain if wrong.search(text)] == []


def test_times_are_written_as_their_readers_write_them() -> None:
    moment = datetime(2026, 11, 22, 13, 30, tzinfo=UTC)
    assert FRENCH.moment(moment) == f"22{NB}nov.{NB}2026, 8{NB}h{NB}30"
    assert FRENCH.clock(moment - timedelta(minutes=30)) == f"8{NB}h"
    assert FRENCH.clock(moment - timedelta(minutes=25)) == f"8{NB}h{NB}05"
    assert FRENCH.day(moment) == f"dimanche{NB}22{NB}novembre"
    assert ENGLISH.moment(moment) == f"Nov{NB}22,{NB}2026, 8:30{NB}a.m."
    assert ENGLISH.clock(moment + timedelta(hours=4)) == f"12:30{NB}p.m."
    assert FRENCH.day(datetime(2026, 12, 1, 17, tzinfo=UTC)) == f"mardi{NB}1er{NB}décembre"
    assert ENGLISH.day(moment) == f"Sunday,{NB}November{NB}22"


def test_a_time_near_now_is_written_briefly() -> None:
    now = datetime(2026, 11, 22, 13, 30, tzinfo=UTC)
    assert FRENCH.near(now + timedelta(hours=1), now) == f"9{NB}h{NB}30"
    assert FRENCH.near(now + timedelta(days=1), now) == f"lundi{NB}23{NB}novembre, 8{NB}h{NB}30"
    assert FRENCH.near(now + timedelta(days=7), now) == f"29{NB}nov.{NB}2026, 8{NB}h{NB}30"


def test_money_is_written_as_its_readers_write_it() -> None:
    assert FRENCH.money(Decimal("0.015")) == f"0,015{NB}${NB}US"
    assert ENGLISH.money(Decimal("0.2")) == "US$0.20"
    assert FRENCH.micros(40_000_000) == f"40,00{NB}${NB}US"


def test_what_stands_inside_a_reason_is_put_into_the_reader_s_words() -> None:
    moved = Reason("from %(old)s to %(new)s", {"old": "2026-11-22T13:30:00+00:00", "new": "2026-11-22 09:00"})
    assert FRENCH.reason(moved) == f"du 22{NB}nov.{NB}2026, 8{NB}h{NB}30 au 22{NB}nov.{NB}2026, 9{NB}h"
    late = Reason("its slot was missed by more than %(late)s", {"late": str(timedelta(hours=6))})
    assert FRENCH.reason(late) == f"sa plage est manquée de plus de 6{NB}h"
    kind = Reason("nothing that the mix names is ready, so %(kind)s goes out", {"kind": "video"})
    assert "vidéo" in FRENCH.reason(kind)


def test_words_of_people_are_never_taken_for_a_template() -> None:
    said = Reason("%(words)s", {"words": "41% de %(plus)s"})
    assert FRENCH.reason(said) == "41% de %(plus)s"
    assert FRENCH.line("41% de %(plus)s") == "41% de %(plus)s"


def test_a_sentence_with_names_in_it_is_found_by_its_shape() -> None:
    line = "i12 has no words in en, which x-en speaks"
    assert FRENCH.line(line) == "i12 n’a pas de texte en anglais, la langue de x-en"
    assert ENGLISH.line(line) == line
