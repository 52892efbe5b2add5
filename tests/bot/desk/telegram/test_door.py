"""The moderators' door in Telegram, walked by the real library: who is heard, and what comes of it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest

from bot.desk import members, operations
from bot.desk.telegram.hearing import Ears
from bot.desk.telegram.listening import CONFLICTS, Listening
from bot.desk.telegram.telling import ChatTeller
from bot.desk.telegram.wire import Wire
from bot.secret import Secret
from bot.watch.alerts import Alerts
from bot.watch.facts import Facts
from content_queue.item import Version
from content_queue.lifecycle import ItemState, PostEvent, PostState
from content_queue.operations import chat, holds, listing, people, twins
from content_queue.operations.rows import item_by_id
from tests.bot.desk.samples import NOW
from tests.bot.desk.telegram.conftest import ADMIN, EDITOR, ROOT, STRANGER, Place
from tests.bot.desk.telegram.standin import TOKEN, telegram
from tests.whole.installation import until


async def test_an_item_is_judged_from_the_list_to_the_approval(place: Place) -> None:
    await place.card()
    card = place.telegram.last
    with place.queue.store.read() as tx:
        for message in operations.show(tx, place.queue.desk, 1).messages:
            if message.channel.startswith("x"):
                assert message.text in card.text or any(
                    message.text in one.text for one in place.telegram.messages
                )
    place.telegram.presses(EDITOR, card, "Approuver")
    await place.hear()
    assert place.state() is ItemState.APPROVED
    assert "i1 est approuvé par Editor." in place.telegram.last.text.replace("\n", " ")
    assert card.buttons == {}
    assert place.changes


async def test_an_approval_is_taken_back_within_its_grace(place: Place) -> None:
    await place.card()
    place.telegram.presses(EDITOR, place.telegram.last, "Approuver")
    await place.hear()
    place.telegram.presses(EDITOR, place.telegram.last, "Annuler")
    await place.hear()
    assert place.state() is ItemState.PENDING


async def test_a_rejection_asks_for_its_reason(place: Place) -> None:
    await place.card()
    place.telegram.presses(EDITOR, place.telegram.last, "Rejeter")
    await place.hear()
    assert place.telegram.last.asks
    assert place.state() is ItemState.PENDING
    place.telegram.says(EDITOR, "hors sujet", reply_to=place.telegram.last.id)
    await place.hear()
    assert place.state() is ItemState.REJECTED


async def test_a_text_is_corrected_by_answering_and_shown_again(place: Place) -> None:
    await place.card(3)
    place.telegram.presses(EDITOR, place.telegram.last, "Corriger (français)")
    await place.hear()
    assert "Dans les coulisses" in place.telegram.last.text
    place.telegram.says(EDITOR, "Un autre titre\nUn résumé.", reply_to=place.telegram.last.id)
    await place.hear()
    with place.queue.store.read() as tx:
        version = item_by_id(tx, 3).version("fr")
    assert version is not None
    assert (version.title, version.summary, version.url) == (
        "Un autre titre",
        "Un résumé.",
        "https://example.org/film",
    )
    assert place.state(3) is ItemState.PENDING
    assert "Un autre titre" in place.telegram.last.text
    place.telegram.presses(EDITOR, place.telegram.last, "Approuver")
    await place.hear()
    assert place.state(3) is ItemState.APPROVED


async def test_a_text_that_changed_meanwhile_is_shown_again_instead(place: Place) -> None:
    await place.card(3)
    old = place.telegram.last
    with place.queue.store.write() as tx:
        words = (Version("fr", "Changé entre-temps", "", "https://example.org/film"),)
        operations.edit(tx, place.queue.desk, NOW, ROOT, 3, words, approved=False)
    place.telegram.presses(EDITOR, old, "Approuver")
    await place.hear()
    assert place.state(3) is ItemState.PENDING
    assert "Changé entre-temps" in place.telegram.last.text
    place.telegram.presses(EDITOR, place.telegram.last, "Approuver")
    await place.hear()
    assert place.state(3) is ItemState.APPROVED


async def test_everything_stops_at_one_word_and_goes_on_after_a_look(place: Place) -> None:
    place.telegram.says(EDITOR, "/pause panne")
    await place.hear()
    assert place.telegram.last.text == "Tout est suspendu\N{NO-BREAK SPACE}: rien ne sort."
    place.telegram.says(ADMIN, "/resume")
    await place.hear()
    (label,) = place.telegram.last.buttons
    place.telegram.presses(EDITOR, place.telegram.last, label)
    await place.hear()
    with place.queue.store.read() as tx:
        assert [hold.reason for hold in holds.active(tx, NOW)] == ["panne"]
    place.telegram.presses(ADMIN, place.telegram.last, label)
    await place.hear()
    with place.queue.store.read() as tx:
        assert holds.active(tx, NOW) == []


@pytest.mark.parametrize(("command", "has"), [
    ("/etat", "Tout va bien"), ("/status", "Tout va bien"), ("/aide", "/reprendre (/resume)"),
    ("/help@technopolys_bot", "/etat"), ("/plan", "rien"), ("/pourquoi i1", "i1 StarTech"),
    ("/why i99", "i99"), ("/ajouter https://example.org/neuf Un titre neuf", "Un titre neuf"),
    ("/rappel i1 une erreur", "sera rappelé"),
])  # fmt: skip
async def test_a_command_is_answered(place: Place, command: str, has: str) -> None:
    place.telegram.says(EDITOR, command)
    await place.hear()
    assert has in place.telegram.last.text


async def test_what_is_out_is_taken_back_after_a_look(place: Place) -> None:
    posts = place.queue.approve()
    place.queue.publish(posts[0])
    place.telegram.says(EDITOR, "/rappel p1 une erreur")
    await place.hear()
    assert "https://x.example/status/77" in place.telegram.last.text
    (label,) = place.telegram.last.buttons
    place.telegram.presses(EDITOR, place.telegram.last, label)
    await place.hear()
    with place.queue.store.read() as tx:
        assert listing.taken_back(tx) or listing.posts_of_item(tx, 1)[0].state is not PostState.PUBLISHED


@pytest.mark.parametrize(("labels", "state"), [
    (["Elle y est"], PostState.PUBLISHED), (["La renvoyer", "La renvoyer"], PostState.PLANNED),
    (["Laisser tomber"], PostState.CANCELLED),
])  # fmt: skip
async def test_an_uncertain_post_is_told_once_and_answered_by_a_button(
    place: Place, labels: list[str], state: PostState
) -> None:
    post, *_ = place.queue.approve()
    place.queue.publish(post, PostEvent.UNKNOWN)
    queue = place.queue
    teller = ChatTeller(place.listening, place.parts, queue.store, lambda: queue.time.now)
    alerts = Alerts(queue.store, lambda _tx: Facts((), worker="w"), [teller], lambda: place.parts.words("fr"))
    queue.time.now = NOW + timedelta(hours=3)
    for _ in range(2):
        await alerts.look(queue.time.now)
    told = [one for one in place.telegram.messages if len(one.buttons) == 3]
    assert len(told) == 1
    assert "technopolys resolve" not in told[0].text
    for label in labels:
        place.telegram.presses(EDITOR, place.telegram.last, label)
        await place.hear()
    with queue.store.read() as tx:
        assert listing.posts_of_item(tx, 1)[0].state is state
    queue.time.now += timedelta(hours=1)
    await alerts.look(queue.time.now)
    queue.time.now += timedelta(hours=1)
    await alerts.look(queue.time.now)
    assert place.telegram.last.text.startswith("🟢")


async def test_two_readers_of_one_bot_are_told_and_nothing_crashes(place: Place) -> None:
    place.telegram.refusals["getUpdates"] = (409, "Conflict: terminated by other getUpdates request")
    rests = [await place.hear() for _ in range(CONFLICTS + 1)]
    assert rests == sorted(rests)
    assert rests[0] > timedelta(0)
    with place.queue.store.read() as tx:
        assert len(twins.standing(tx, NOW)) == 1


async def test_a_code_links_a_private_chat_once(place: Place) -> None:
    with place.queue.store.write() as tx:
        code, until = members.offer_telegram(tx, NOW, ROOT, people.by_id(tx, 3))
    assert until - NOW == timedelta(minutes=10)
    place.telegram.says(STRANGER, f"/start {code}", chat=STRANGER)
    await place.hear()
    assert "Bonjour Editor" in place.telegram.last.text
    with place.queue.store.read() as tx:
        assert [number for person, number in chat.linked(tx) if person.id == 3] == [STRANGER]
    place.telegram.says(EDITOR, f"/start {code}", chat=EDITOR)
    place.telegram.says(EDITOR, "/etat")
    said = len(place.telegram.messages)
    await place.hear()
    assert len(place.telegram.messages) == said


async def test_who_decides_gets_a_digest_once_at_the_hour_and_opens_a_card_from_it(place: Place) -> None:
    await place.listening.send_digests()  # it is 8:30
    digests = place.telegram.messages
    assert sorted(one.chat for one in digests) == sorted([EDITOR, ADMIN])
    assert all(one.buttons for one in digests)
    mine = next(one for one in digests if one.chat == EDITOR)
    place.telegram.presses(EDITOR, mine, next(iter(mine.buttons)))
    await place.hear()
    assert place.telegram.last.chat == EDITOR
    assert "Approuver" in place.telegram.last.buttons
    said = len(place.telegram.messages)
    place.queue.time.now += timedelta(minutes=59)
    await place.listening.send_digests()
    assert len(place.telegram.messages) == said


async def test_a_digest_that_nobody_could_send_for_an_hour_is_left_to_the_next(place: Place) -> None:
    place.queue.time.now = NOW + timedelta(hours=1)
    await place.listening.send_digests()
    assert place.telegram.messages == []
    place.queue.time.now = NOW + timedelta(hours=8)  # 16:30
    await place.listening.send_digests()
    assert sorted(one.chat for one in place.telegram.messages) == sorted([EDITOR, ADMIN])


async def test_each_moderator_chooses_the_hours(place: Place) -> None:
    place.telegram.says(EDITOR, "/heures 16h, 9:15", chat=EDITOR)
    await place.hear()
    assert "9 h 15, 16 h" in place.telegram.last.text.replace("\N{NO-BREAK SPACE}", " ")
    place.telegram.says(ADMIN, "/hours no", chat=ADMIN)
    place.telegram.says(EDITOR, "/heures 25:00", chat=EDITOR)
    await place.hear()
    assert "25:00" in place.telegram.last.text
    said = len(place.telegram.messages)
    place.queue.time.now = NOW + timedelta(minutes=50)  # 9:20
    await place.listening.send_digests()
    assert [one.chat for one in place.telegram.messages[said:]] == [EDITOR]


async def test_of_two_workers_the_leader_alone_listens(place: Place, description: Mapping[str, Any]) -> None:
    """Two that fetch for one bot would take each other's updates."""

    async def answered() -> bool:
        return bool(place.telegram.messages)

    place.telegram.says(EDITOR, "/etat")
    async with telegram(description) as other:
        wire = Wire(Secret(TOKEN), other.url)
        queue = place.queue
        follower = Listening(
            wire, Ears(place.parts), queue.store, lambda: NOW, lambda: None, place.fetching, timedelta(0)
        )
        both = [
            asyncio.create_task(place.listening.run(lambda: True)),
            asyncio.create_task(follower.run(lambda: False)),
        ]
        await until(answered)
        for task in both:
            task.cancel()
        await asyncio.gather(*both, return_exceptions=True)
    assert other.calls == []
    assert "Tout va bien" in place.telegram.messages[0].text
