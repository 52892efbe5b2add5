"""What people, time and mishap do, at any moment."""

from __future__ import annotations

from collections.abc import Iterator

from content_queue.lifecycle import PostEvent, before, step_post
from tests.content_queue.model.world import Bounds, Policy, Worker, World

Move = tuple[str, World]


def moves(world: World, policy: Policy, bounds: Bounds) -> Iterator[Move]:
    """Yield every step that nobody of ours decides."""
    if world.leased:
        yield "the lease ends", world._replace(leased=False)
    if policy.forgets and world.remembers:
        yield "the network forgets our key", world._replace(remembers=False)
    yield from _kills(world, bounds)
    if world.held:
        yield "resume", world._replace(held=False, promised=world.promised and not world.approved)
    elif world.acts < bounds.acts:
        yield from _acts(world._replace(acts=world.acts + 1))


def _kills(world: World, bounds: Bounds) -> Iterator[Move]:
    if world.kills == bounds.kills:
        return
    for number, worker in enumerate(world.workers):
        if worker.at != "idle":
            rest = (*world.workers[:number], Worker(), *world.workers[number + 1 :])
            yield f"kill w{number} while {worker.at}", world._replace(workers=rest, kills=world.kills + 1)


def _acts(world: World) -> Iterator[Move]:
    unsent = world.post.value in before(PostEvent.CANCEL)
    yield "stop", world._replace(held=True, promised=unsent)
    if not world.approved:
        return
    if unsent:
        gone = step_post(world.post, PostEvent.CANCEL)
        yield (
            "withdraw or edit",
            world._replace(post=gone, fence=world.fence + 1, approved=False, promised=True),
        )
    else:
        yield "withdraw or edit, too late", world._replace(approved=False)
