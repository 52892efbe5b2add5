"""Two languages of one story: French first, and one account's channels make room for each other."""

from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

import pytest

from content_queue.item import Post, Scope
from content_queue.lifecycle import PostEvent
from content_queue.operations import channels, holds, judgement, planning, publishing
from content_queue.operations.publishing import Claim, Outcome
from content_queue.operations.rows import item_by_id, post_by_id
from tests.content_queue.builders import (
    BODY,
    DAY,
    HOUR,
    LATE,
    MINUTE,
    NOW,
    SECOND,
    approved,
    choice,
    message,
    pace,
    planned,
    words,
)

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

FRENCH, ENGLISH = message("x-fr", "Un titre"), message("x-en", "A title", language="en")
BOTH = ("x-en", "x-fr")


def plan(tx: "Connection", item: int, channel: str, due_at: datetime = NOW) -> Post:
    [number] = planning.write_down(tx, NOW, [choice(item, due_at, channel)], late=LATE, budget=None, spent=0)
    return post_by_id(tx, number)


def candidates(tx: "Connection") -> dict[int, datetime]:
    found, _ = planning.picture(tx, NOW, "x-en", ("x-en",), {"x-fr"})
    return {candidate.item: candidate.not_before for candidate in found}


def claim(tx: "Connection", channel: str, now: datetime = NOW, **more: object) -> Claim:
    return publishing.claim(tx, now, pace(channel, now, **more), "w1")


def sent(tx: "Connection", channel: str, now: datetime = NOW, **more: object) -> Post:
    made = claim(tx, channel, now, **more).post
    assert made is not None
    out = publishing.intend(tx, now, made, BODY, made.key, pace(channel, now, **more))
    publishing.settle(tx, now, out, Outcome(PostEvent.ACCEPTED, "", f"r{out.id}", ""))
    return out


def test_english_is_planned_behind_french_and_waits_until_it_is_planned(tx: "Connection") -> None:
    item = approved(tx, FRENCH, ENGLISH)
    only = approved(tx, ENGLISH, versions=(words("A title", "en"),))
    assert candidates(tx) == {only.id: NOW}
    plan(tx, item.id, "x-fr", NOW + HOUR)
    assert candidates(tx)[item.id] == NOW + HOUR + SECOND


def test_a_story_in_one_language_waits_for_the_other(tx: "Connection") -> None:
    alone = approved(tx, FRENCH, source="startech")
    both = approved(tx, FRENCH, source="startech", versions=(words(), words("A title", "en")))
    ours = approved(tx, FRENCH, source="")
    fact = approved(tx, FRENCH, source="facts", evergreen=True)
    found, _ = planning.picture(tx, NOW, "x-fr", pair_wait=2 * HOUR)
    assert {c.item: c.not_before for c in found} == {
        alone.id: NOW + 2 * HOUR,
        both.id: NOW,
        ours.id: NOW,
        fact.id: NOW,
    }


def test_english_does_not_leave_while_french_is_to_come(tx: "Connection") -> None:
    item = approved(tx, FRENCH, ENGLISH)
    plan(tx, item.id, "x-fr", NOW)
    english = plan(tx, item.id, "x-en", NOW)
    assert claim(tx, "x-en", french_first=True).post is None
    assert claim(tx, "x-en", french_first=True, account=("x-en",)).post is None
    sent(tx, "x-fr")
    free = claim(tx, "x-en", french_first=True).post
    assert free is not None
    assert free.id == english.id


def test_without_the_rule_each_goes_when_it_is_due(tx: "Connection") -> None:
    item = approved(tx, FRENCH, ENGLISH)
    plan(tx, item.id, "x-fr", NOW)
    english = plan(tx, item.id, "x-en", NOW)
    free = claim(tx, "x-en").post
    assert free is not None
    assert free.id == english.id


def test_one_account_shares_its_gap_and_its_day(tx: "Connection") -> None:
    planned(tx, FRENCH)
    planned(tx, ENGLISH, versions=(words("A title", "en"),))
    sent(tx, "x-fr")
    later = NOW + MINUTE
    assert claim(tx, "x-en", later, account=BOTH, gap_since=later - HOUR).post is None
    assert claim(tx, "x-en", later, account=BOTH, daily_max=1).post is None
    assert claim(tx, "x-en", later, daily_max=1).post is not None


def test_one_account_shares_its_budget(tx: "Connection") -> None:
    planned(tx, replace(FRENCH, cost=15))
    planned(tx, replace(ENGLISH, cost=15), versions=(words("A title", "en"),))
    sent(tx, "x-fr", account=BOTH, budget=20)
    assert claim(tx, "x-en", NOW + MINUTE, account=BOTH, budget=20).post is None
    assert planning.spent_since(tx, "x-en", NOW - DAY, BOTH) == 30
    assert planning.spent_since(tx, "x-en", NOW - DAY) == 15


def test_one_account_shares_its_holds(tx: "Connection") -> None:
    channels.register_accounts(tx, dict.fromkeys(BOTH, "x-en"))
    assert channels.known_accounts(tx) == dict.fromkeys(BOTH, "x-en")
    english = planned(tx, ENGLISH, versions=(words("A title", "en"),))
    other = planned(tx, message("telegram"))
    holds.hold(tx, NOW, "ana", Scope.CHANNEL, "x-fr", "suspended")
    assert [hold.target for hold in holds.on_post(tx, english.id, NOW)] == ["x-fr"]
    assert holds.on_post(tx, other.id, NOW) == []
    assert claim(tx, "x-en").post is None
    channels.register_accounts(tx, {})
    assert holds.on_post(tx, english.id, NOW) == []


def test_what_stands_on_the_account_makes_room_but_is_no_item_of_the_channels(tx: "Connection") -> None:
    planned(tx, FRENCH)
    [standing] = planning.placed(tx, NOW, "x-en", BOTH)
    assert not standing.own
    assert planning.placed(tx, NOW, "x-en") == ()


@pytest.mark.parametrize("kept_first", [True, False])
def test_pairing_after_one_half_went_out_uses_up_the_rounds_of_both(
    tx: "Connection", kept_first: bool
) -> None:
    french = approved(tx, FRENCH)
    english = approved(tx, ENGLISH, versions=(words("A title", "en"),))
    plan(tx, english.id, "x-en")
    sent(tx, "x-en")
    if kept_first:
        plan(tx, french.id, "x-fr")
        sent(tx, "x-fr")
    whole = judgement.pair(tx, NOW, "ana", item_by_id(tx, french.id), item_by_id(tx, english.id))
    judgement.approve(tx, NOW, "ana", whole, [FRENCH, ENGLISH], not_before=NOW)
    assert not planning.may_post_now(tx, whole.id, "x-en")
    assert planning.may_post_now(tx, whole.id, "x-fr") is not kept_first
    assert [c.item for c in planning.picture(tx, NOW, "x-en")[0]] == []


def test_halves_that_both_went_out_on_one_channel_keep_both_posts(tx: "Connection") -> None:
    first, second = approved(tx, FRENCH), approved(tx, FRENCH)
    for item in (first, second):
        plan(tx, item.id, "x-fr")
        sent(tx, "x-fr")
    judgement.pair(tx, NOW, "ana", item_by_id(tx, first.id), item_by_id(tx, second.id))
    rounds = [post_by_id(tx, number).round for number in (1, 2)]
    assert rounds == [1, 2]
    assert {post_by_id(tx, number).item for number in (1, 2)} == {first.id}
