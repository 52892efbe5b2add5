"""Each act and its effect in the queue."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from html import unescape

import pytest

from bot.desk import operations
from content_queue.item import Hold, Item, Kind, Post
from content_queue.lifecycle import PostEvent
from content_queue.operations import history, holds, listing
from content_queue.operations.rows import item_by_id, post_by_id
from content_queue.people import local
from tests.bot.desk.conftest import Moderator
from tests.bot.desk.samples import NOW, WAVES, Queue

WORDS = {
    "fr.title": "Un autre titre",
    "fr.summary": "Un résumé.",
    "fr.url": "https://example.org/autre",
    "en.title": "",
}


def item(queue: Queue, number: int = 1) -> Item:
    with queue.store.read() as tx:
        return item_by_id(tx, number)


def post(queue: Queue, number: int = 1) -> Post:
    with queue.store.read() as tx:
        return post_by_id(tx, number)


def held(queue: Queue) -> list[Hold]:
    with queue.store.read() as tx:
        return holds.active(tx, queue.time.now)


def channels_of(queue: Queue, number: int = 1) -> list[str]:
    with queue.store.read() as tx:
        return [message.channel for message in listing.messages_of(tx, item_by_id(tx, number))]


def test_approving_stores_the_messages_that_were_shown(moderator: Moderator, queue: Queue) -> None:
    names = ["x-fr", "x-en", "telegram-fr"]
    page = moderator.post("/items/i1/approve", revision="1", shown=names, channel=names, back="/pending")
    assert (item(queue).state, channels_of(queue)) == ("approved", names)
    assert "i1 est approuvé pour x-fr, x-en, telegram-fr. Rien n’en part avant 8\u00a0h\u00a040." in unescape(
        page.text
    )
    assert page.url.path == "/pending"
    with queue.store.read() as tx:
        assert history.of_item(tx, 1)[-1].who == "desk"


def test_an_item_may_be_approved_for_some_channels_only(moderator: Moderator, queue: Queue) -> None:
    moderator.post("/items/i1/approve", revision="1", shown=["x-fr", "x-en"], channel=["x-en"])
    assert channels_of(queue) == ["x-en"]


def test_approving_for_no_channel_asks_for_one(moderator: Moderator, queue: Queue) -> None:
    page = moderator.post("/items/i1/approve", revision="1", shown=["x-fr", "x-en"])
    assert page.status_code == 422
    assert item(queue).state == "pending"


def test_an_item_that_changed_since_it_was_shown_is_shown_again(moderator: Moderator, queue: Queue) -> None:
    with queue.store.write() as tx:
        operations.edit(tx, queue.desk, NOW, local("somebody"), 1, [WAVES], approved=False)
    page = moderator.post("/items/i1/approve", revision="1")
    assert page.status_code == 409
    assert "i1 a changé depuis qu’il vous a été montré" in unescape(page.text)
    assert 'name="revision" value="2"' in page.text
    assert item(queue).state == "pending"


def test_rejecting_keeps_the_reason(moderator: Moderator, queue: Queue) -> None:
    moderator.post("/items/i1/reject", revision="1", why="Déjà dit hier")
    assert item(queue).state == "rejected"
    assert "Déjà dit hier" in moderator.get("/items/i1").text


def test_rejecting_without_a_reason_asks_for_one(moderator: Moderator, queue: Queue) -> None:
    page = moderator.post("/items/i1/reject", revision="1", why=" ")
    assert page.status_code == 422
    assert "Un rejet demande sa raison" in unescape(page.text)
    assert item(queue).state == "pending"


def test_an_old_rejection_form_is_answered_with_the_new_text(moderator: Moderator, queue: Queue) -> None:
    moderator.post("/items/i1/edit", revision="1", then="keep", **WORDS)
    page = moderator.post("/items/i1/reject", revision="1", why="non")
    assert page.status_code == 409
    assert "Un autre titre" in page.text


@pytest.mark.parametrize(("then", "state"), [("approve", "approved"), ("keep", "pending")])
def test_an_edit_approves_in_the_same_act_or_waits(
    moderator: Moderator, queue: Queue, then: str, state: str
) -> None:
    moderator.post("/items/i1/edit", revision="1", then=then, **WORDS)
    changed = item(queue)
    assert (changed.state, changed.revision, changed.title) == (state, 2, "Un autre titre")
    assert [version.language for version in changed.versions] == ["fr"]


def test_an_edit_keeps_what_the_form_does_not_show(moderator: Moderator, queue: Queue) -> None:
    moderator.post("/items/i1/edit", revision="1", then="keep", **{**WORDS, "fr.alt": "Une bouée."})
    french = item(queue).versions[0]
    assert (french.image, french.alt) == (WAVES.image, "Une bouée.")


def test_an_edit_of_an_old_revision_loses_nothing_that_was_typed(moderator: Moderator, queue: Queue) -> None:
    moderator.post("/items/i1/edit", revision="1", then="keep", **WORDS)
    page = moderator.post("/items/i1/edit", revision="1", then="keep", **{**WORDS, "fr.title": "Ma phrase"})
    assert page.status_code == 409
    assert "Ma phrase</textarea>" in page.text
    assert '<p class="title">Un autre titre</p>' in page.text
    assert 'name="revision" value="2"' in page.text
    assert item(queue).revision == 2


def test_an_edit_with_a_dangerous_address_is_refused(moderator: Moderator, queue: Queue) -> None:
    page = moderator.post(
        "/items/i1/edit", revision="1", then="keep", **{**WORDS, "fr.url": "javascript:alert(1)"}
    )
    assert page.status_code == 422
    assert item(queue).revision == 1


def test_a_person_adds_an_item_with_a_time_and_channels(moderator: Moderator, queue: Queue) -> None:
    page = moderator.post(
        "/add",
        kind="announcement",
        at="2026-11-23T08:30",
        channel=["x-fr"],
        topics="relève, femmes",
        confirmed="2026-05-04",
        **{**WORDS, "en.title": "Another title", "en.url": "https://example.org/other"},
    )
    made = item(queue, 4)
    assert page.url.path == "/items/i4"
    assert (made.kind, made.state, made.only_channels) == (Kind.ANNOUNCEMENT, "pending", ("x-fr",))
    assert made.topics == ("relève", "femmes")
    assert made.confirmed == date(2026, 5, 4)
    assert made.pinned_at == datetime(2026, 11, 23, 13, 30, tzinfo=UTC)
    assert [version.language for version in made.versions] == ["fr", "en"]


def test_a_quote_is_confirmed_and_approved_in_the_same_form(moderator: Moderator, queue: Queue) -> None:
    quote = {**WORDS, "fr.url": "https://example.org/voix", "en.title": "", "en.url": ""}
    moderator.post("/add", kind="quote", **quote)
    assert 'name="confirmed"' in moderator.get("/items/i4/edit").text
    moderator.post("/items/i4/edit", revision="1", then="approve", confirmed="2026-05-04", **quote)
    made = item(queue, 4)
    assert (made.state, made.confirmed) == ("approved", date(2026, 5, 4))


@pytest.mark.parametrize(
    ("fields", "line"),
    [
        ({"fr.title": "", "fr.summary": ""}, "Un contenu demande un titre."),
        ({"at": "2020-01-01T08:00"}, "Cette heure est déjà passée"),
        ({"at": "soon"}, "Une heure s’écrit comme"),
        ({"confirmed": "hier"}, "Un jour s’écrit comme"),
        ({"confirmed": "2999-01-01"}, "Ce jour est encore à venir"),
        ({"kind": "nonsense"}, "Choisissez le genre de contenu."),
        ({"channel": "nowhere"}, "Il n’y a pas de compte nowhere"),
        ({"fr.url": "https://example.org/film"}, "Cette adresse est déjà connue\u00a0: i3"),
        ({"fr.url": "ftp://example.org"}, "Une adresse commence par"),
    ],
)
def test_an_item_that_cannot_be_added_keeps_what_was_typed(
    moderator: Moderator, queue: Queue, fields: dict[str, str], line: str
) -> None:
    typed = {"kind": "event", **WORDS, "en.summary": "", "topics": "relève", **fields}
    page = moderator.post("/add", **typed)
    assert page.status_code == 422
    assert line in unescape(page.text)
    assert 'value="relève"' in page.text
    assert len(moderator.get("/items").text.split('class="title"')) == 4


@pytest.mark.parametrize(
    ("before", "act", "state"),
    [
        ("approve", "withdraw", "withdrawn"),
        ("withdraw", "reopen", "pending"),
        ("approve", "repeat", "approved"),
        ("approve", "publish", "approved"),
    ],
)
def test_an_item_is_withdrawn_reopened_repeated_and_published(
    moderator: Moderator, queue: Queue, before: str, act: str, state: str
) -> None:
    moderator.post(f"/items/i3/{before}", revision="1")
    assert moderator.post(f"/items/i3/{act}").url.path == "/items/i3"
    assert item(queue, 3).state == state
    assert item(queue, 3).rounds == (2 if act == "repeat" else 1)
    with queue.store.read() as tx:
        assert len(listing.posts_of_item(tx, 3)) == (2 if act == "publish" else 0)


def test_a_post_is_moved_by_the_bot_s_clock(moderator: Moderator, queue: Queue) -> None:
    queue.approve()
    page = moderator.post("/posts/p1/move", when="2026-11-22T15:00")
    assert post(queue).due_at == datetime(2026, 11, 22, 20, 0, tzinfo=UTC)
    assert "p1 sort le 22\u00a0nov.\u00a02026, 15\u00a0h." in unescape(page.text)


@pytest.mark.parametrize("when", ["", "2020-01-01T10:00", "later"])
def test_a_post_is_not_moved_to_no_time(moderator: Moderator, queue: Queue, when: str) -> None:
    queue.approve()
    assert moderator.post("/posts/p1/move", when=when).status_code == 422
    assert post(queue).due_at == NOW + timedelta(hours=1)


@pytest.mark.parametrize("act", ["skip", "cancel"])
def test_a_post_leaves_its_slot(moderator: Moderator, queue: Queue, act: str) -> None:
    queue.approve()
    moderator.post(f"/posts/p1/{act}", why="pas aujourd’hui")
    assert post(queue).state == "cancelled"


def uncertain(queue: Queue) -> None:
    queue.publish(queue.approve(3)[0], PostEvent.UNKNOWN, "no answer")


def failed(queue: Queue) -> None:
    queue.publish(queue.approve(3)[0], PostEvent.REFUSED, "no")


@pytest.mark.parametrize(
    ("before", "act", "fields", "state"),
    [
        (uncertain, "found", {"url": "https://x.example/status/9"}, "published"),
        (uncertain, "found", {"url": ""}, "published"),
        (uncertain, "resend", {"sure": "yes"}, "planned"),
        (uncertain, "drop", {}, "cancelled"),
        (failed, "retry", {}, "planned"),
        (failed, "drop", {}, "cancelled"),
    ],
)
def test_a_person_settles_a_post(
    moderator: Moderator,
    queue: Queue,
    before: Callable[[Queue], None],
    act: str,
    fields: dict[str, str],
    state: str,
) -> None:
    before(queue)
    page = moderator.post(f"/posts/p1/{act}", back="/settle", **fields)
    assert (page.status_code, page.url.path) == (200, "/settle")
    assert post(queue).state == state
    assert post(queue).remote_url == fields.get("url", "")


@pytest.mark.parametrize(
    ("act", "fields"),
    [("resend", {}), ("found", {"url": "javascript:alert(1)"}), ("found", {"url": "http://["})],
)
def test_an_uncertain_post_stays_so_without_a_proper_answer(
    moderator: Moderator, queue: Queue, act: str, fields: dict[str, str]
) -> None:
    uncertain(queue)
    assert moderator.post(f"/posts/p1/{act}", **fields).status_code == 422
    assert post(queue).state == "uncertain"


def test_an_answer_that_comes_second_changes_nothing(moderator: Moderator, queue: Queue) -> None:
    uncertain(queue)
    moderator.post("/posts/p1/found")
    page = moderator.post("/posts/p1/resend", sure="yes")
    assert page.status_code == 409
    assert "Cela n’est plus possible" in unescape(page.text)
    assert post(queue).state == "published"


def test_everything_is_paused_with_a_reason_and_an_end_and_goes_on(
    moderator: Moderator, queue: Queue
) -> None:
    page = moderator.post("/pause", scope="everything", why="Un jour de deuil", hours="4")
    (hold,) = held(queue)
    assert (hold.reason, hold.who, hold.until) == ("Un jour de deuil", "desk", NOW + timedelta(hours=4))
    assert "Tout est suspendu\u00a0: rien ne sort." in unescape(page.text)
    moderator.post("/resume", scope="everything")
    assert held(queue) == []


def test_one_channel_is_paused_and_goes_on(moderator: Moderator, queue: Queue) -> None:
    page = moderator.post("/pause", scope="channel", target="x-en")
    assert [(hold.scope, hold.target) for hold in held(queue)] == [("channel", "x-en")]
    assert "compte x-en" in page.text
    moderator.post("/resume", scope="channel", target="x-en")
    assert held(queue) == []


@pytest.mark.parametrize(
    "fields", [{"scope": "nonsense"}, {"scope": "everything", "target": "x-fr"}, {"scope": "channel"}]
)
def test_a_pause_of_nothing_is_refused(moderator: Moderator, queue: Queue, fields: dict[str, str]) -> None:
    assert moderator.post("/pause", **fields).status_code == 422
    assert held(queue) == []
