"""The contract that every network keeps, and the cases that try it."""

from __future__ import annotations

import gzip
import json
import traceback
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from importlib import import_module
from typing import Any

from bot.channels.network import InMemory, Network, Wiring, forget_late, no_picture
from bot.message import (
    Channel,
    ChannelError,
    Frozen,
    Image,
    LockedOut,
    Message,
    Progress,
    Receipt,
    Refused,
    TryLater,
    Uncertain,
)
from bot.secret import Secret
from tests.bot.channels import server as s

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
PNG = b"\x89PNG\r\n\x1a\n" + bytes(64)
"""What passes for a picture where nobody decodes it."""
CANARY = "canary"
PATIENT = timedelta(seconds=10)
SHORT = timedelta(seconds=0.3)


@dataclass(frozen=True, slots=True)
class StandIn:
    """What the suite must know of a network.

    ``good`` writes the body of a good answer to a create request, given the new post's id, and ``receipt``
    is the id that the channel makes of the number 7. ``kept`` is what it kept from an earlier start, so that
    it need not sign in first ("{api}" stands for the server). ``headers`` are those of a good answer, for a
    network whose id stands there. ``differs`` names the cases where the network's
    own rule is another than the common one. ``names_posts`` says that a good answer names the new post; where
    it does not, any success is one.
    """

    options: Mapping[str, object]
    good: Callable[[object], object]
    url: str
    secrets: Mapping[str, str] = field(default_factory=dict)
    differs: Mapping[str, type[ChannelError]] = field(default_factory=dict)
    kept: Mapping[str, str] = field(default_factory=dict)
    receipt: str = "7"
    headers: Callable[[object], Mapping[str, str]] = lambda _number: {}
    names_posts: bool = True

    def body(self, number: object) -> bytes:
        """Return a good answer's bytes."""
        return json.dumps(self.good(number)).encode()


@dataclass(frozen=True, slots=True)
class Case:
    """One way in which a server behaves, and what the channel must make of it."""

    name: str
    behaviour: Callable[[StandIn], s.Behaviour]
    error: type[ChannelError]
    deadline: timedelta = PATIENT
    nameless: bool = False
    """The answer is a success that names no post."""

    def outcome(self, known: StandIn) -> type[ChannelError | Receipt]:
        """Return what a channel on the network makes of it."""
        if self.nameless and not known.names_posts:
            return Receipt
        return known.differs.get(self.name, self.error)


def stand_in(network: str) -> StandIn:
    """Return a network's stand-in, from the file beside this one that has its name."""
    found: StandIn = import_module(f"tests.bot.channels.standins.{network}").STAND_IN
    return found


def channel_on(
    network: Network[Any],
    known: StandIn,
    api: str,
    *,
    deadline: timedelta = PATIENT,
    late: Callable[[Frozen, Receipt], None] = forget_late,
    picture: Callable[[str], Awaitable[Image | None]] = no_picture,
) -> Channel:
    """Connect a channel to a server of ours, with secrets that betray themselves."""
    secrets = {name: Secret(known.secrets.get(name, f"{CANARY}-{name}")) for name in network.secrets}
    return network.connect(
        Wiring(
            name="channel",
            options=network.options.model_validate(known.options),
            secrets=secrets,
            api=api,
            clock_now=lambda: NOW,
            deadline=deadline,
            late_receipt=late,
            pause=timedelta(0),
            picture=picture,
            kept=InMemory({name: value.format(api=api) for name, value in known.kept.items()}),
        )
    )


def message(network: str, text: str = "Les vagues, 30 % plus hautes", link: str = "") -> Message:
    """Return a message as approval stored it."""
    return Message(
        channel="channel",
        network=network,
        language="fr",
        text=text,
        digest="",
        style="",
        length=1,
        limit=2,
        link=link,
    )


async def frozen_post(channel: Channel, network: str) -> Frozen:
    """Prepare a post."""
    frozen = await channel.prepare(message(network), Progress(key="k1"), NOW)
    assert isinstance(frozen, Frozen)
    return frozen


async def outcome_of(channel: Channel, network: str) -> Receipt | ChannelError:
    """Publish a post; an error that is none of the four passes through and fails the test."""
    try:
        return await channel.publish(await frozen_post(channel, network))
    except ChannelError as error:
        return error
    finally:
        await channel.close()


def told_by(error: ChannelError) -> str:
    """Return all that an error could ever print."""
    parts = [error.reason, str(error), repr(error), repr(error.__cause__), repr(error.__context__)]
    return "\n".join([*parts, *traceback.format_exception(error)])


def status(code: int, error: type[ChannelError]) -> Case:
    """An answer of which the status says all."""
    return Case(f"status {code}", lambda _: s.answering_json(code, {}), error)


def redirect(code: int) -> Case:
    """An answer that points elsewhere: the request may have been taken in, and nobody follows."""
    return Case(f"redirect {code}", lambda _: s.answering(code, b"", {"Location": "/elsewhere"}), Uncertain)


def numbered(name: str, number: object) -> Case:
    """A success whose id is none."""
    return Case(
        name,
        lambda known: s.answering(200, known.body(number), known.headers(number)),
        Uncertain,
        nameless=True,
    )


def success(name: str, body: Callable[[StandIn], bytes], headers: Mapping[str, str] | None = None) -> Case:
    """A success without a usable id."""
    return Case(name, lambda known: s.answering(200, body(known), headers), Uncertain, nameless=True)


CASES = (
    *(redirect(code) for code in (301, 302, 303, 307, 308)),
    status(400, Refused),
    status(401, LockedOut),
    status(402, LockedOut),
    status(403, Refused),
    status(404, LockedOut),
    status(408, Uncertain),
    status(409, Uncertain),
    status(413, Refused),
    status(422, Refused),
    status(425, Uncertain),
    status(426, LockedOut),
    status(429, TryLater),
    *(status(code, Uncertain) for code in (500, 501, 502, 503, 504, 599)),
    Case("an error in HTML", lambda _: s.answering(503, b"<html>busy</html>"), Uncertain),
    Case("an error that is a list", lambda _: s.answering_json(429, ["slow"]), TryLater),
    Case(
        "an error with strange fields",
        lambda _: s.answering_json(400, {"errors": None, "parameters": 7}),
        Refused,
    ),
    Case("an error that echoes", lambda _: s.echoing(400), Refused),
    Case("a huge error", lambda _: s.answering(429, b"9" * 2_000_000), TryLater),
    Case("no answer", lambda _: s.cutting_before_the_answer, Uncertain),
    Case("a reset", lambda _: s.resetting, Uncertain),
    Case("half a head", lambda _: s.cutting_in_the_head, Uncertain),
    Case("half a body", lambda known: s.cutting_in_the_body(known.body(7)), Uncertain),
    Case("a hang", lambda _: s.hanging, Uncertain, SHORT),
    success("HTML", lambda _: b"<html>welcome</html>"),
    success("no body", lambda _: b""),
    success("an empty object", lambda _: b"{}"),
    success("a list", lambda _: b"[1]"),
    success("null", lambda _: b"null"),
    numbered("no id", None),
    numbered("an id that is a flag", True),
    numbered("an id beyond 63 bits", 2**70),
    numbered("an id that is a path", "../"),
    numbered("an id that is words", "7?x=1"),
    numbered("an id of nought", 0),
    success("a deep body", lambda _: b"[" * 100_000),
    success("a huge body", lambda known: known.body(7) + b" " * 2_000_000),
    success(
        "a bomb",
        lambda known: gzip.compress(known.body(7) + b" " * 50_000_000),
        {"Content-Encoding": "gzip"},
    ),
)
