"""Health is red when publishing has stopped, not only when the process has."""

from dataclasses import replace
from datetime import timedelta

from bot.watch.health import SILENT, health
from content_queue.item import Scope
from content_queue.operations import holds
from tests.bot.watch.world import FACTS, HOUR, NOW, World

JUST_NOW = timedelta(seconds=1)


def test_a_worker_that_steps_over_an_empty_queue_is_ready(world: World) -> None:
    found = health(world.status(), JUST_NOW)
    assert (found.alive, found.ready, found.why) == (True, True, ())


def test_a_post_that_nothing_stands_against_and_nobody_sends_is_not_ready_though_alive(world: World) -> None:
    world.post(NOW - HOUR)
    found = health(world.status(), JUST_NOW)
    assert (found.alive, found.ready) == (True, False)
    assert [str(why) for why in found.why] == ["publishing has stopped on x-fr"]


def test_what_a_person_holds_is_no_fault_of_ours(world: World) -> None:
    world.post(NOW - HOUR)
    with world.store.write() as tx:
        holds.hold(tx, NOW - HOUR, "ana", Scope.EVERYTHING, "", "paused")
    assert health(world.status(), JUST_NOW).ready


def test_a_missing_worker_makes_unready_only_once_something_is_due(world: World) -> None:
    alone = replace(FACTS, worker=None)
    assert health(world.status(facts=alone), None).ready
    world.post(NOW - HOUR)
    assert not health(world.status(facts=alone), None).ready


def test_a_worker_that_has_not_stepped_for_long_is_neither_alive_nor_ready(world: World) -> None:
    found = health(world.status(), SILENT)
    assert (found.alive, found.ready) == (False, False)


def test_a_store_that_cannot_be_written_is_not_ready(world: World) -> None:
    found = health(world.status(), JUST_NOW, "disk full")
    assert (found.alive, found.ready) == (True, False)
    assert [str(why) for why in found.why] == ["the database cannot be used: disk full"]


def test_a_store_that_cannot_be_read_is_not_ready() -> None:
    assert not health(None, JUST_NOW).ready
