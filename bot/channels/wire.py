"""A network's HTTP API that we speak ourselves: every call ends in an answer or in one of the four errors."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from typing import Any, Protocol, TypeVar

from bot.channels.answer import AnswerError, json_object, reading
from bot.channels.harmless import repeated
from bot.channels.network import Wiring
from bot.http_client.api import ApiClient, Call, Lost, NotSent
from bot.message import ChannelError, Frozen, Receipt, TryLater, Uncertain

Result = TypeVar("Result")

_PATIENCE = 4
"""So many deadlines a create may go on in the background: a receipt that comes late is still evidence."""


@dataclass(frozen=True, slots=True)
class Good:
    """A success: its headers in lower case, its fields, empty where it is no JSON object, and its bytes."""

    status: int
    headers: Mapping[str, str]
    fields: Mapping[str, Any]
    body: bytes = field(default=b"", repr=False)


def json_body(fields: object) -> bytes:
    """Return canonical JSON: the same bytes for the same fields."""
    return json.dumps(fields, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


class Ration(Protocol):
    """Keeps calls back where a network tells with each answer how much of its limits is used up."""

    def check(self) -> None:
        """Raise TryLater while no call is to be made."""

    def note(self, headers: Mapping[str, str]) -> None:
        """Read the headers of an answer, good or not."""


class Unrationed:
    """Lets every call pass."""

    def check(self) -> None:
        """Let it pass."""

    def note(self, _headers: Mapping[str, str]) -> None:
        """Read nothing."""


class Wire:
    """Makes a channel's calls. ``judged`` reads what an answer that is no success means on the network."""

    def __init__(
        self,
        network: str,
        wiring: Wiring[Any],
        judged: Callable[[AnswerError], ChannelError],
        ration: Ration | None = None,
    ) -> None:
        self._network = network
        self._wiring = wiring
        self._judged = judged
        self._ration: Ration = ration or Unrationed()
        self._client = ApiClient()
        self._sending: set[asyncio.Task[Receipt | ChannelError]] = set()

    async def read(self, call: Call) -> Good:
        """Make a harmless call, repeated while the network is out of order. Raises TryLater or LockedOut."""
        return await repeated(partial(self.once, call), self._wiring.pause, self._wiring.deadline)

    async def once(self, call: Call) -> Good:
        """Make a call that puts nothing out, once. Raises one of the four errors but Uncertain."""
        self._ration.check()
        outcome = await self._outcome(_within(self._good(call), self._wiring.deadline))
        if isinstance(outcome, ChannelError):
            raise reading(outcome)
        return outcome

    async def create(self, call: Call, frozen: Frozen, receipt: Callable[[Good], Receipt | None]) -> Receipt:
        """Make the one create request; raises one of the four errors.

        ``receipt`` reads the answer, None where it holds no receipt. At the deadline the request goes on by
        itself, and a late receipt is handed over.
        """
        self._ration.check()
        waiting = self._wiring.deadline * _PATIENCE
        sending = asyncio.create_task(self._outcome(_within(self._created(call, receipt), waiting)))
        self._sending.add(sending)
        sending.add_done_callback(self._sending.discard)
        try:
            await asyncio.wait({sending}, timeout=self._wiring.deadline.total_seconds())
        finally:
            if not sending.done():
                sending.add_done_callback(lambda task: self._hand_over(frozen, task))
        outcome = sending.result() if sending.done() else self._overdue()
        if isinstance(outcome, ChannelError):
            raise outcome  # out here, so that it drags along no error that may hold a secret
        return outcome

    async def close(self) -> None:
        """Let connections go, those of a request still under way too."""
        for sending in self._sending:
            sending.cancel()
        await self._client.close()

    async def _good(self, call: Call) -> Good:
        answer = await self._client.send(call)
        self._ration.note(answer.headers)
        if not 200 <= answer.status < 300:  # noqa: PLR2004  a success
            raise AnswerError(answer.status, answer.headers, answer.body)
        return Good(answer.status, answer.headers, json_object(answer.body), answer.body)

    async def _created(self, call: Call, receipt: Callable[[Good], Receipt | None]) -> Receipt:
        good = await self._good(call)
        found = receipt(good)
        if found is None:
            raise AnswerError(good.status, good.headers, b"")
        return found

    async def _outcome(self, call: Coroutine[Any, Any, Result]) -> Result | ChannelError:
        """Await a call; whatever goes wrong comes back as one of the four errors."""
        try:
            return await call
        except TimeoutError:
            return self._overdue()
        except AnswerError as error:
            return self._judged(error)
        except NotSent:
            return TryLater(f"{self._network} could not be reached: nothing was sent")
        except Lost as error:
            return Uncertain(f"the answer of {self._network} was lost ({error})")

    def _overdue(self) -> Uncertain:
        seconds = self._wiring.deadline.total_seconds()
        return Uncertain(f"{self._network} gave no answer within {seconds:g} s")

    def _hand_over(self, frozen: Frozen, sending: asyncio.Task[Receipt | ChannelError]) -> None:
        outcome = None if sending.cancelled() else sending.result()
        if isinstance(outcome, Receipt):
            self._wiring.late_receipt(frozen, outcome)


async def _within(call: Coroutine[Any, Any, Result], limit: timedelta) -> Result:
    """Await a call, but no longer than ``limit``."""
    async with asyncio.timeout(limit.total_seconds()):
        return await call
