"""What people, time and mishap do, at any moment."""

from __future__ import annotations

from collections.abc import Iterator

from content_queue.lifecycle import PostEvent, PostState, before, step_post
from tests.content_queue.model.world import Bounds, Policy, Worker, World

Move = tuple[str, World]


def moves(world: World, policy: Policy, bounds: Bounds) -> Iterator[Move]:
    """Yield every step that nobody of ours decides."""
    if world.leased:
        yield "the lease ends", world._replace(leased=False)
    if policy.forgets and world.remembers:
        yield "the network forgets our key", world._replace(remembers=False)
    yield from _kills(world, bounds)
    if world.locked:
        yield "sign in and resume the channel", world._replace(locked=False)
    if world.held:
        yield "resume", world._replace(held=False, promised=world.promised and not world.approved)
    if world.acts < bounds.acts:
        yield from _acts(world._replace(acts=world.acts + 1), policy)
        yield from _answers(world._replace(acts=world.acts + 1))


def _kills(world: World, bounds: Bounds) -> Iterator[Move]:
    if world.kills == bounds.kills:
        return
    for number, worker in enumerate(world.workers):
        if worker.at != "idle":
            rest = (*world.workers[:number], Worker(), *world.workers[number + 1 :])
            yield f"kill w{number} while {worker.at}", world._replace(workers=rest, kills=world.kills + 1)


def _acts(world: World, policy: Policy) -> Iterator[Move]:
    unsent = world.post.value in before(PostEvent.CANCEL)
    if not world.held:
        yield "stop", world._replace(held=True, promised=world.promised or unsent)
    if not world.approved:
        return
    if unsent:
        yield "edit and approve", _edited(world, policy)
    if unsent:
        gone = step_post(world.post, PostEvent.CANCEL)
        yield (
            "withdraw or edit",
            world._replace(post=gone, fence=world.fence + 1, approved=False, promised=True),
        )
    else:
        yield "withdraw or edit, too late", world._replace(approved=False)


def _edited(world: World, policy: Policy) -> World:
    """New words are a new post under a new key; the old ones were never sent and never will be."""
    gone = step_post(world.post, PostEvent.CANCEL)
    barred = world.barred if world.key in world.public else (*world.barred, world.key)
    if policy.unfenced_edit:
        return world._replace(barred=barred)
    planned = world._replace(post=PostState.PLANNED, fence=world.fence + 1, leased=False, requests=0)
    return planned._replace(barred=barred, key=world.key + 1) if gone is PostState.CANCELLED else world


def _answers(world: World) -> Iterator[Move]:
    """A person is asked only where nobody can tell, and tells the truth as far as it shows."""
    state = world.post.value
    if world.post is PostState.UNCERTAIN and world.public:
        yield "it is there", _answered(world, PostEvent.FOUND)
    if state in before(PostEvent.DROP):
        yield "let it be", _answered(world, PostEvent.DROP)
    if not world.approved:
        return
    if state in before(PostEvent.RESEND):
        anew = _answered(world, PostEvent.RESEND)._replace(key=world.key + 1, requests=0)
        yield "not there, send again", anew._replace(asked=world.asked + 1)
    if state in before(PostEvent.RETRY):
        yield "retry", _answered(world, PostEvent.RETRY)._replace(key=world.key + 1, requests=0)


def _answered(world: World, event: PostEvent) -> World:
    return world._replace(post=step_post(world.post, event), fence=world.fence + 1, leased=False)
