"""The moderators' door in Telegram, walked by the real library: who is heard, and what comes of it."""

from __future__ import annotations

import json
import shutil
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cache, partial
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from bot.desk import members, operations
from bot.desk.keys import digest
from bot.desk.telegram.asking import ChatParts
from bot.desk.telegram.hearing import MOST_TRIES, Ears
from bot.desk.telegram.listening import CONFLICTS, Listening
from bot.desk.telegram.telling import ChatTeller
from bot.desk.telegram.wire import Wire
from bot.desk.words.language import words_in
from bot.secret import Secret
from bot.watch.alerts import Alerts
from bot.watch.facts import Facts
from bot.watch.status import read
from content_queue.item import Version
from content_queue.lifecycle import ItemState, PostEvent, PostState
from content_queue.operations import chat, holds, listing, people, twins
from content_queue.operations.rows import item_by_id
from content_queue.people import Role, local
from content_queue.store import tables as t
from tests.bot.desk.inhabited import ROLES, inhabit
from tests.bot.desk.samples import NOW, ZONE, Queue, open_queue
from tests.bot.desk.telegram.standin import GROUP, TOKEN, Telegram, chat_of, telegram, user

ROOT = local("setup")
ACCOUNTS = {role: 500 + number for number, role in enumerate(ROLES)}
EDITOR, ADMIN, READER, STRANGER = ACCOUNTS[Role.EDITOR], ACCOUNTS[Role.ADMIN], ACCOUNTS[Role.READER], 999
ELSEWHERE = -1009999999999


@dataclass
class Place:
    """A queue with its people, their chat, and the door between."""

    queue: Queue
    telegram: Telegram
    listening: Listening
    parts: ChatParts
    changes: list[bool] = field(default_factory=list)

    async def hear(self) -> timedelta:
        """Let the door fetch what happened, and answer."""
        rest = await self.listening.once()
        self.telegram.updates = [] if not rest else self.telegram.updates
        return rest

    async def card(self, number: int = 1, who: int = EDITOR) -> None:
        """Open an item's card from the list."""
        self.telegram.says(who, "/file")
        await self.hear()
        listed = self.telegram.last
        label = next(label for label in listed.buttons if label.startswith(f"i{number} "))
        self.telegram.presses(who, listed, label)
        await self.hear()

    def state(self, number: int = 1) -> ItemState:
        with self.queue.store.read() as tx:
            return item_by_id(tx, number).state

    def lines(self) -> int:
        with self.queue.store.read() as tx:
            return int(tx.execute(sa.select(sa.func.count()).select_from(t.history)).scalar() or 0)


@pytest.fixture(name="description", scope="session")
def published_description(corpus: Path) -> Mapping[str, Any]:
    found: Mapping[str, Any] = json.loads((corpus / "specs" / "telegram-bot-api.json").read_text())
    return found


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("chat") / "queue.db"
    inhabit(path)
    made = open_queue(path)
    with made.store.write() as tx:
        for number, role in enumerate(ROLES):
            person = people.by_id(tx, number + 1)
            code, _ = members.offer_telegram(tx, NOW, ROOT, person)
            assert chat.use_link(tx, NOW, digest(code), ACCOUNTS[role]) is not None
    made.store.close()
    return path


@pytest.fixture
def queue(home: Path, tmp_path: Path) -> Iterator[Queue]:
    shutil.copy(home, tmp_path / "queue.db")
    made = open_queue(tmp_path / "queue.db")
    yield made
    made.store.close()


def parts_of(queue: Queue) -> ChatParts:
    return ChatParts(
        group=GROUP,
        desk=queue.desk,
        status=lambda tx, now: read(tx, now, Facts((), worker="1234 on this machine")),
        words=cache(partial(words_in, zone=ZONE)),
        known=frozenset({"@lesvagues"}),
    )


