"""The two tables, row by row as the design draws them, and what no sequence of events may break."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from content_queue.lifecycle import (
    FIRST_REQUEST_ONLY,
    ITEM_TABLE,
    POST_TABLE,
    ImpossibleStepError,
    ItemEvent,
    ItemState,
    PostEvent,
    PostState,
    before,
    holds_round,
    step_item,
    step_post,
)

# As DESIGN.md draws them: state -event-> state.
ITEM_ROWS = """
pending -approve-> approved, -reject-> rejected, -expire-> expired, -withdraw-> withdrawn, -change-> pending
approved -change-> pending, -withdraw-> withdrawn, -expire-> expired, -approve-> approved
rejected -reopen-> pending
expired -reopen-> pending
withdrawn -reopen-> pending
pending -pair-> merged
approved -pair-> merged
rejected -pair-> merged
expired -pair-> merged
withdrawn -pair-> merged
"""
POST_ROWS = """
planned -claim-> claimed, -cancel-> cancelled, -late-> missed
claimed -renew-> claimed, -give back-> planned, -lease over-> planned, -cannot-> failed, -cancel-> cancelled
claimed -intend-> sending
sending -accepted-> published, -not sent-> planned, -refused-> failed, -locked out-> planned
sending -unknown-> checking, -lease over-> checking
checking -found-> published, -again-> sending, -cannot tell-> uncertain
uncertain -found-> published, -resend-> planned, -drop-> cancelled
failed -retry-> planned, -drop-> cancelled
published -recall-> recalling
recalling -gone-> recalled, -stays-> published
planned -found-> published
claimed -found-> published
failed -found-> published
cancelled -found-> published
missed -found-> published
"""


def rows(text: str) -> set[tuple[str, str, str]]:
    found = set()
    for line in text.strip().splitlines():
        state, _, steps = line.partition(" ")
        for step in steps.split(", "):
            event, _, becomes = step.partition("-> ")
            found.add((state, event.removeprefix("-"), becomes))
    return found


def test_the_items_table_is_the_design_and_nothing_more() -> None:
    assert {(s.value, e.value, b.value) for (s, e), b in ITEM_TABLE.items()} == rows(ITEM_ROWS)


def test_the_posts_table_is_the_design_and_nothing_more() -> None:
    assert {(s.value, e.value, b.value) for (s, e), b in POST_TABLE.items()} == rows(POST_ROWS)


@pytest.mark.parametrize("state", PostState)
@pytest.mark.parametrize("event", PostEvent)
def test_what_the_table_does_not_name_cannot_happen_to_a_post(state: PostState, event: PostEvent) -> None:
    if (state, event) in POST_TABLE:
        assert step_post(state, event) is POST_TABLE[state, event]
    else:
        with pytest.raises(ImpossibleStepError, match=f"'{event.value}' cannot follow '{state.value}'"):
            step_post(state, event)


@pytest.mark.parametrize("state", ItemState)
@pytest.mark.parametrize("event", ItemEvent)
def test_what_the_table_does_not_name_cannot_happen_to_an_item(state: ItemState, event: ItemEvent) -> None:
    if (state, event) in ITEM_TABLE:
        assert step_item(state, event) is ITEM_TABLE[state, event]
    else:
        with pytest.raises(ImpossibleStepError, match="cannot follow"):
            step_item(state, event)


@pytest.mark.parametrize("event", sorted(FIRST_REQUEST_ONLY))
def test_a_no_is_believed_on_the_first_request_only(event: PostEvent) -> None:
    assert step_post(PostState.SENDING, event) in {PostState.PLANNED, PostState.FAILED}
    assert step_post(PostState.SENDING, event, first_request=False) is PostState.CHECKING


def test_a_yes_is_believed_on_every_request() -> None:
    assert step_post(PostState.SENDING, PostEvent.ACCEPTED, first_request=False) is PostState.PUBLISHED


@given(st.sampled_from([*PostEvent, *ItemEvent]))
def test_before_names_exactly_the_states_in_which_an_event_can_happen(event: PostEvent | ItemEvent) -> None:
    table = ITEM_TABLE if isinstance(event, ItemEvent) else POST_TABLE
    assert set(before(event)) == {state.value for state, known in table if known is event}
    assert before(event)


@pytest.mark.parametrize("state", PostState)
def test_only_missed_and_cancelled_posts_without_a_request_give_their_round_back(state: PostState) -> None:
    assert holds_round(state, request_out=True)
    assert holds_round(state, request_out=False) is (state not in {PostState.MISSED, PostState.CANCELLED})


class PostLife(RuleBasedStateMachine):
    """Any sequence of events that the table allows, with the requests counted as the queue counts them."""

    def __init__(self) -> None:
        super().__init__()
        self.state = PostState.PLANNED
        self.requests = 0
        self.last: PostEvent | None = None
        self.was = PostState.PLANNED

    @precondition(lambda self: any(state is self.state for state, _ in POST_TABLE))
    @rule(data=st.data())
    def step(self, data: st.DataObject) -> None:
        possible = sorted(event for state, event in POST_TABLE if state is self.state)
        event = data.draw(st.sampled_from(possible))
        first = self.requests <= 1
        self.was, self.last = self.state, event
        self.state = step_post(self.was, event, first_request=first)
        self.requests += event in {PostEvent.INTEND, PostEvent.AGAIN}
        if self.state is PostState.PLANNED:
            self.requests = 0

    @precondition(lambda self: self.state is PostState.RECALLED)
    @rule()
    def another_post(self) -> None:
        self.state = self.was = PostState.PLANNED
        self.requests, self.last = 0, None

    @invariant()
    def a_post_becomes_published_by_a_receipt_or_by_being_found_only(self) -> None:
        if self.state is PostState.PUBLISHED and self.last is not None:
            assert self.last in {PostEvent.ACCEPTED, PostEvent.FOUND, PostEvent.STAYS}

    @invariant()
    def only_intend_and_again_lead_to_the_wire(self) -> None:
        if self.state is PostState.SENDING:
            assert self.last in {PostEvent.INTEND, PostEvent.AGAIN}
            assert self.was in {PostState.CLAIMED, PostState.CHECKING}

    @invariant()
    def what_may_be_out_returns_to_the_plan_by_a_person_only(self) -> None:
        if self.state is PostState.PLANNED and self.was in {PostState.CHECKING, PostState.UNCERTAIN}:
            assert self.last is PostEvent.RESEND

    @invariant()
    def a_later_request_never_ends_in_failed_or_planned(self) -> None:
        if self.was is PostState.SENDING and self.requests > 1:
            assert self.state in {PostState.PUBLISHED, PostState.CHECKING}


TestPostLife = PostLife.TestCase


def test_merged_and_recalled_are_the_ends_of_their_lives() -> None:
    assert {state for state in ItemState if all(s is not state for s, _ in ITEM_TABLE)} == {ItemState.MERGED}
    assert {state for state in PostState if all(s is not state for s, _ in POST_TABLE)} == {
        PostState.RECALLED
    }


def test_every_state_can_be_reached() -> None:
    assert {PostState.PLANNED} | set(POST_TABLE.values()) == set(PostState)
    assert {ItemState.PENDING} | set(ITEM_TABLE.values()) == set(ItemState)
