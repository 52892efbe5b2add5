"""The pages of the sources: what is to mend in a sheet, which videos are shorts, what a pack proposes."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from html import unescape

import pytest

from content_queue.item import Entry, Kind, Reason, Version
from content_queue.operations import intake, sources
from content_queue.operations.rows import reason_json
from tests.bot.desk.conftest import Moderator
from tests.bot.desk.samples import NOW, Queue

MISTAKE = "row %(row)s, column %(column)s: %(reason)s"
PACK = intake.Origin("feuille", whole=True)


def fact(title: str, **more: object) -> Entry:
    plain = Entry("pack:one", Kind.FACT, (Version("fr", title, credit="Source : X, 2018"),), evergreen=True)
    return replace(plain, **more)  # type: ignore[arg-type]  # fields by name


@pytest.fixture(name="sheet")
def a_mistaken_sheet(queue: Queue) -> Queue:
    """A sheet with a row to mend, read by the queue."""
    args = {"row": "4", "column": "Titre <b>", "reason": "it has no title, the sentence that goes out"}
    told = [Reason(MISTAKE, args), Reason(MISTAKE, {**args, "reason": "kind 'x' is none of article, fact"})]
    with queue.store.write() as tx:
        sources.add(tx, NOW, "desk", "feuille", {"kind": "fact", "url": "https://docs.example/pub.csv"})
        sources.add(tx, NOW, "desk", "film", {"kind": "video", "url": "https://film.example/feed"})
        mistakes = [reason_json(mistake) for mistake in told]
        intake.poll_result(tx, NOW, "feuille", {"mistakes": mistakes})
        intake.take_in(tx, NOW, PACK, [fact("Un fait")], [None], first=False)
    return queue


@pytest.mark.usefixtures("sheet")
def test_a_sheet_s_mistakes_stand_on_its_page_in_the_reader_s_language(moderator: Moderator) -> None:
    page = moderator.get("/sources/feuille").text
    assert "Titre <b>" not in page
    text = unescape(page)
    assert "ligne 4, colonne Titre <b>\u00a0: il manque le titre, la phrase qui sort" in text
    assert "ligne 4, colonne Titre <b>\u00a0: ce genre n’existe pas" in text
    assert "à corriger" in text
    moderator.speaks("en")
    text = unescape(moderator.get("/sources/feuille").text)
    assert "row 4, column Titre <b>: it has no title, the sentence that goes out" in text


@pytest.mark.usefixtures("sheet")
def test_a_mistaken_sheet_stands_among_the_ill_ones_and_is_told_on_the_first_page(
    moderator: Moderator,
) -> None:
    home = unescape(moderator.get("/").text)
    assert '<a class="button" href="/sources/feuille">Voir les lignes</a>' in home
    assert "des lignes de la source feuille attendent d’être corrigées" in home
    listed = unescape(moderator.get("/sources").text)
    assert listed.index("feuille") < listed.index("film")
    assert "il manque le titre" in listed


def test_a_short_and_a_stream_are_named_as_such(queue: Queue, moderator: Moderator) -> None:
    video = Entry("yt:video:1", Kind.VIDEO, (Version("fr", "Un film", url="https://youtu.be/aaaaaaaaaaa"),))
    stream = replace(
        video, guid="2", versions=(Version("fr", "Une suite", url="https://youtu.be/bbbbbbbbbbb"),)
    )
    new = replace(
        video, guid="3", versions=(Version("fr", "Une annonce", url="https://youtu.be/ccccccccccc"),)
    )
    entries = [replace(video, form="short"), replace(stream, form="live"), replace(new, form="unseen")]
    with queue.store.write() as tx:
        sources.register(tx, {"film": ("video", "https://www.youtube.com/@film")})
        intake.take_in(tx, NOW, intake.Origin("film", backlog=9), entries, [None] * 3, first=True)
    page = unescape(moderator.get("/sources/film").text)
    assert "vidéo courte" in page
    assert "diffusion en direct" in page
    assert "pas encore vue, peut-être une première" in page


def test_a_pack_s_new_topics_are_shown_where_people_answer(sheet: Queue, moderator: Moderator) -> None:
    number = 4
    sheet.approve(number)
    changed = fact("Un fait", topics=("santé",), review_by=date(2027, 12, 31))
    with sheet.store.write() as tx:
        intake.take_in(tx, NOW + timedelta(hours=1), PACK, [changed], [None], first=False)
    page = unescape(moderator.get(f"/items/i{number}").text)
    assert "Sa source l’a modifié" in page
    assert "santé · à confirmer avant le 31\u00a0déc.\u00a02027" in page