@pytest.fixture
async def place(queue: Queue, description: Mapping[str, Any]) -> AsyncIterator[Place]:
    async with telegram(description) as standing:
        wire, changes = Wire(Secret(TOKEN), standing.url), list[bool]()
        listening = Listening(
            wire, Ears(parts_of(queue)), queue.store, lambda: queue.time.now, lambda: changes.append(True),
            timedelta(0),
        )  # fmt: skip
        yield Place(queue, standing, listening, parts_of(queue), changes)
        await wire.close()
    assert standing.wrong == []


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
    alerts = Alerts(queue.store, lambda: Facts((), worker="w"), [teller], lambda: place.parts.words("fr"))
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


# --- The hostile cases of the Telegram door, one builder for each ---


async def t01(place: Place) -> None:
    for text in ("/etat", "/pause", "/start", "bonjour", "/approve all"):
        place.telegram.says(STRANGER, text, chat=STRANGER)
    place.telegram.says(STRANGER, "/pause")


async def t02(place: Place) -> None:
    await place.card()
    place.telegram.presses(STRANGER, place.telegram.last, "Approuver")


async def t03(place: Place) -> None:
    await place.card()
    place.telegram.presses(EDITOR, place.telegram.last, "Approuver", chat=ELSEWHERE)
    bot = user(1) | {"is_bot": True}
    member = {"status": "member", "user": bot}
    joined = {"chat": chat_of(ELSEWHERE), "from": user(EDITOR), "date": 1}
    joined |= {"old_chat_member": {"status": "left", "user": bot}, "new_chat_member": member}
    place.telegram.happens("my_chat_member", joined)


async def t04(place: Place) -> None:
    await place.card()
    card = place.telegram.last
    approve = card.buttons["Approuver"]
    for data in ("approve:i1", approve[:-1] + ("A" if approve[-1] != "A" else "B"), "\u2603" * 21, "x" * 64):
        place.telegram.presses(ADMIN, card, data=data)
    await place.card(2)
    place.telegram.presses(ADMIN, place.telegram.last, data=approve)


async def t08(place: Place) -> None:
    await place.card()
    card = place.telegram.last
    group = chat_of(GROUP)
    place.telegram.says(1087968824, "/pause", sender_chat=group)
    place.telegram.says(EDITOR, "/pause", sender_chat=group)
    said = {"message_id": 900, "date": 1, "chat": group, "text": "/pause"}
    place.telegram.happens("channel_post", said | {"sender_chat": group})
    place.telegram.happens("edited_message", said | {"from": user(EDITOR)})
    place.telegram.happens("message", said)
    place.telegram.presses(1087968824, card, "Approuver")


async def t09(place: Place) -> None:
    place.telegram.says(STRANGER, "/pause")  # everybody in the stand-in has the editor's name


async def t12(place: Place) -> None:
    await place.card()
    card = place.telegram.last
    with place.queue.store.write() as tx:
        people.remove(tx, NOW, ROOT, people.by_id(tx, 3))
    place.telegram.presses(EDITOR, card, "Approuver")
    place.telegram.says(EDITOR, "/pause")


DENIED: Mapping[str, Callable[[Place], Any]] = {
    "T01": t01, "T02": t02, "T03": t03, "T04": t04, "T08": t08, "T09": t09, "T12": t12,
}  # fmt: skip


@pytest.mark.parametrize("case", DENIED)
async def test_a_hostile_case_changes_nothing_and_hears_nothing(place: Place, case: str) -> None:
    await DENIED[case](place)
    said = len(place.telegram.messages)
    with place.queue.store.read() as tx:
        before = int(tx.execute(sa.select(sa.func.count()).select_from(t.history)).scalar() or 0)
    await place.hear()
    assert place.telegram.updates == []
    assert [place.state(number) for number in (1, 2, 3)] == [ItemState.PENDING] * 3
    assert place.lines() == before
    assert len(place.telegram.messages) == said
    assert place.telegram.left == ([ELSEWHERE] if case == "T03" else [])
    with place.queue.store.read() as tx:
        assert holds.active(tx, NOW) == []


