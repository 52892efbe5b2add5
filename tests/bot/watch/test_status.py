"""What status shows: red first, each trouble with its age, its reason and the command that mends it."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.watch.status import ChannelState, Status
from bot.watch.trouble import Kind, Light, Trouble
from content_queue.item import Scope
from content_queue.lifecycle import PostEvent
from content_queue.operations import channels, flood, holds, looks, overview, posts, publishing
from content_queue.operations.corrections import CHANGED, INTAKE
from content_queue.operations.looks import LookRules
from content_queue.operations.publishing import WORKER, Outcome
from content_queue.operations.rows import post_by_id
from tests.bot.watch.world import FACTS, HOUR, MINUTE, NOW, TELEGRAM, World, X

ALONE = replace(FACTS, worker=None)
ASK = LookRules(looks=0, between=MINUTE)


def kinds(status: Status) -> list[Kind]:
    return [trouble.kind for trouble in status.troubles]


def only(status: Status) -> Trouble:
    (trouble,) = status.troubles
    return trouble


def test_an_empty_queue_with_a_worker_is_green(world: World) -> None:
    status = world.status()
    assert (status.state, status.troubles, status.pending) == (Light.GREEN, (), 0)
    assert [channel.name for channel in status.channels] == ["x-fr", "telegram"]


def test_items_that_wait_for_a_moderator_are_counted_and_no_trouble(world: World) -> None:
    world.item()
    world.item()
    status = world.status()
    assert (status.state, status.pending) == (Light.GREEN, 2)


def test_without_a_worker_the_status_is_amber_as_long_as_nothing_is_due(world: World) -> None:
    world.post(NOW + HOUR)
    trouble = only(world.status(facts=ALONE))
    assert (trouble.kind, trouble.severity, trouble.command) == (
        Kind.NO_WORKER,
        Light.AMBER,
        "technopolys run",
    )


def test_a_post_overdue_without_a_worker_is_red_since_it_fell_due(world: World) -> None:
    post = world.post(NOW - 6 * MINUTE)
    trouble = only(world.status(facts=ALONE))
    assert (trouble.kind, trouble.severity, trouble.since) == (Kind.NO_WORKER, Light.RED, post.due_at)
    assert str(trouble.why) == f"p{post.id} has been due and nothing else stands against it"


def test_a_post_overdue_under_a_worker_means_that_publishing_has_stopped(world: World) -> None:
    post = world.post(NOW - 6 * MINUTE)
    trouble = only(world.status())
    assert (trouble.kind, trouble.severity, trouble.since) == (Kind.STOPPED, Light.RED, post.due_at)
    assert str(trouble.what) == "publishing has stopped on x-fr"


def test_a_post_due_for_four_minutes_is_no_trouble_yet(world: World) -> None:
    world.post(NOW - 4 * MINUTE)
    assert world.status().state is Light.GREEN


def test_a_fast_clock_is_given_more_patience(world: World) -> None:
    world.post(NOW - 6 * MINUTE)
    assert world.status(facts=replace(FACTS, patience=HOUR)).state is Light.GREEN


@pytest.mark.parametrize(
    "scope", [(Scope.EVERYTHING, ""), (Scope.CHANNEL, "x-fr"), (Scope.SOURCE, "startech")]
)
def test_a_held_post_is_not_overdue(world: World, scope: tuple[Scope, str]) -> None:
    world.post(NOW - HOUR)
    with world.store.write() as tx:
        holds.hold(tx, NOW - 2 * HOUR, "ana", *scope, "paused")
    assert kinds(world.status()) == [Kind.HELD]


def test_a_post_that_was_held_until_a_moment_ago_is_not_overdue(world: World) -> None:
    world.post(NOW - HOUR)
    with world.store.write() as tx:
        holds.hold(tx, NOW - 2 * HOUR, "ana", Scope.EVERYTHING, "", "paused")
        holds.lift(tx, NOW - MINUTE, "ana", Scope.EVERYTHING, "")
    assert world.status().state is Light.GREEN
    assert kinds(world.status(NOW + 5 * MINUTE)) == [Kind.STOPPED]


def test_a_channel_that_sent_something_lately_has_not_stopped(world: World) -> None:
    world.post(NOW - HOUR)
    world.post(NOW - HOUR)
    world.published(NOW - MINUTE)
    assert world.status().state is Light.GREEN


def test_a_gap_between_posts_stands_against_the_next(world: World) -> None:
    gap = replace(FACTS, channels=(replace(X, min_gap=HOUR),))
    world.post(NOW - 2 * HOUR)
    world.post(NOW - 2 * HOUR)
    world.published(NOW - 62 * MINUTE)
    assert world.status(facts=gap).state is Light.GREEN
    assert kinds(world.status(NOW + 3 * MINUTE, gap)) == [Kind.STOPPED]


def test_what_the_budget_does_not_allow_is_not_overdue(world: World) -> None:
    poor = replace(FACTS, channels=(replace(X, budget=100),))
    world.post(NOW - HOUR, cost=200)
    assert world.status(facts=poor).state is Light.GREEN


def test_a_post_that_a_dead_worker_left_on_the_wire_is_overdue(world: World) -> None:
    world.post(NOW - HOUR)
    post = world.sent(NOW - 10 * MINUTE)
    trouble = only(world.status(facts=ALONE))
    assert (trouble.severity, trouble.since) == (Light.RED, NOW - 10 * MINUTE)
    assert f"p{post.id} " in str(trouble.why)


def test_a_post_that_nobody_reads_back_is_overdue(world: World) -> None:
    world.post(NOW - HOUR)
    world.settled(NOW - HOUR, Outcome(PostEvent.UNKNOWN, "timeout", look_after=MINUTE))
    assert only(world.status()).since == NOW - 59 * MINUTE


def test_an_uncertain_post_is_red_with_its_answer(world: World) -> None:
    world.post(NOW - HOUR)
    post = world.settled(NOW - HOUR, Outcome(PostEvent.UNKNOWN, "the network did not answer"))
    with world.store.write() as tx:
        looks.cannot_tell(tx, NOW - HOUR, post, ASK)
    trouble = only(world.status())
    assert (trouble.kind, trouble.severity, trouble.since) == (Kind.UNCERTAIN, Light.RED, NOW - HOUR)
    assert str(trouble.why) == "the network did not answer"
    assert trouble.command == f"technopolys resolve p{post.id} --found"


def test_a_failed_post_is_red_and_can_be_retried(world: World) -> None:
    world.post(NOW - HOUR)
    post = world.settled(NOW - HOUR, Outcome(PostEvent.REFUSED, "the text is too long"))
    trouble = only(world.status())
    assert (trouble.kind, trouble.severity) == (Kind.FAILED, Light.RED)
    assert (str(trouble.why), trouble.command) == ("the text is too long", f"technopolys retry p{post.id}")


def test_a_locked_out_channel_is_red_and_told_once(world: World) -> None:
    world.post(NOW - HOUR)
    world.settled(NOW - HOUR, Outcome(PostEvent.LOCKED_OUT, "the token was revoked"))
    status = world.status()
    trouble = only(status)
    assert (trouble.kind, trouble.severity) == (Kind.HELD, Light.RED)
    assert str(trouble.why) == f"the token was revoked ({WORKER})"
    assert trouble.command == "technopolys resume --channel x-fr"
    assert status.channels[0].state is ChannelState.HELD


@pytest.mark.parametrize(
    ("scope", "target", "command"),
    [
        (Scope.EVERYTHING, "", "technopolys resume"),
        (Scope.PARTNER, "BetaKit", "technopolys resume --partner BetaKit"),
        (Scope.TOPIC, "ia", "technopolys resume --topic ia"),
        (Scope.ITEM, "4", "technopolys resume --item i4"),
        (Scope.POST, "5", "technopolys resume --post p5"),
    ],
)
def test_a_pause_is_amber_and_names_the_command_that_ends_it(
    world: World, scope: Scope, target: str, command: str
) -> None:
    with world.store.write() as tx:
        holds.hold(tx, NOW - HOUR, "ana", scope, target, "elections")
    trouble = only(world.status())
    assert (trouble.severity, trouble.since, trouble.command) == (Light.AMBER, NOW - HOUR, command)
    assert str(trouble.why) == "elections (ana)"


def test_a_flood_is_amber_and_leads_to_what_waits_not_to_letting_all_of_it_in(world: World) -> None:
    with world.store.write() as tx:
        flood.hold_source(tx, NOW, INTAKE, "startech")
    assert only(world.status()).command == "technopolys sources release startech --dry-run"


def test_an_item_that_changed_at_its_source_is_amber(world: World) -> None:
    with world.store.write() as tx:
        holds.hold(tx, NOW, INTAKE, Scope.ITEM, "1", CHANGED)
    assert kinds(world.status()) == [Kind.CHANGED]


def test_a_waiting_channel_is_amber_and_after_an_hour_red(world: World) -> None:
    with world.store.write() as tx:
        channels.trouble(tx, NOW, "x-fr", "too many requests", after=2 * HOUR)
    status = world.status()
    assert [(only(status).severity, only(status).since)] == [(Light.AMBER, NOW)]
    assert (status.channels[0].state, status.channels[0].wait_until) == (
        ChannelState.WAITING,
        NOW + 2 * HOUR,
    )
    assert world.status(NOW + HOUR).state is Light.RED


def test_a_trouble_whose_wait_is_over_with_nothing_due_stays_amber(world: World) -> None:
    with world.store.write() as tx:
        channels.trouble(tx, NOW - 9 * HOUR, "x-fr", "unavailable", after=MINUTE)
    status = world.status()
    assert (status.state, status.channels[0].state) == (Light.AMBER, ChannelState.TROUBLED)


def test_a_failing_source_of_the_file_is_amber_and_one_that_left_the_file_is_not_told(world: World) -> None:
    world.source("startech", failures=3, failing_since=NOW - HOUR, error="404: not found")
    world.source("left", failures=3, failing_since=NOW - HOUR, error="404: not found")
    trouble = only(world.status())
    assert (trouble.kind, trouble.severity, trouble.since) == (Kind.SOURCE, Light.AMBER, NOW - HOUR)
    assert (str(trouble.what), trouble.command) == (
        "the source startech fails",
        "technopolys poll startech",
    )


def test_a_source_that_is_gone_is_told(world: World) -> None:
    world.source("startech", gone=True, error="410: gone")
    assert str(only(world.status()).what) == "the source startech is gone"


def test_a_missed_post_is_told_for_a_day(world: World) -> None:
    post = world.post(NOW - 8 * HOUR)
    with world.store.write() as tx:
        publishing.claim(tx, NOW, X.pace(NOW), "worker-1")
    trouble = only(world.status())
    assert (trouble.kind, trouble.command) == (Kind.MISSED, f"technopolys why p{post.id}")
    assert world.status(NOW + timedelta(days=1)).troubles == ()


def test_a_pinned_post_that_was_missed_can_be_published_now(world: World) -> None:
    post = world.post(NOW - 8 * HOUR)
    with world.store.write() as tx:
        posts.move(tx, NOW - 8 * HOUR, "ana", post, NOW - 7 * HOUR, late=HOUR)
        publishing.claim(tx, NOW, X.pace(NOW), "worker-1")
    command = f"technopolys publish i{post.item} --channel x-fr"
    assert [trouble.command for trouble in world.status().troubles] == [command]


def test_red_comes_first_and_the_oldest_of_each(world: World) -> None:
    for hours in (5, 3):
        world.post(NOW - hours * HOUR)
        world.settled(NOW - hours * HOUR, Outcome(PostEvent.REFUSED, "no"))
    with world.store.write() as tx:
        holds.hold(tx, NOW - 9 * HOUR, "ana", Scope.TOPIC, "ia", "quiet")
    status = world.status()
    assert [(trouble.severity, trouble.since) for trouble in status.troubles] == [
        (Light.RED, NOW - 5 * HOUR),
        (Light.RED, NOW - 3 * HOUR),
        (Light.AMBER, NOW - 9 * HOUR),
    ]


def test_each_channel_shows_its_last_and_next_post_and_what_it_has_spent(world: World) -> None:
    world.post(NOW - 2 * HOUR, cost=200)
    world.published(NOW - 2 * HOUR)
    world.post(NOW - HOUR, cost=15)
    last = world.published(NOW - HOUR)
    soon = world.post(NOW + HOUR)
    world.post(NOW + 2 * HOUR)
    world.post(NOW + MINUTE, "telegram")
    x, telegram = world.status().channels
    assert x.last is not None
    assert x.next is not None
    assert (x.last.id, x.last.remote_url) == (last.id, "https://x.example/99")
    assert (x.next.id, x.spent, x.budget, x.state) == (soon.id, 215, 40_000_000, ChannelState.WELL)
    assert telegram.last is None
    assert telegram.next is not None


def test_what_was_spent_in_another_month_is_not_counted(world: World) -> None:
    world.post(NOW - timedelta(days=3), cost=200)
    world.published(NOW - timedelta(days=3))
    assert world.status().channels[0].spent == 0


def test_posts_are_counted_while_their_end_is_open(world: World) -> None:
    world.post(NOW + HOUR)
    world.post(NOW - HOUR, "telegram")
    world.published(NOW - HOUR, TELEGRAM)
    assert world.status().posts == {"planned": 1}


def test_what_a_hold_keeps_back_can_be_listed(world: World) -> None:
    mine, other = world.post(NOW + HOUR), world.post(NOW + HOUR, "telegram")
    world.post(NOW + 25 * HOUR)
    with world.store.write() as tx:
        number = holds.hold(tx, NOW, "ana", Scope.CHANNEL, "x-fr", "paused")
        (hold,) = holds.active(tx, NOW)
        covered = overview.covered(tx, NOW, NOW + 24 * HOUR, hold)
    assert (number, [post.id for post in covered]) == (hold.id, [mine.id])
    with world.store.read() as tx:
        assert post_by_id(tx, other.id).channel == "telegram"
