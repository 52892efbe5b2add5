"""Walking every world, breadth first: the first that breaks a promise has the shortest story."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from itertools import chain

from content_queue.lifecycle import ASKS_A_PERSON, PostState
from tests.content_queue.model import network, people, workers
from tests.content_queue.model.people import Move
from tests.content_queue.model.world import Bounds, Policy, World

TWICE = "posted twice"
NOT_OUT = "published, but not out"
OUT = "failed, but out"
STOPPED = "sent after the screen said that it will not be"
RESTS = {PostState.PUBLISHED, PostState.CANCELLED, *ASKS_A_PERSON}


@dataclass(frozen=True, slots=True)
class Verdict:
    """How many worlds there are, how many are stuck, and the shortest way to a broken promise."""

    worlds: int
    stuck: int
    broken: str = ""
    story: tuple[str, ...] = ()


def check(policy: Policy, bounds: Bounds) -> Verdict:
    """Walk until a promise breaks, or until every world is known."""
    start = World()
    came: dict[World, tuple[World, str] | None] = {start: None}
    queue, stuck = deque([start]), 0
    while queue:
        world = queue.popleft()
        broken = _broken(world)
        if broken:
            return Verdict(len(came), stuck, broken, _story(came, world))
        further = _moves(world, policy, bounds)
        stuck += not further and world.post not in RESTS and world.fence < bounds.fences
        for what, after in further:
            if after not in came:
                came[after] = (world, what)
                queue.append(after)
    return Verdict(len(came), stuck)


def _moves(world: World, policy: Policy, bounds: Bounds) -> list[Move]:
    ours = workers.moves(world, policy, bounds)
    return list(chain(ours, network.moves(world, policy), people.moves(world, policy, bounds)))


def _broken(world: World) -> str:
    if len(world.public) > world.asked:
        return TWICE
    if world.post is PostState.PUBLISHED and not world.public:
        return NOT_OUT
    if world.post is PostState.FAILED and world.key in world.public:
        return OUT
    never = {*world.barred, *([world.key] if world.promised else [])}
    return STOPPED if never & set(world.public) else ""


def _story(came: dict[World, tuple[World, str] | None], world: World) -> tuple[str, ...]:
    story, step = [], came[world]
    while step is not None:
        world, what = step
        story.append(what)
        step = came[world]
    return tuple(reversed(story))