async def test_t05_a_double_press_is_harmless_by_two_and_after_a_restart(place: Place) -> None:
    await place.card()
    card = place.telegram.last
    value = card.buttons["Approuver"]
    for who in (EDITOR, EDITOR, ADMIN):
        place.telegram.presses(who, card, data=value)
    await place.hear()
    after = place.lines()
    again = Listening(
        Wire(Secret(TOKEN), place.telegram.url),
        Ears(place.parts),
        place.queue.store,
        lambda: NOW,
        lambda: None,
        timedelta(0),
    )
    place.telegram.presses(ADMIN, card, data=value)
    await again.once()
    assert place.lines() == after
    assert place.telegram.toasts[-3:] == ["Déjà fait par Editor."] * 3


async def test_t06_an_update_is_acted_on_once_in_whatever_order_it_comes(place: Place) -> None:
    place.telegram.says(EDITOR, "/pause")
    place.telegram.says(EDITOR, "/pause x-fr")
    first, second = place.telegram.updates
    place.telegram.updates = [second | {"update_id": 2_001_000}, first]
    await place.listening.once()
    after = place.lines()
    place.telegram.updates = [first, second | {"update_id": 2_001_000}, second | {"update_id": 3}]
    place.telegram.offsets.clear()
    for _ in range(3):
        await place.listening.once()
    assert place.lines() == after
    assert None in place.telegram.offsets  # nothing new: the next numbers may be lower
    place.telegram.updates = [{"update_id": 3, "message": second["message"] | {"text": "/pause x-en"}}]
    await place.listening.once()
    assert place.lines() == after + 1


async def test_t07_a_moved_group_waits_for_the_operator(place: Place) -> None:
    for source in (GROUP, ELSEWHERE):
        place.telegram.says(ADMIN, "", chat=source, migrate_to_chat_id=ELSEWHERE)
    place.telegram.says(ADMIN, "/pause", chat=ELSEWHERE)
    await place.hear()
    assert place.parts.group == GROUP
    assert place.telegram.messages == []
    with place.queue.store.read() as tx:
        assert holds.active(tx, NOW) == []


async def test_t10_a_code_is_not_guessed_nor_used_twice(place: Place) -> None:
    with place.queue.store.write() as tx:
        code, until = members.offer_telegram(tx, NOW, ROOT, people.by_id(tx, 3))
    assert len(code) >= 43
    for number in range(MOST_TRIES):
        place.telegram.says(STRANGER, f"/start {'x' * 40}{number}", chat=STRANGER)
    place.telegram.says(STRANGER, f"/start {code}", chat=STRANGER)  # too many tries: even the right one
    place.telegram.says(777, f"/start {code}")  # in the group, where everybody reads it
    place.queue.time.now = until
    place.telegram.says(778, f"/start {code}", chat=778)
    await place.hear()
    with place.queue.store.read() as tx:
        assert [number for _, number in chat.linked(tx)] == list(ACCOUNTS.values())
    assert place.telegram.messages == []


async def test_t14_a_card_that_is_gone_changes_nothing_of_what_is_done(place: Place) -> None:
    await place.card()
    place.telegram.refusals["editMessageReplyMarkup"] = (400, "Bad Request: message to edit not found")
    place.telegram.presses(EDITOR, place.telegram.last, "Approuver")
    await place.hear()
    assert place.state() is ItemState.APPROVED
    assert "est approuvé" in place.telegram.last.text


@pytest.mark.parametrize("role", ROLES)
async def test_rights_are_asked_when_a_button_is_pressed(place: Place, role: Role) -> None:
    await place.card()
    place.telegram.presses(ACCOUNTS[role], place.telegram.last, "Approuver")
    await place.hear()
    may = role in {Role.EDITOR, Role.ADMIN}
    assert place.state() is (ItemState.APPROVED if may else ItemState.PENDING)
