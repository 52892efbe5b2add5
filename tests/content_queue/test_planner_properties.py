"""What must hold for every plan, whatever the planner is given."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from content_queue.calendar import Calendar, local_day, never, parse_quiet, parse_slots, slots_between
from content_queue.item import Kind
from content_queue.planner import Candidate, Choice, Placed, Rules, empty_slots, explain_wait, plan

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
MONTREAL = ZoneInfo("America/Toronto")
ARTICLE, VIDEO, FACT, QUOTE = Kind.ARTICLE, Kind.VIDEO, Kind.FACT, Kind.QUOTE

steps = st.integers(-3 * 24 * 4, 4 * 24 * 4)
spring = datetime(2026, 3, 7, 12, tzinfo=UTC)  # the clocks of Montréal change on the 8th
quarters = steps.map(lambda n: spring + n * 15 * MINUTE)
kinds = st.sampled_from([ARTICLE, VIDEO, FACT, QUOTE])
names = st.sampled_from(["a", "b", "c"])
topics = st.lists(st.sampled_from("tu"), max_size=1).map(tuple)
some_rules = st.builds(
    Rules,
    st.sampled_from(["x-fr", "telegram-fr"]),
    st.just(frozenset({"fr"})),
    st.builds(
        Calendar,
        st.just(MONTREAL),
        st.lists(
            st.sampled_from(
                ["daily 00:00-24:00 every 20m", "sun 02:10, 02:50, 23:55", "mon-sat 09:00, 12:00"]
            ),
            max_size=2,
            unique=True,
        ).map(parse_slots),
        st.sampled_from([None, parse_quiet("21:00-07:00"), parse_quiet("03:05-03:30")]),
        st.sampled_from([never, lambda day: day.day == 9]),
    ),
    st.sampled_from([timedelta(), 20 * MINUTE, 45 * MINUTE, 3 * HOUR]),
    st.sampled_from([None, 0, 1, 3]),
    st.sampled_from([{}, {ARTICLE: 2, FACT: 1}, {ARTICLE: 1, VIDEO: 1, FACT: 0}]),
    st.sampled_from([timedelta(), 7 * MINUTE, 3 * HOUR]),
    st.just(6 * HOUR),
)
some_candidates = st.lists(
    st.builds(
        Candidate,
        st.integers(1, 40),
        kinds,
        st.just(1),
        st.sampled_from([frozenset({"fr"}), frozenset({"en"})]),
        names,
        names | st.just(""),
        topics,
        quarters,
        quarters,
        st.none(),
        st.none() | quarters,
        st.sampled_from([None, None, None]) | quarters,
        st.none() | quarters,
        st.sampled_from([DAY, 30 * DAY]),
        st.integers(0, 1),
    ),
    max_size=15,
    unique_by=lambda candidate: candidate.item,
)
some_placed = st.lists(
    st.builds(Placed, quarters, st.integers(30, 60), kinds, names, names, topics),
    max_size=6,
    unique_by=lambda entry: entry.item,
)
picture = (some_rules, some_candidates, some_placed)
UNTIL = spring + 3 * DAY


def given_back(choices: Sequence[Choice], candidates: Sequence[Candidate]) -> list[Placed]:
    known = {c.item: c for c in candidates}
    chosen = [(choice.due_at, known[choice.item]) for choice in choices]
    return [Placed(due, c.item, c.kind, c.source, c.partner, c.topics) for due, c in chosen]


def split(choices: Sequence[Choice], candidates: Sequence[Candidate]) -> tuple[list[Choice], list[Choice]]:
    pins = {c.item for c in candidates if c.pinned_at}
    return [c for c in choices if c.item in pins], [c for c in choices if c.item not in pins]


@given(*picture)
def test_nobody_goes_out_at_a_time_that_a_rule_forbids(
    of: Rules, candidates: list[Candidate], placed: list[Placed]
) -> None:
    choices = plan(of, candidates, placed, spring, UNTIL)
    known = {c.item: c for c in candidates}
    pinned, floating = split(choices, candidates)
    assert all(c.due_at == known[c.item].pin for c in pinned)
    everything = [*(p.due_at for p in placed), *(c.due_at for c in choices)]
    days = Counter(local_day(MONTREAL, due) for due in everything)
    for choice in floating:
        candidate, due = known[choice.item], choice.due_at
        assert spring < due < UNTIL
        assert candidate.not_before <= due
        assert candidate.expires_at is None or due < candidate.expires_at
        assert candidate.last_out is None or candidate.last_out + candidate.repeat_after <= due
        assert candidate.languages == of.languages
        assert not of.calendar.is_quiet(due)
        assert not of.calendar.is_holiday(local_day(MONTREAL, due))
        assert of.daily_max is None or days[local_day(MONTREAL, due)] <= of.daily_max
        others = list(everything)
        others.remove(due)
        assert all(abs(other - due) >= of.min_gap for other in others)
    assert all("%(" not in str(choice.reason) for choice in choices)
    assert len({choice.item for choice in choices}) == len(choices)


@given(some_rules, some_placed)
def test_enough_items_fill_just_the_slots_that_were_called_empty(of: Rules, placed: list[Placed]) -> None:
    empty = list(islice(empty_slots(of, placed, spring, UNTIL), 40))
    always = spring - 9 * DAY
    plenty = [
        Candidate(100 + number, ARTICLE, 1, frozenset({"fr"}), f"s{number}", "", (), always, always)
        for number in range(45)
    ]
    due = [choice.due_at for choice in plan(of, plenty, placed, spring, UNTIL)]
    assert due[: len(empty)] == empty
    assert len(empty) == 40 or len(due) == len(empty)


@given(*picture)
def test_each_choice_has_a_slot_of_its_own(
    of: Rules, candidates: list[Candidate], placed: list[Placed]
) -> None:
    _, floating = split(plan(of, candidates, placed, spring, UNTIL), candidates)
    slots = list(slots_between(of.calendar, spring - DAY, UNTIL + DAY))
    own = [max(slot for slot in slots if slot <= choice.due_at) for choice in floating]
    assert len(set(own)) == len(own)
    for choice, slot in zip(floating, own, strict=True):
        assert choice.due_at - slot < max(of.jitter, timedelta.resolution)
        assert spring < slot


@given(*picture)
def test_planning_again_has_nothing_to_add(
    of: Rules, candidates: list[Candidate], placed: list[Placed]
) -> None:
    choices = plan(of, candidates, placed, spring, UNTIL)
    assert plan(of, candidates, [*placed, *given_back(choices, candidates)], spring, UNTIL) == ()


@given(*picture, st.integers(1, 71))
def test_a_plan_made_in_two_steps_is_the_same(
    of: Rules, candidates: list[Candidate], placed: list[Placed], hours: int
) -> None:
    middle = spring + hours * HOUR
    first = plan(of, candidates, placed, spring, middle)
    both = plan(of, candidates, placed, spring, UNTIL)
    assert [(c.item, c.due_at) for c in first] == [(c.item, c.due_at) for c in both if c.due_at < middle]


@given(*picture, st.randoms(use_true_random=False))
def test_the_order_of_what_it_is_given_does_not_matter(
    of: Rules, candidates: list[Candidate], placed: list[Placed], random: object
) -> None:
    shuffled = list(candidates)
    random.shuffle(shuffled)  # type: ignore[attr-defined] # a random.Random
    assert plan(of, shuffled, placed[::-1], spring, UNTIL) == plan(of, candidates, placed, spring, UNTIL)


@given(*picture)
def test_no_slot_stays_empty_while_an_item_could_have_it(
    of: Rules, candidates: list[Candidate], placed: list[Placed]
) -> None:
    of = replace(of, jitter=timedelta())
    floating = [c for c in candidates if c.pinned_at is None]
    choices = plan(of, floating, placed, spring, UNTIL)
    due = sorted([*(p.due_at for p in placed), *(c.due_at for c in choices)])
    days = Counter(local_day(MONTREAL, moment) for moment in due)
    gone = {c.item for c in choices} | {p.item for p in placed if p.due_at > spring}
    left = [c for c in floating if c.item not in gone and c.languages == of.languages]
    for slot in slots_between(of.calendar, spring + timedelta.resolution, UNTIL):
        near = any(abs(moment - slot) < of.min_gap or moment == slot for moment in due)
        full = of.daily_max is not None and days[local_day(MONTREAL, slot)] >= of.daily_max
        fit = [c for c in left if c.ready_at <= slot and (c.expires_at is None or slot < c.expires_at)]
        assert near or full or not fit


@given(some_rules, some_candidates, some_placed)
def test_what_is_said_to_be_free_is_what_the_next_plan_gives(
    of: Rules, candidates: list[Candidate], placed: list[Placed]
) -> None:
    standing_later = {entry.item for entry in placed if entry.due_at > spring}
    floating = (c for c in candidates if c.pinned_at is None and c.item not in standing_later)
    for candidate in islice(floating, 3):
        choices = plan(of, [candidate], placed, spring, UNTIL)
        reason = explain_wait(of, candidate, placed, spring, UNTIL)
        times = [f"{choice.due_at.astimezone(MONTREAL):%Y-%m-%d %H:%M}" for choice in choices]
        assert times == ([reason.args["due"]] if "due" in reason.args else [])
