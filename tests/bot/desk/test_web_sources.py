"""The pages of the sources: what is to mend in a sheet, which videos are shorts, what a pack proposes."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date, timedelta
from html import unescape

import pytest

from content_queue.item import Entry, Kind, Reason, Version
from content_queue.operations import holds, intake, listing, sources
from content_queue.operations.rows import reason_json
from tests.bot.desk import samples
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
    film = replace(video, guid="4", versions=(Version("fr", "Le film", url="https://youtu.be/ddddddddddd"),))
    entries = [replace(video, form="short"), replace(stream, form="live"), replace(new, form="unseen")]
    entries.append(replace(film, form="premiere"))
    with queue.store.write() as tx:
        sources.register(tx, {"film": ("video", "https://www.youtube.com/@film")})
        intake.take_in(tx, NOW, intake.Origin("film", backlog=9), entries, [None] * 4, first=True)
    page = unescape(moderator.get("/sources/film").text)
    assert "pas encore commencée\u00a0: une première, ou une diffusion annoncée" in page
    assert "vidéo courte" in page
    assert "diffusion en direct" in page
    assert "pas encore vue, peut-être une première" in page
    judged = unescape(moderator.get("/pending").text)
    assert "pas encore commencée\u00a0: une première" in judged
    assert "diffusion en direct" in judged


def test_a_pack_s_new_topics_are_shown_where_people_answer(sheet: Queue, moderator: Moderator) -> None:
    number = 4
    sheet.approve(number)
    changed = fact("Un fait", topics=("santé",), review_by=date(2027, 12, 31))
    with sheet.store.write() as tx:
        intake.take_in(tx, NOW + timedelta(hours=1), PACK, [changed], [None], first=False)
    page = unescape(moderator.get(f"/items/i{number}").text)
    assert "Sa source l’a modifié" in page
    assert "santé · à confirmer avant le 31\u00a0déc.\u00a02027" in page


@pytest.fixture(name="flood")
def a_flooded_source(queue: Queue) -> Queue:
    """A source in which 25 old entries appeared at once, the newest first."""
    samples.flood(queue, [f"Vieux titre {n:02}" for n in range(25)])
    return queue


def titles(page: str, heading: str) -> list[str]:
    """The titles of the list under a heading."""
    part = page.partition(f"<h2>{heading}</h2>")[2].partition("</section>")[0]
    return re.findall(r"Vieux titre \d\d", part)


@pytest.mark.usefixtures("flood")
def test_a_held_source_says_what_to_do_and_shows_what_waits(moderator: Moderator) -> None:
    listed = unescape(moderator.get("/sources").text)
    assert "25 entrées sont apparues d’un coup : décidez ce qui entre" in listed.replace("\u00a0", " ")
    page = unescape(moderator.get("/sources/film").text)
    assert '<a class="button" href="/sources/film/release">Décider ce qui entre</a>' in page
    page = unescape(moderator.get("/resume?scope=source&target=film").text)
    assert titles(page, "Ce qui attend, les plus récentes d’abord") == [
        f"Vieux titre {n:02}" for n in range(25)
    ]


def test_the_newest_are_seen_first_and_then_come_in(flood: Queue, moderator: Moderator) -> None:
    page = unescape(moderator.get("/sources/film/release?newest=2").text)
    assert titles(page, "2 entrent, à juger") == ["Vieux titre 00", "Vieux titre 01"]
    assert len(titles(page, "23 restent dehors pour de bon")) == 23
    assert "Laisser entrer les 2 plus récentes et reprendre" in page
    page = unescape(moderator.post("/sources/film/release", newest="2", seen="25").text)
    assert "2 entrées attendent d’être jugées." in page
    assert "Décider ce qui entre" not in page
    assert page.count("quelqu’un l’a laissé entrer") == 2
    with flood.store.read() as tx:
        assert sorted(item.title for item in listing.items(tx) if item.source == "film") == [
            "Vieux titre 00",
            "Vieux titre 01",
        ]
        assert holds.active(tx, NOW) == []


def test_what_changed_meanwhile_is_shown_again_and_nothing_is_decided(
    flood: Queue, moderator: Moderator
) -> None:
    answer = moderator.post("/sources/film/release", newest="2", seen="24")
    assert answer.status_code == 409
    assert "a changé depuis que vous l’avez vu" in unescape(answer.text)
    with flood.store.read() as tx:
        assert len(holds.active(tx, NOW)) == 1


@pytest.mark.usefixtures("flood")
@pytest.mark.parametrize("newest", ["", "-1", "x", "99", "٣"])
def test_any_number_shows_the_page(moderator: Moderator, newest: str) -> None:
    page = moderator.client.get("/sources/film/release", params={"newest": newest})
    assert page.status_code == 200


def test_where_nothing_waits_the_source_is_shown(sheet: Queue, moderator: Moderator) -> None:
    page = moderator.get("/sources/feuille/release")
    assert (page.status_code, page.url.path) == (200, "/sources/feuille")
    with sheet.store.read() as tx:
        assert holds.active(tx, NOW) == []


def test_the_doctor_s_findings_are_told_in_the_reader_s_language(queue: Queue, moderator: Moderator) -> None:
    notes = ["2 damaged characters were replaced", "it says that it is in 'en', but its texts are in 'fr'"]
    with queue.store.write() as tx:
        sources.register(tx, {"site": ("article", "https://site.example/feed")})
        for day in range(8):
            words = Version("fr", f"Jour {day}", "Un texte qui […]", f"https://site.example/{day}")
            one = Entry(str(day), Kind.ARTICLE, (words,))
            when = NOW - timedelta(days=40 - 2 * day)
            intake.take_in(tx, when, intake.Origin("site"), [one], [None], first=False)
            intake.poll_result(tx, when, "site", {"last_item_at": when, "notes": notes})
    page = unescape(moderator.get("/sources/site").text).replace("\u00a0", " ")
    assert "d’habitude tous les 2 jours" in page
    assert "2 caractères abîmés ont été remplacés : la personne qui la tient" in page
    assert "elle se dit en « en », mais ses textes sont en « fr »" in page
    assert "ses textes sont tronqués : demandez-en des entiers" in page
    assert "elle se tait depuis 26 jours, contre son habitude : voyez si elle a déménagé" in page
    assert "100 %" in page
    listed = unescape(moderator.get("/sources").text).replace("\u00a0", " ")
    assert "2 caractères abîmés ont été remplacés" in listed


def test_many_sources_come_page_by_page_the_ill_ones_first(queue: Queue, moderator: Moderator) -> None:
    with queue.store.write() as tx:
        sources.register(tx, {f"s{n:02}": ("article", f"https://s{n}.example/feed") for n in range(50)})
        intake.poll_result(tx, NOW, "s49", {"failures": 1, "error": "it answered 500 Internal Server Error"})
    first, second, beyond = (unescape(moderator.get(f"/sources?page={n}").text) for n in (1, 2, 99))
    assert re.findall(r">(s\d\d)<", first) == ["s49", *(f"s{n:02}" for n in range(39))]
    assert re.findall(r">(s\d\d)<", second) == [f"s{n:02}" for n in range(39, 49)]
    assert re.findall(r">(s\d\d)<", beyond) == re.findall(r">(s\d\d)<", second)
    assert "50 sources, une qui va mal, en premier." in first
