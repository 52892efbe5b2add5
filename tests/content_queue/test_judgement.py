"""Judging: what approval stores, what a change undoes, and what may never be approved."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

import pytest

from content_queue.item import Kind, Picture, Reason
from content_queue.lifecycle import ImpossibleStepError, ItemState, PostState
from content_queue.operations import history, intake, judgement, listing, planning, sides
from content_queue.operations.intake import Origin
from content_queue.operations.judgement import CannotApproveError
from content_queue.operations.moves import LostRaceError
from content_queue.operations.rows import item_by_id, post_by_id
from tests.content_queue.builders import (
    CHANNEL,
    DAY,
    HOUR,
    LATE,
    MINUTE,
    NOW,
    approved,
    choice,
    entry,
    message,
    pending,
    plain_item,
    planned,
    published,
    uncertain,
    words,
)

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

    from content_queue.item import Item


def fresh(tx: Connection, item: Item) -> Item:
    return item_by_id(tx, item.id)


def told(tx: Connection, item: Item) -> list[tuple[str, str, str]]:
    return [(line.who, line.what, str(line.why)) for line in history.of_item(tx, item.id)]


# Approving


def test_approval_stores_the_messages_to_the_letter(tx: Connection) -> None:
    item = pending(tx)
    shown = message(
        text="« Déjà » 👩‍🚀\n\nhttps://example.org/?a=1&b=2",
        link="https://example.org/?a=1&b=2",
        title="Déjà",
        pictures=(Picture("https://example.org/a.png", "Une fusée « bleue »"),),
        cost=215000,
        variant="link",
    )
    plain = message(text="« Déjà »", variant="plain")
    judgement.approve(tx, NOW, "anne", item, [shown, plain], not_before=NOW + 10 * MINUTE)
    stored = listing.messages_of(tx, fresh(tx, item))
    assert [replace(one, id=0) for one in stored] == [shown, plain]
    assert (fresh(tx, item).state, fresh(tx, item).judged_at) == (ItemState.APPROVED, NOW)
    assert told(tx, item)[-1] == ("anne", "approve", "")


def test_approval_counts_for_the_revision_that_was_shown_only(tx: Connection) -> None:
    shown = pending(tx)
    judgement.edit(tx, NOW, "ben", shown, [words("Autre")])
    with pytest.raises(LostRaceError, match=f"i{shown.id} was changed meanwhile"):
        judgement.approve(tx, NOW, "anne", shown, [message()], not_before=NOW)
    assert fresh(tx, shown).state is ItemState.PENDING


def test_an_approved_item_can_be_given_to_a_further_channel(tx: Connection) -> None:
    item = approved(tx)
    judgement.approve(tx, NOW, "anne", item, [message(), message("t-fr")], not_before=NOW)
    assert [m.channel for m in listing.messages_of(tx, fresh(tx, item))] == [CHANNEL, "t-fr"]


def test_messages_of_several_are_those_of_each_ones_revision(tx: Connection) -> None:
    item = approved(tx, message(text="avant"))
    changed = judgement.edit(tx, NOW, "ben", item, [words("Autre")])
    judgement.approve(tx, NOW, "anne", changed, [message(text="après")], not_before=NOW)
    other, waiting = approved(tx, message(text="un autre")), pending(tx)
    both = [fresh(tx, each) for each in (item, other, waiting)]
    found = listing.messages_of_each(tx, both)
    assert {number: [one.text for one in own] for number, own in found.items()} == {
        item.id: ["après"],
        other.id: ["un autre"],
        waiting.id: [],
    }


def test_the_language_that_items_are_meant_for_is_read_of_several_at_once(tx: Connection) -> None:
    french, undecided, both, silent = (pending(tx) for _ in range(4))
    for item in (french, undecided, both):
        sides.mark(tx, NOW, "anne", item, alone=True)
    sides.mark(tx, NOW, "anne", undecided, alone=False)
    judgement.edit(tx, NOW, "ben", both, [words("Un"), words("One", "en")])
    items = [fresh(tx, each) for each in (french, undecided, both, silent)]
    assert list(sides.only_in_each(tx, items).values()) == ["fr", "", "", ""]
    assert [sides.only_in(tx, item) for item in items] == ["fr", "", "", ""]


def test_what_fits_no_channel_cannot_be_approved(tx: Connection) -> None:
    with pytest.raises(CannotApproveError, match="i1 fits no channel"):
        judgement.approve(tx, NOW, "anne", pending(tx), [], not_before=NOW)


def test_a_quote_needs_the_day_on_which_someone_confirmed_it(tx: Connection) -> None:
    quote = pending(tx, kind=Kind.QUOTE)
    assert not judgement.may_approve(quote)
    with pytest.raises(CannotApproveError, match="is a quote: say first on which day"):
        judgement.approve(tx, NOW, "anne", quote, [message()], not_before=NOW)
    confirmed = pending(tx, kind=Kind.QUOTE, confirmed=date(2026, 3, 1))
    assert judgement.may_approve(confirmed)
    judgement.approve(tx, NOW, "anne", confirmed, [message()], not_before=NOW)
    assert fresh(tx, confirmed).state is ItemState.APPROVED


@pytest.mark.parametrize("why", ["hors sujet", "100 % faux"])
def test_a_rejection_keeps_its_reason(tx: Connection, why: str) -> None:
    item = pending(tx)
    judgement.reject(tx, NOW, "anne", item, why)
    assert fresh(tx, item).state is ItemState.REJECTED
    assert told(tx, item)[-1] == ("anne", "reject", why)


# Changing


def test_an_edit_makes_a_new_revision_that_is_pending_and_takes_unsent_posts_out(tx: Connection) -> None:
    post = planned(tx)
    item = item_by_id(tx, post.item)
    changed = judgement.edit(tx, NOW, "anne", item, [words("Neuf"), words("New", "en")])
    assert (changed.state, changed.revision, changed.title) == (ItemState.PENDING, item.revision + 1, "Neuf")
    assert [version.language for version in changed.versions] == ["fr", "en"]
    assert post_by_id(tx, post.id).state is PostState.CANCELLED
    assert listing.messages_of(tx, changed) == []


def test_an_edit_of_what_someone_else_edited_meanwhile_is_refused(tx: Connection) -> None:
    shown = pending(tx)
    judgement.edit(tx, NOW, "ben", shown, [words("Autre")])
    with pytest.raises(LostRaceError):
        judgement.edit(tx, NOW, "anne", shown, [words("Encore autre")])


def test_an_edited_and_approved_item_may_have_its_slot_back(tx: Connection) -> None:
    post = planned(tx, due_at=NOW + DAY, now=NOW)
    changed = judgement.edit(tx, NOW, "anne", item_by_id(tx, post.item), [words("Neuf")])
    judgement.approve(tx, NOW, "anne", changed, [message()], not_before=NOW + 10 * MINUTE)
    [candidate], _ = planning.picture(tx, NOW, CHANNEL)
    assert (candidate.item, candidate.round, candidate.not_before) == (changed.id, 1, NOW + 10 * MINUTE)


def test_an_edit_leaves_what_is_out_alone_and_posts_nothing_again(tx: Connection) -> None:
    post = published(tx)
    changed = judgement.edit(tx, NOW, "anne", item_by_id(tx, post.item), [words("Neuf")])
    judgement.approve(tx, NOW, "anne", changed, [message()], not_before=NOW)
    assert post_by_id(tx, post.id).state is PostState.PUBLISHED
    assert planning.picture(tx, NOW, CHANNEL)[0] == ()


def test_what_may_be_out_keeps_its_round_through_an_edit(tx: Connection) -> None:
    post = uncertain(tx)
    changed = judgement.edit(tx, NOW, "anne", item_by_id(tx, post.item), [words("Neuf")])
    judgement.approve(tx, NOW, "anne", changed, [message()], not_before=NOW)
    assert planning.picture(tx, NOW, CHANNEL)[0] == ()


def test_revise_puts_the_same_words_before_judgement_again(tx: Connection) -> None:
    item = approved(tx, by_rule=True)
    again = judgement.revise(tx, NOW, item, Reason("the template has changed"))
    assert (again.state, again.revision, again.versions) == (ItemState.PENDING, 2, item.versions)
    assert again.by_rule
    assert told(tx, item)[-1][1:] == ("change", "the template has changed")


def test_a_persons_edit_is_no_longer_the_sources_word(tx: Connection) -> None:
    item = pending(tx, by_rule=True)
    assert not judgement.edit(tx, NOW, "anne", item, [words("Neuf")]).by_rule


# Ending and reopening


def test_withdraw_takes_out_what_is_planned_and_names_what_can_only_be_recalled(tx: Connection) -> None:
    out = published(tx)
    item = item_by_id(tx, out.item)
    judgement.repeat(tx, NOW, "anne", item)
    [second] = planning.write_down(tx, NOW, [choice(item.id, NOW + DAY, round_=2)], LATE, None, 0)
    assert judgement.withdraw(tx, NOW, "anne", fresh(tx, item), "plainte") == [out.id]
    assert post_by_id(tx, second).state is PostState.CANCELLED
    assert fresh(tx, item).state is ItemState.WITHDRAWN


@pytest.mark.parametrize("how", ["reject", "expire", "withdraw"])
def test_reopen_brings_it_back_to_be_judged_on_its_present_words(tx: Connection, how: str) -> None:
    item = approved(tx) if how == "withdraw" else pending(tx)
    if how == "reject":
        judgement.reject(tx, NOW, "anne", item, "non")
    elif how == "expire":
        judgement.expire(tx, NOW, item, Reason("over"))
    else:
        judgement.withdraw(tx, NOW, "anne", item)
    judgement.reopen(tx, NOW, "anne", fresh(tx, item))
    again = fresh(tx, item)
    assert (again.state, again.revision, again.versions) == (ItemState.PENDING, 2, item.versions)
    other = message(text="rendu autrement")
    judgement.approve(tx, NOW, "anne", again, [other], not_before=NOW)
    assert [m.text for m in listing.messages_of(tx, fresh(tx, item))] == ["rendu autrement"]


def test_a_reopened_item_is_not_ended_again_by_the_date_that_ended_it(tx: Connection) -> None:
    item = pending(tx, review_by=date(2026, 3, 9), expires_at=NOW, pinned_at=NOW - HOUR)
    assert [over.id for over in judgement.overdue(tx, NOW)] == [item.id]
    judgement.expire(tx, NOW, item, Reason("over"))
    judgement.reopen(tx, NOW, "anne", fresh(tx, item))
    again = fresh(tx, item)
    assert (again.review_by, again.expires_at, again.pinned_at) == (None, None, None)
    assert judgement.overdue(tx, NOW) == []


def test_a_date_to_come_stays_through_a_reopening(tx: Connection) -> None:
    item = pending(tx, review_by=date(2026, 3, 10), pinned_at=NOW + HOUR)
    judgement.reject(tx, NOW, "anne", item, "non")
    judgement.reopen(tx, NOW, "anne", fresh(tx, item))
    assert (fresh(tx, item).review_by, fresh(tx, item).pinned_at) == (date(2026, 3, 10), NOW + HOUR)


def test_only_items_whose_time_is_over_are_overdue(tx: Connection) -> None:
    over = pending(tx, expires_at=NOW)
    stale = approved(tx, review_by=date(2026, 3, 9))
    pending(tx, expires_at=NOW + MINUTE, review_by=date(2026, 3, 10))
    judgement.reject(tx, NOW, "anne", pending(tx, expires_at=NOW), "non")
    assert {item.id for item in judgement.overdue(tx, NOW)} == {over.id, stale.id}


def test_expiry_takes_unsent_posts_out_and_says_why(tx: Connection) -> None:
    post = planned(tx)
    item = item_by_id(tx, post.item)
    judgement.expire(tx, NOW, item, Reason("its review date has passed"))
    assert fresh(tx, item).state is ItemState.EXPIRED
    assert post_by_id(tx, post.id).state is PostState.CANCELLED
    assert ("calendar", "expire", "its review date has passed") in told(tx, item)


def test_repeat_opens_one_more_round(tx: Connection) -> None:
    post = published(tx)
    item = item_by_id(tx, post.item)
    judgement.repeat(tx, NOW, "anne", item)
    [candidate], _ = planning.picture(tx, NOW, CHANNEL)
    assert (candidate.item, candidate.round) == (item.id, 2)


def test_what_is_not_in_the_queue_cannot_be_repeated(tx: Connection) -> None:
    item = pending(tx)
    judgement.reject(tx, NOW, "anne", item, "non")
    with pytest.raises(LostRaceError, match=f"i{item.id} is rejected: only an item in the queue"):
        judgement.repeat(tx, NOW, "anne", fresh(tx, item))


def test_what_cannot_happen_to_an_item_is_refused_in_one_line(tx: Connection) -> None:
    item = pending(tx)
    judgement.reject(tx, NOW, "anne", item, "non")
    with pytest.raises(ImpossibleStepError, match="'approve' cannot follow 'rejected'"):
        judgement.approve(tx, NOW, "anne", fresh(tx, item), [message()], not_before=NOW)


# Pairing


def test_two_languages_become_one_item(tx: Connection) -> None:
    french, post = approved(tx), planned(tx, versions=(words("A title", "en"),))
    english = item_by_id(tx, post.item)
    both = judgement.pair(tx, NOW, "anne", french, english)
    assert [(v.language, v.title) for v in both.versions] == [("fr", "Un titre"), ("en", "A title")]
    assert both.state is ItemState.PENDING
    assert fresh(tx, english).state is ItemState.MERGED
    assert post_by_id(tx, post.id).state is PostState.CANCELLED


def test_an_older_twin_is_not_judged_again(tx: Connection) -> None:
    older, younger = approved(tx), pending(tx)
    kept = judgement.pair(tx, NOW, "anne", older, younger)
    assert kept == older
    assert fresh(tx, younger).state is ItemState.MERGED


def test_an_item_cannot_be_paired_with_itself_or_with_one_that_went_into_another(tx: Connection) -> None:
    one, two, three = pending(tx), pending(tx), pending(tx)
    with pytest.raises(ValueError, match=f"i{one.id} cannot go into i{one.id}"):
        judgement.pair(tx, NOW, "anne", one, one)
    judgement.pair(tx, NOW, "anne", one, two)
    with pytest.raises(ValueError, match=f"i{three.id} cannot go into i{two.id}, which is merged"):
        judgement.pair(tx, NOW, "anne", fresh(tx, two), three)


def test_a_paired_items_source_cannot_reword_the_item_that_took_it_in(tx: Connection) -> None:
    origin = Origin("feed")
    intake.take_in(tx, NOW, origin, [entry("a"), entry("b")], [None, None], first=False)
    kept = judgement.pair(tx, NOW, "anne", item_by_id(tx, 1), item_by_id(tx, 2))
    intake.take_in(tx, NOW, origin, [entry("b", "Tout autre chose")], [None], first=False)
    assert fresh(tx, kept).title == "Titre a"


# What is still to go out


def test_an_item_is_unfinished_until_every_channel_has_had_it(tx: Connection) -> None:
    done = published(tx)
    post = planned(tx, message(), message("t-fr"))
    assert [item.id for item in judgement.unfinished(tx)] == [post.item]
    assert judgement.unfinished(tx, done.item) == []
    assert [item.id for item in judgement.unfinished(tx, post.item)] == [post.item]


def test_an_item_keeps_all_that_it_was_made_of(tx: Connection) -> None:
    full = plain_item(
        kind=Kind.EVENT,
        topics=("été", 'dit "le Grand"'),
        partner="Ève & Cie",
        versions=(words("T", summary="s", url="u", image="i", alt="a", credit="c", wordings=("w1", "w2")),),
        pinned_at=NOW + DAY,
        expires_at=NOW + 2 * DAY,
        review_by=date(2027, 1, 1),
        confirmed=date(2026, 1, 1),
        evergreen=True,
        only_channels=("x-fr",),
        by_rule=True,
    )
    number = judgement.insert_item(tx, NOW, full, "anne")
    assert item_by_id(tx, number) == replace(full, id=number)
