"""What a network may do with a request on its way, in any order and at any time."""

from __future__ import annotations

from collections.abc import Iterator

from tests.content_queue.model.people import Move
from tests.content_queue.model.world import Policy, Request, World


def moves(world: World, policy: Policy) -> Iterator[Move]:
    """Yield what may become of each request, and each answer that its worker may get."""
    for place, request in enumerate(world.wire):
        gone = world._replace(wire=(*world.wire[:place], *world.wire[place + 1 :]))
        landed = gone._replace(public=_appear(world, request, policy))
        name = f"the request of w{request.worker}"
        yield f"{name} lands, its answer is lost", _answer(landed, request, "lost")
        yield f"{name} is lost", _answer(gone, request, "lost")
        if _is_waited_for(world, request):
            yield f"{name} lands", _answer(landed, request, "ok")
            yield f"{name} is refused", _answer(gone, request, "refused")
            yield f"{name} is locked out", _answer(gone, request, "locked")
            yield f"{name} provably never left", _answer(gone, request, "unsent")
    for number, worker in enumerate(world.workers):
        if worker.at == "waiting":
            request = Request(number, worker.fence, worker.key)
            yield f"w{number} waits no longer", _answer(world, request, "lost")


def _appear(world: World, request: Request, policy: Policy) -> tuple[int, ...]:
    if policy.keyed and world.remembers and request.key in world.public:
        return world.public
    return tuple(sorted((*world.public, request.key)))


def _is_waited_for(world: World, request: Request) -> bool:
    worker = world.workers[request.worker]
    return (worker.at, worker.fence, worker.key) == ("waiting", request.fence, request.key)


def _answer(world: World, request: Request, answer: str) -> World:
    if not _is_waited_for(world, request):
        return world
    told = world.workers[request.worker]._replace(at="answered", answer=answer)
    workers = list(world.workers)
    workers[request.worker] = told
    return world._replace(workers=tuple(workers))
