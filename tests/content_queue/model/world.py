"""What the model's world is made of: one post, its workers, the wire, the public, and the people."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from content_queue.lifecycle import PostState


class Worker(NamedTuple):
    """Where a worker stands (idle, claimed, ready, waiting, answered, looking), under which fence and key."""

    at: str = "idle"
    fence: int = 0
    key: int = 0
    answer: str = ""


class Request(NamedTuple):
    """A create request on its way. Nobody can call it back."""

    worker: int
    fence: int
    key: int


class World(NamedTuple):
    """Everything there is. ``public`` holds the key of each post that readers can see.

    ``asked`` is how often people want it out, ``barred`` the keys of which the screen said that they never
    will be, ``locked`` the channel's own hold after its account was locked out.
    """

    post: PostState = PostState.PLANNED
    fence: int = 0
    leased: bool = False
    key: int = 0
    requests: int = 0
    receipt: bool = False
    workers: tuple[Worker, ...] = (Worker(), Worker())
    wire: tuple[Request, ...] = ()
    public: tuple[int, ...] = ()
    remembers: bool = True
    kills: int = 0
    held: bool = False
    approved: bool = True
    locked: bool = False
    promised: bool = False
    barred: tuple[int, ...] = ()
    asked: int = 1
    acts: int = 0


@dataclass(frozen=True, slots=True)
class Policy:
    """How a network is served. What stands below the line are shortcuts that must fail."""

    keyed: bool = False
    readable: bool = False
    resend: bool = False
    # shortcuts
    rescue: bool = False  # a request whose lease is over is simply made again
    forgets: bool = False  # the network forgets keys; we send again under them all the same
    minds: bool = False  # ... unless we noticed before sending
    believe_refused: bool = False  # a refusal counts on every request
    believe_unsent: bool = False  # "not sent" counts on every request
    believe_locked: bool = False  # "locked out" counts on every request
    ask_once: bool = False  # the intent asks nothing again
    unfenced_edit: bool = False  # an edit leaves the claim to whoever holds it
    unfenced_answer: bool = False  # a stale worker's answer counts for its successor's request


@dataclass(frozen=True, slots=True)
class Bounds:
    """How far the model goes: it is exhaustive within these."""

    kills: int = 2
    fences: int = 5
    requests: int = 2
    acts: int = 2
    """How often a person stops, withdraws, edits, or answers a question."""
