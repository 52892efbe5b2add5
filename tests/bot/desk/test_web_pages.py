"""What each page shows, in both languages; what a feed wrote is text everywhere."""

import re
from dataclasses import replace
from datetime import datetime, timedelta
from html import unescape

import pytest
from starlette.testclient import TestClient

from bot.desk import operations
from bot.desk.web.app import create_app
from content_queue.item import Scope
from content_queue.lifecycle import PostEvent
from content_queue.operations import holds
from content_queue.operations.corrections import CHANGED, INTAKE
from content_queue.people import local
from content_queue.store.database import Transaction
from tests.bot.desk.conftest import Moderator
from tests.bot.desk.samples import HOSTILE, NOW, STYLES, TOKEN, Queue, flood, parts_of

HEADINGS = {
    "/": ("interventions requises", "things need somebody"),
    "/pending": ("À juger", "To judge"),
    "/items": ("Tous les contenus", "All items"),
    "/items?state=rejected": ("Aucun.", "None."),
    "/items/i1": ("Pourquoi\u00a0: son histoire", "Why: its history"),
    "/items/i1/edit": ("Enregistrer et approuver", "Save and approve"),
    "/add": ("Ajouter un contenu", "Add an item"),
    "/add/file": ("Ajouter depuis un tableau", "Add from a sheet"),
    "/calendar/month": ("Deux semaines en détail", "Two weeks in full"),
    "/facts": ("Ceux à confirmer viennent en premier.", "Those to confirm come first."),
    "/calendar": ("Calendrier", "Calendar"),
    "/settle": ("Impossible de savoir si c’est sorti", "Nobody can tell whether it is out"),
    "/published": ("Ce que le public voit", "What the public sees"),
    "/holds": ("Tout arrêter", "Stop everything"),
    "/resume?scope=channel&target=x-en": ("Rien ne sortirait", "Nothing would go out"),
    "/sources": ("une qui va mal, en premier", "one ill, which stands first"),
    "/sources/film": ("Comment elle va", "How it fares"),
    "/sources/film/release": ("Ce qui attend, les plus récentes d’abord", "What waits, the newest first"),
    "/sources/film/release?newest=1": ("20 restent dehors pour de bon", "20 stay out for good"),
}


@pytest.fixture(name="busy")
def busy_queue(queue: Queue) -> Queue:
    """One post uncertain, one out, one failed, one channel and one source held; two items left to judge."""
    flood(queue, [HOSTILE, *(f"Vieux titre {n}" for n in range(20))])
    french, english, telegram = queue.approve(1)
    queue.publish(french, PostEvent.UNKNOWN, "X gave no answer within 60 s")
    queue.publish(english)
    queue.publish(telegram, PostEvent.REFUSED, "Bad Request: chat not found")
    with queue.store.write() as tx:
        operations.pause(tx, NOW, local("desk"), Scope.CHANNEL, "x-en", why="Un jour de deuil")
    return queue


@pytest.mark.parametrize("path", HEADINGS)
@pytest.mark.parametrize("language", ["fr", "en"])
def test_every_page_speaks_both_languages(
    busy: Queue, moderator: Moderator, path: str, language: str
) -> None:
    moderator.speaks(language)
    page = moderator.get(path)
    assert page.status_code == 200
    assert f'<html lang="{language}">' in page.text
    wanted, other = HEADINGS[path] if language == "fr" else HEADINGS[path][::-1]
    text = unescape(page.text)
    assert wanted in text
    assert other not in text


@pytest.mark.parametrize("path", [*HEADINGS, "/why?of=https://example.org/startech/vagues"])
def test_what_a_feed_wrote_is_text_everywhere(busy: Queue, moderator: Moderator, path: str) -> None:
    with busy.store.write() as tx:
        operations.approve(tx, busy.desk, NOW, local("test"), 2)
    page = moderator.get(path).text
    assert HOSTILE not in page
    shown = re.findall(r"<img[^>]*>", page)  # our own copies of pictures, and no other
    assert all(re.search(r' src="/pictures/[0-9a-f]{64}" ', image) for image in shown)
    assert 'href="javascript:' not in page
    assert not re.search(
        r'<[^>]*\son\w+="|<style|\sstyle="', page
    )  # nothing inline, which the policy forbids
    assert re.findall(r"<script[^>]*>", page) == ['<script src="/static/desk.js" defer>']


