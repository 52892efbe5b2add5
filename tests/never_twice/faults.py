"""How a create request may fare, by the rows N01 to N14 of ../shared/hostile_cases.tsv.

``means`` is what an honest bot may conclude from the answer alone: "out", "retry" (provably nothing),
"refused", "locked", or "unknown".
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.never_twice.network import Network

Header = Callable[["Network"], str]


@dataclass(frozen=True, slots=True)
class Fault:
    """One way to misbehave. ``hangs`` is in real seconds, ``lands_after`` on the round's own clock.

    ``outlasts`` says that it asks for a wait longer than a network remembers keys.
    """

    name: str
    means: str = "unknown"
    applied: bool = False
    status: int | None = None
    body: Callable[[str], bytes] | None = None
    headers: Mapping[str, Header] = field(default_factory=dict)
    cut: str = ""
    hangs: float = 0
    lands_after: timedelta | None = None
    only: frozenset[str] = frozenset()
    unreachable: bool = False
    outlasts: bool = False


def _said(text: bytes | str) -> Callable[[str], bytes]:
    return lambda _secret: text.encode() if isinstance(text, str) else text


def _no(words: str) -> Callable[[str], bytes]:
    """A refusal in the words of every network at once."""
    fields = {"ok": False, "description": words, "detail": words, "error": words, "title": words}
    return _said(json.dumps(fields))


def _telling(secret: str) -> bytes:
    return json.dumps({"ok": False, "description": f"bad: {secret}", "detail": f"bad: {secret}"}).encode()


def _epoch(away: timedelta) -> Header:
    return lambda network: str(int((network.now() + away).timestamp()))


FINE = Fault("fine", "out", applied=True)
HANG = 30.0
"""Longer than any deadline here: the round's end cuts it off."""
DEADLINE = timedelta(seconds=0.3)
"""A call's deadline in the rounds in which the network hangs."""
_STRANGE: Mapping[str, bytes] = {
    "empty": b"",
    "html": b"<html>all is well</html>",
    "half json": b'{"data": {"id": "12',
    "without an id": b'{"data": {}, "ok": true, "result": {}}',
    "null": b"null",
    "a list": b'["12"]',
    "10 MB": b'{"data": {"id": "' + b"9" * 10_000_000 + b'"}}',
    "100,000 deep": b'{"a":' * 100_000 + b"1" + b"}" * 100_000,
    "an id of 2**70": json.dumps({"data": {"id": str(2**70)}, "id": str(2**70)}).encode(),
    "an id that climbs": b'{"data": {"id": "../../2"}, "id": "../../2"}',
}
_UNKNOWN_STATUS = (500, 501, 502, 503, 504, 507, 520, 408, 409, 425)
_REDIRECTS = (301, 302, 303, 307, 308)
_FAR = _epoch(timedelta(days=27_000))  # the year 2099


def _table() -> list[Fault]:
    here: dict[str, Header] = {"Location": lambda network: f"{network.url}/elsewhere"}
    found = [FINE, Fault("N01 nobody listens", "retry", unreachable=True)]
    found += [
        Fault("N02 read, cut, not made", cut="before"),
        Fault("N02 made, cut", cut="before", applied=True),
    ]
    found += [Fault(f"N02 made, cut in the {where}", cut=where, applied=True) for where in ("head", "body")]
    found += [Fault("N02 read, cut, made 5 min later", cut="before", lands_after=timedelta(minutes=5))]
    found += [Fault("N02 read, cut, made 25 min later", cut="before", lands_after=timedelta(minutes=25))]
    found += [
        Fault(
            f"{'N09' if name[0] in '1a' else 'N03'} {name}{_made(made)}",
            applied=made,
            status=200,
            body=_said(body),
        )
        for name, body in _STRANGE.items()
        for made in (True, False)
    ]
    found += [
        Fault(f"N04 {status}{_made(made)}", applied=made, status=status, body=_no("out of order"))
        for status in _UNKNOWN_STATUS
        for made in (True, False)
    ]
    found += [
        Fault(f"N13 {status}{_made(made)}", applied=made, status=status, body=_said("{}"), headers=here)
        for status in _REDIRECTS
        for made in (True, False)
    ]
    found += [
        Fault("N05 429", "retry", status=429, body=_no("slow down")),
        Fault(
            "N05 429 with a wait",
            "retry",
            status=429,
            body=_no("slow down"),
            headers={"Retry-After": lambda _: "90"},
        ),
        Fault(
            "N05 429, reset in the past",
            "retry",
            status=429,
            body=_no("slow down"),
            headers={"x-rate-limit-reset": _epoch(-timedelta(hours=1))},
        ),
        Fault(
            "N05 429, reset in 2099",
            "retry",
            status=429,
            body=_no("slow down"),
            headers={"x-rate-limit-reset": _FAR},
        ),
        Fault(
            "N05 429, a wait of 10**12 s",
            "retry",
            status=429,
            body=_no("slow down"),
            headers={"Retry-After": lambda _: "1" + "0" * 12},
            outlasts=True,
        ),
    ]
    found += [
        Fault(f"N06 {status}", "locked", status=status, body=_no("no entry"))
        for status in (401, 402, 404, 426)
    ]
    found += [
        Fault(
            "N07 refused as a duplicate",
            "refused",
            status=403,
            body=_no("duplicate content"),
            only=frozenset({"x"}),
        )
    ]
    found += [Fault(f"N07 {status}", "refused", status=status, body=_no("no")) for status in (400, 413, 422)]
    found += [Fault("N10 401 with our secret in it", "locked", status=401, body=_telling)]
    found += [Fault("N02 hangs, not made", hangs=HANG), Fault("N02 hangs, made", hangs=HANG, applied=True)]
    return found


def _made(made: bool) -> str:
    return ", made" if made else ", not made"


FAULTS = _table()
BY_NAME = {fault.name: fault for fault in FAULTS}
LATER = [
    "N04 500, made",
    "N04 409, made",
    "N07 422",
    "N06 401",
    "N05 429",
    "N02 made, cut",
    "N01 nobody listens",
]
"""What a second request under the same key may meet (N08): none of it may be believed."""
EPOCH = datetime(2026, 6, 3, 14, tzinfo=UTC)
