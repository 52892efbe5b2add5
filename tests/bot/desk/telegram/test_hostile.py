"""The hostile cases of the Telegram door: nothing that a stranger does changes anything."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from bot.desk import members
from bot.desk.telegram.hearing import MOST_TRIES, Ears
from bot.desk.telegram.listening import Listening
from bot.desk.telegram.wire import Wire
from bot.secret import Secret
from content_queue.lifecycle import ItemState
from content_queue.operations import chat, holds, people
from content_queue.people import Role
from content_queue.store import tables as t
from tests.bot.desk.inhabited import ROLES
from tests.bot.desk.samples import NOW
from tests.bot.desk.telegram.conftest import ACCOUNTS, ADMIN, EDITOR, ELSEWHERE, ROOT, STRANGER, Place
from tests.bot.desk.telegram.standin import GROUP, TOKEN, chat_of, user

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
        place.fetching,
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