def test_a_pending_item_shows_both_languages_and_each_channel_s_exact_text(moderator: Moderator) -> None:
    page = unescape(moderator.get("/pending").text)
    card = page[page.index('id="i1"') : page.index('id="i2"')]
    assert "lire les vagues depuis Rimouski" in card
    assert "reading the waves from Rimouski" in card
    assert "A young company turns the buoys of the St. Lawrence into measuring stations.\n\n" in card
    assert re.search(r"\d+ / 280", card)
    assert "0,20\u00a0$\u00a0US" in card
    assert 'rel="noopener noreferrer"' in card
    assert "pictures.example.net" in card
    assert "bouee.jpg" not in card  # a picture is named, never loaded from its host


def test_a_channel_that_cannot_take_an_item_says_why(moderator: Moderator) -> None:
    page = unescape(moderator.get("/pending").text)
    assert "i3 n’a pas de texte en anglais, la langue de x-en" in page


def test_a_pending_item_says_when_it_could_go_out(queue: Queue) -> None:
    def soonest(_tx: Transaction, ready: datetime, until: datetime) -> dict[str, datetime]:
        assert (ready, until) == (NOW + timedelta(minutes=10), NOW + timedelta(days=14))
        return {"x-fr": ready + timedelta(minutes=5), "x-en": ready + timedelta(days=1)}

    with TestClient(create_app(replace(parts_of(queue), soonest=soonest)), "http://desk.test") as client:
        client.get("/", params={"token": TOKEN})
        page = unescape(client.get("/pending").text)
    card = page[page.index('id="i1"') : page.index('id="i2"')]
    assert re.findall(r"Dès <time[^>]*>([^<]+)</time>", card) == [
        "8\u00a0h\u00a045",
        "lundi\u00a023\u00a0novembre, 8\u00a0h\u00a040",
    ]


def test_the_oldest_item_is_judged_first(moderator: Moderator) -> None:
    assert re.findall(r'<article class="card" id="(i\d)"', moderator.get("/pending").text) == [
        "i1",
        "i2",
        "i3",
    ]


def test_the_first_page_says_what_is_wrong_and_links_to_what_mends_it(
    busy: Queue, moderator: Moderator
) -> None:
    page = unescape(moderator.get("/").text)
    red, amber = page.index("trouble red"), page.index("trouble amber")
    assert red < amber
    assert "p1 sur x-fr\u00a0: impossible de savoir si elle est sortie" in page
    assert "X n’a pas répondu en 60\u00a0s" in page
    assert '<a class="button" href="/settle">Répondre</a>' in page
    assert '<a class="button" href="/holds">Voir les suspensions</a>' in page


def test_an_item_that_changed_at_its_source_is_looked_at_then_resumed(
    queue: Queue, moderator: Moderator
) -> None:
    queue.approve(1)
    with queue.store.write() as tx:
        holds.hold(tx, NOW, INTAKE, Scope.ITEM, "1", CHANGED)
    assert '<a class="button" href="/items/i1">Voir le contenu</a>' in moderator.get("/").text
    assert 'href="/resume?scope=item&amp;target=1"' in moderator.get("/items/i1").text
    assert "contenu i1" in moderator.get("/holds").text
    assert "3 publications sortiraient" in moderator.get("/resume?scope=item&target=1").text


def test_the_first_page_is_calm_when_all_is_well(moderator: Moderator) -> None:
    assert "Tout va bien" in moderator.get("/").text


