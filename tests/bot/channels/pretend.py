"""A pretend network: all that a new one has to write."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Collection
from datetime import datetime

import httpx
from pydantic import BaseModel

from bot.channels.answer import AnswerError, by_status, checked_id, first_cause, status_line
from bot.channels.network import Network, Recovery, Wiring
from bot.channels.session import only_good
from bot.message import (
    Account,
    ChannelError,
    Frozen,
    Limits,
    Message,
    NotYet,
    Progress,
    Receipt,
    TryLater,
    Uncertain,
)


class Options(BaseModel):
    """No key of its own."""


def _limits(_options: Options) -> Limits:
    return Limits(maximum=100, measure=len, escape=str, templates={"default": "{title}"})


class PretendChannel:
    """One account on the pretend network."""

    def __init__(self, wiring: Wiring[Options]) -> None:
        self._wiring = wiring
        hooks = {"response": [only_good]}
        self._client = httpx.AsyncClient(base_url=wiring.api, timeout=60, event_hooks=hooks)

    @property
    def name(self) -> str:
        return self._wiring.name

    @property
    def limits(self) -> Limits:
        return _limits(self._wiring.options)

    async def check(self) -> Account:
        return Account(id="1", name="pretend")

    async def prepare(self, message: Message, progress: Progress, now: datetime) -> Frozen | NotYet:
        return Frozen(json.dumps({"text": message.text}).encode(), progress.key)

    async def publish(self, frozen: Frozen) -> Receipt:
        outcome = await self._outcome(frozen)
        if isinstance(outcome, ChannelError):
            raise outcome
        return outcome

    async def find(self, frozen: Frozen, since: datetime, known: Collection[str]) -> Receipt | None:
        return None

    async def close(self) -> None:
        await self._client.aclose()

    def _signed(self) -> dict[str, str]:
        return {"X-Key": self._wiring.secrets["KEY"].reveal()}

    async def _outcome(self, frozen: Frozen) -> Receipt | ChannelError:
        try:
            async with asyncio.timeout(self._wiring.deadline.total_seconds()):
                answer = await self._client.post("/posts", content=frozen.body, headers=self._signed())
        except AnswerError as error:
            words = error.fields.get("detail")
            return by_status(error.status, status_line("Pretend", error.status, words, self._wiring.redact))
        except Exception as error:  # noqa: BLE001  whatever is not an answer is an outcome all the same
            not_sent = first_cause(error, httpx.ConnectError)
            return TryLater("nothing was sent") if not_sent else Uncertain("the answer was lost")
        number = checked_id(answer.json().get("id"))
        return Receipt(number, f"{self._wiring.api}/{number}") if number else Uncertain("no id")


NETWORK = Network(
    name="pretend",
    options=Options,
    secrets=("KEY",),
    limits=_limits,
    cost=lambda _options, _linked: 0,
    recovery=Recovery(),
    connect=PretendChannel,
)
