"""What a worker does. Each yield is one committed transaction or one call; a pause may come between any two.

A post's state is never assigned here but by ``lifecycle.step_post`` — save where a shortcut says so.
"""

from __future__ import annotations

from collections.abc import Iterator

from content_queue.lifecycle import PostEvent, PostState, before, step_post
from tests.content_queue.model.people import Move
from tests.content_queue.model.world import Bounds, Policy, Request, Worker, World

EVENTS = {"lost": PostEvent.UNKNOWN, "refused": PostEvent.REFUSED, "unsent": PostEvent.NOT_SENT}
EVENTS |= {"locked": PostEvent.LOCKED_OUT}


def moves(world: World, policy: Policy, bounds: Bounds) -> Iterator[Move]:
    """Yield what each worker may do next."""
    for number, worker in enumerate(world.workers):
        steps = {"idle": _begin, "claimed": _intend, "ready": _send, "answered": _settle, "looking": _look}
        if worker.at in steps:
            for what, after in steps[worker.at](world, number, policy, bounds):
                yield f"w{number} {what}", after


def _begin(world: World, number: int, policy: Policy, bounds: Bounds) -> Iterator[Move]:
    if world.fence >= bounds.fences:
        return
    state = world.post.value
    if state in before(PostEvent.CLAIM) and _nothing_against(world):
        yield "claims", _take(world, number, "claimed", step_post(world.post, PostEvent.CLAIM))
    if world.leased:
        return
    if state in before(PostEvent.CANNOT_TELL):
        yield "takes a look", _take(world, number, "looking", world.post)
    if policy.rescue and world.post is PostState.SENDING:
        yield "rescues it by time", _take(world, number, "claimed", PostState.CLAIMED)
    elif state in before(PostEvent.LEASE_OVER):
        yield "takes over", _leave(world, PostEvent.LEASE_OVER)._replace(fence=world.fence + 1)


def _intend(world: World, number: int, policy: Policy, bounds: Bounds) -> Iterator[Move]:
    worker = world.workers[number]
    mine = worker.fence == world.fence and world.post.value in before(PostEvent.INTEND)
    if mine and (policy.ask_once or _nothing_against(world)):
        sending = world._replace(post=step_post(world.post, PostEvent.INTEND), requests=world.requests + 1)
        yield "commits its intent", _set(sending, number, worker._replace(at="ready", key=world.key))
    elif mine:
        yield "gives it back", _set(_leave(world, PostEvent.GIVE_BACK), number, Worker())
    else:
        yield "has lost it", _set(world, number, Worker())


def _send(world: World, number: int, policy: Policy, bounds: Bounds) -> Iterator[Move]:
    worker = world.workers[number]
    wire = tuple(sorted((*world.wire, Request(number, worker.fence, worker.key))))
    yield "puts it on the wire", _set(world._replace(wire=wire), number, worker._replace(at="waiting"))


def _settle(world: World, number: int, policy: Policy, bounds: Bounds) -> Iterator[Move]:
    worker = world.workers[number]
    mine = worker.fence == world.fence
    if worker.answer == "ok":
        yield "writes its receipt", _set(_believe(world._replace(receipt=True), mine=mine), number, Worker())
    elif (mine or policy.unfenced_answer) and world.post is PostState.SENDING:
        event = EVENTS[worker.answer]
        yield f"writes {event.value!r}", _set(_without_receipt(world, event, policy), number, Worker())
    else:
        yield "writes nothing, it is stale", _set(world, number, Worker())


def _look(world: World, number: int, policy: Policy, bounds: Bounds) -> Iterator[Move]:
    worker = world.workers[number]
    if worker.fence != world.fence or world.post.value not in before(PostEvent.CANNOT_TELL):
        yield "looks for nothing, it is stale", _set(world, number, Worker())
        return
    if policy.readable and world.public:
        found = world._replace(post=step_post(world.post, PostEvent.FOUND), leased=False)
        yield "sees it", _set(found, number, Worker())
    yield from _absent(world, number, policy, bounds)  # what one sees may be old


def _absent(world: World, number: int, policy: Policy, bounds: Bounds) -> Iterator[Move]:
    may_know = world.remembers or not policy.minds
    if not (policy.resend and may_know and world.approved and world.requests < bounds.requests):
        asked = world._replace(post=step_post(world.post, PostEvent.CANNOT_TELL), leased=False)
        yield "sees nothing and asks a person", _set(asked, number, Worker())
    elif world.held or world.locked:
        yield "sees nothing and waits", _set(world._replace(leased=False), number, Worker())
    else:
        again = world._replace(
            post=step_post(world.post, PostEvent.AGAIN),
            requests=world.requests + 1,
            fence=world.fence + 1,
            leased=True,
        )
        ready = Worker("ready", again.fence, world.key)
        yield "sees nothing and sends it again", _set(again, number, ready)


def _without_receipt(world: World, event: PostEvent, policy: Policy) -> World:
    shortcuts = {PostEvent.REFUSED: policy.believe_refused, PostEvent.LOCKED_OUT: policy.believe_locked}
    believed = shortcuts.get(event, policy.believe_unsent)
    locked = world.locked or event is PostEvent.LOCKED_OUT
    return _leave(world._replace(locked=locked), event, first_request=world.requests <= 1 or believed)


def _leave(world: World, event: PostEvent, *, first_request: bool = True) -> World:
    """Leave the wire; back in the plan under a new key, and published if its receipt is there already."""
    state = step_post(world.post, event, first_request=first_request)
    left = world._replace(post=state, leased=False)
    if state.value in before(PostEvent.CLAIM):
        left = left._replace(key=world.key + 1, requests=0)
        if not left.approved and not left.receipt:
            left = left._replace(post=step_post(state, PostEvent.CANCEL), fence=world.fence + 1)
    return _believe(left, mine=False) if left.receipt else left


def _believe(world: World, *, mine: bool) -> World:
    event = PostEvent.ACCEPTED if mine and world.post is PostState.SENDING else PostEvent.FOUND
    if world.post.value not in before(event):
        return world
    fence = world.fence if mine else world.fence + 1
    return world._replace(post=step_post(world.post, event), fence=fence, leased=False)


def _nothing_against(world: World) -> bool:
    return world.approved and not (world.held or world.locked or world.receipt)


def _take(world: World, number: int, at: str, state: PostState) -> World:
    fence = world.fence + 1
    return _set(world._replace(post=state, fence=fence, leased=True), number, Worker(at, fence, world.key))


def _set(world: World, number: int, worker: Worker) -> World:
    return world._replace(workers=(*world.workers[:number], worker, *world.workers[number + 1 :]))
