"""Every operation that Telegram offers, by every role: allowed or refused as the table says, told alike."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.desk.telegram.telling import ChatTeller
from bot.watch.alerts import Alerts
from bot.watch.facts import Facts
from content_queue.people import Role
from tests.bot.desk.acts import ACTS, Act
from tests.bot.desk.inhabited import ROLES, number
from tests.bot.desk.telegram.conftest import ACCOUNTS, EDITOR, Place
from tests.bot.desk.test_every_door import actors, last, lines


async def play(place: Place, step: str, who: int) -> None:
    """Do one step of a way through the chat; a card is opened by an editor, for all to see."""
    telegram, what = place.telegram, step[2:]
    if step.startswith("#"):
        await place.card(int(what))
        return
    if step.startswith("!"):
        await tell_of_troubles(place)
        return
    if step.startswith(">"):
        shown = next(one for one in reversed(telegram.messages) if one.buttons)
        label = next(label for label in shown.buttons if what in ("*", label))
        telegram.presses(who, shown, label)
    elif step.startswith("="):
        telegram.says(who, what, reply_to=telegram.last.id)
    else:
        telegram.says(who, step)
    await place.hear()


async def tell_of_troubles(place: Place) -> None:
    queue = place.queue
    teller = ChatTeller(place.listening, place.parts, queue.store, lambda: queue.time.now)
    alerts = Alerts(queue.store, lambda _tx: Facts((), worker="w"), [teller], lambda: place.parts.words("fr"))
    queue.time.now += timedelta(hours=3)
    await alerts.look(queue.time.now)


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("act", [act for act in ACTS if act.chat], ids=lambda act: act.name)
async def test_by_telegram(act: Act, role: Role, place: Place) -> None:
    act.prepare(place.queue)
    *before, final = act.chat
    for step in before:
        await play(place, step, ACCOUNTS[role] if role in act.allowed else EDITOR)
    earlier = last(place.queue)
    await play(place, final, ACCOUNTS[role])
    if role in act.allowed:
        assert lines(place.queue, earlier) == act.lines
        assert set(actors(place.queue, earlier)) == {number(role)}
    else:
        assert lines(place.queue, earlier) == []
        assert place.telegram.toasts[-1:] != [""] or place.telegram.last.text
