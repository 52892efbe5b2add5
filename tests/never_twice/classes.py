"""The classes of networks: the bot's own channels where it has them, and two of ours that know our key."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import aiohttp

from bot.channels.answer import by_status, checked_id, json_object
from bot.channels.network import Wiring
from bot.channels.registry import NETWORKS
from bot.compose.render import Style
from bot.message import (
    Account,
    Channel,
    Frozen,
    Limits,
    Message,
    NotYet,
    Progress,
    Receipt,
    TryLater,
    Uncertain,
)
from bot.secret import Secret
from content_queue.operations.looks import LookRules
from tests.bot.runtime.pretend import LIMITS

CANARY = "canary-of-this-round"
SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)
LateReceipt = Callable[[Frozen, Receipt], None]
Connect = Callable[[Wiring[Any]], Channel]


@dataclass(frozen=True, slots=True)
class Kind:
    """A class of networks, and what it makes knowable."""

    flavour: str
    connect: Connect
    looks: LookRules
    look_after: timedelta
    limits: Limits
    readable: bool = False
    keyed: bool = False
    options: Any = None
    ours: bool = False


class Keyed:
    """A network that maps our key to one post, over plain HTTP."""

    def __init__(self, wiring: Wiring[Any]) -> None:
        self._wiring = wiring
        self._flavour = str(wiring.options)

    @property
    def name(self) -> str:
        return self._wiring.name

    @property
    def limits(self) -> Limits:
        return LIMITS

    async def check(self) -> Account:
        return Account("1", "someone")

    async def prepare(self, message: Message, progress: Progress, now: datetime) -> Frozen | NotYet:
        await progress.save({"asset": "a7"})
        return Frozen(json.dumps({"text": message.text}).encode(), progress.key)

    async def publish(self, frozen: Frozen) -> Receipt:
        headers = {"Idempotency-Key": frozen.key, "Authorization": CANARY}
        try:
            async with (
                self._session() as session,
                session.post(
                    f"{self._wiring.api}/{self._flavour}",
                    data=frozen.body,
                    headers=headers,
                    allow_redirects=False,
                ) as answer,
            ):
                return _receipt(answer.status, await answer.content.read(1_000_000))
        except aiohttp.ClientConnectorError:
            raise TryLater("nobody listens") from None
        except (aiohttp.ClientError, TimeoutError) as error:
            raise Uncertain(type(error).__name__) from None

    async def find(self, frozen: Frozen, since: datetime, known: Collection[str]) -> Receipt | None:
        async with self._session() as session, session.get(f"{self._wiring.api}/{self._flavour}") as answer:
            posts = (await answer.json())["data"]
        mine = [post["id"] for post in posts if post["key"] == frozen.key and post["id"] not in known]
        return Receipt(mine[0]) if mine else None

    async def close(self) -> None:
        """Nothing is kept open."""

    def _session(self) -> aiohttp.ClientSession:
        limit = aiohttp.ClientTimeout(total=self._wiring.deadline.total_seconds())
        return aiohttp.ClientSession(timeout=limit)


def _receipt(status: int, body: bytes) -> Receipt:
    number = checked_id(json_object(body).get("id"))
    if not 200 <= status < 300:
        raise by_status(status, f"it answered {status}")
    if not number:
        raise Uncertain("no id")
    return Receipt(number)


def _real(name: str, options: dict[str, object], **more: Any) -> Kind:  # noqa: ANN401  Kind's own fields
    network = NETWORKS[name]
    recovery = network.recovery
    looks = LookRules(recovery.looks, recovery.between, recovery.resend, recovery.resend_within)
    made = network.options.model_validate(options)
    limits = network.limits(made)
    return Kind(name, network.connect, looks, recovery.look_after, limits, options=made, **more)


def _keyed(name: str, look_after: timedelta, within: timedelta | None) -> Kind:
    looks = LookRules(1, look_after, resend=True, resend_within=within)
    return Kind(name, Keyed, looks, look_after, LIMITS, readable=True, keyed=True, options=name, ours=True)


KINDS = {
    "x": _real("x", {}, readable=True),
    "telegram": _real("telegram", {"chat": "@somewhere"}),
    "mastodon": _real("mastodon", {}, readable=True, keyed=True),
    "keyed": _keyed("keyed", SECOND, None),
    "hourly": _keyed("hourly", MINUTE, 30 * MINUTE),
}


def style(kind: Kind, name: str) -> Style:
    """Say a title on a channel of this class, and nothing else."""
    return Style(name, kind.flavour, ("fr",), kind.limits, {"default": "{title}"})


def wiring(
    kind: Kind, name: str, url: str, now: Callable[[], datetime], deadline: timedelta, late: LateReceipt
) -> Wiring[Any]:
    """Wire a channel of this class to a server."""
    names = ("API_KEY", "API_SECRET", "ACCESS_TOKEN", "ACCESS_TOKEN_SECRET", "TOKEN")
    values = {name: Secret(f"42-{CANARY}", "test") for name in names}
    values["TOKEN"] = Secret(f"7:{CANARY}-{'a' * 30}", "test")
    return Wiring(name, kind.options, values, url, now, deadline, late, timedelta(milliseconds=1))