def test_the_calendar_says_where_when_and_why(queue: Queue, moderator: Moderator) -> None:
    queue.approve(1)
    page = unescape(moderator.get("/calendar").text)
    assert "dimanche\u00a022\u00a0novembre" in page
    assert page.count("9\u00a0h\u00a030</time>") == 3
    assert "une personne l’a demandé maintenant" in page
    looks = r'<a class="bold link" href="[^"]+" rel="noopener noreferrer">StarTech\u00a0: lire les vagues'
    assert re.search(looks, page)  # Telegram's markup, as it looks


def test_the_calendar_shows_the_empty_slots_and_what_could_fill_them(
    queue: Queue, moderator: Moderator
) -> None:
    page = unescape(moderator.get("/calendar").text)
    assert "Deux semaines d’un coup d’œil" in page
    assert page.count('<li class="card slot gap">') == 14 * len(STYLES)
    assert page.count("9\u00a0h</time>") == 14 * len(STYLES)
    assert "plages vides" in page
    assert "contenus à juger parlent sa langue" in page
    assert 'href="#d2026-11-23"' in page
    assert 'id="d2026-11-23"' in page
    assert queue.store is not None


def test_what_is_held_says_so_in_the_calendar(queue: Queue, moderator: Moderator) -> None:
    queue.approve(1)
    with queue.store.write() as tx:
        operations.pause(tx, NOW, local("desk"), Scope.CHANNEL, "x-en", why="Un jour de deuil")
    page = unescape(moderator.get("/calendar").text)
    assert page.count("<b>Suspendue\u00a0:</b> Un jour de deuil") == 1


def test_an_uncertain_post_shows_its_text_when_it_left_and_what_is_known(
    busy: Queue, moderator: Moderator
) -> None:
    page = unescape(moderator.get("/settle").text)
    assert "10\u00a0h\u00a030" in page
    assert "X n’a pas répondu en 60\u00a0s" in page
    assert page.index("https://example.org/startech/vagues") > 0
    assert [act for act in ("found", "resend", "drop") if f'action="/posts/p1/{act}"' in page] == [
        "found",
        "resend",
        "drop",
    ]
    assert 'action="/posts/p3/retry"' in page


def test_what_is_out_links_to_its_public_address(busy: Queue, moderator: Moderator) -> None:
    assert 'href="https://x.example/status/77"' in moderator.get("/published").text


def test_resuming_shows_what_would_go_out_in_a_day(queue: Queue, moderator: Moderator) -> None:
    queue.approve(1)
    with queue.store.write() as tx:
        operations.pause(tx, NOW, local("desk"), why="orage")
        operations.pause(tx, NOW, local("desk"), Scope.CHANNEL, "x-en", why="un jour de deuil")
    page = unescape(moderator.get("/resume?scope=everything").text)
    assert "2 publications sortiraient dans les 24 prochaines heures" in page
    assert "Une autre reste suspendue par autre chose." in page
    queue.time.now += timedelta(minutes=1)
    assert "Tout est suspendu" in moderator.get("/calendar").text


@pytest.mark.parametrize("asked", ["i1", "p1", "https://example.org/startech/vagues", " I1 "])
def test_why_leads_to_the_item(queue: Queue, moderator: Moderator, asked: str) -> None:
    queue.approve(1)
    page = moderator.client.get("/why", params={"of": asked})
    assert page.url.path == "/items/i1"
    assert "approbation" in page.text


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/items/i99", 404),
        ("/items/p1", 404),
        ("/items/1", 404),
        ("/items/i999999999999999999999", 404),
        ("/why?of=nonsense", 422),
        ("/resume?scope=channel&target=x-en", 422),
        ("/resume?scope=nonsense", 422),
        ("/items?after=abc&state=nonsense", 200),
        ("/nothing", 404),
    ],
)
def test_a_wrong_address_is_answered_calmly(moderator: Moderator, path: str, status: int) -> None:
    assert moderator.get(path).status_code == status


def test_the_language_is_remembered(moderator: Moderator) -> None:
    moderator.post("/language", language="en", back="/pending")
    assert '<html lang="en">' in moderator.get("/calendar").text
    moderator.post("/language", language="xx")
    assert '<html lang="en">' in moderator.get("/calendar").text
