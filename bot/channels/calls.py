"""Calls of a library that blocks: each ends in an answer or in one of the four errors.

Another network's calls, which need no thread, are in ``wire``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from bot.channels.answer import AnswerError, first_cause, reading
from bot.channels.harmless import repeated
from bot.channels.network import Wiring
from bot.channels.session import not_sent
from bot.channels.thread import CallThread, NotStartedError, forget
from bot.message import ChannelError, Frozen, Receipt, TryLater, Uncertain

Result = TypeVar("Result")


class Calls:
    """Makes a channel's calls in its own thread. ``judged`` reads what an answer that is no success means."""

    def __init__(
        self, network: str, wiring: Wiring[Any], judged: Callable[[AnswerError], ChannelError]
    ) -> None:
        self._network, self._wiring, self._judged = network, wiring, judged
        self._thread = CallThread(f"{network.casefold()} {wiring.name}")

    async def create(self, frozen: Frozen, call: Callable[[], Receipt]) -> Receipt:
        """Make the one create request; raises one of the four errors. A late receipt is evidence."""
        outcome = await self._outcome(call, lambda receipt: self._wiring.late_receipt(frozen, receipt))
        if isinstance(outcome, ChannelError):
            raise outcome  # out here, so that it drags along no error that may hold a secret
        return outcome

    async def harmless(self, call: Callable[[], Result]) -> Result:
        """Make a harmless call, repeated while the network is out of order. Raises TryLater or LockedOut."""

        async def once() -> Result:
            outcome = await self._outcome(call, forget)
            if isinstance(outcome, ChannelError):
                raise reading(outcome)
            return outcome

        return await repeated(once, self._wiring.pause, self._wiring.deadline)

    def close(self) -> None:
        """Let the thread go; waits for nothing."""
        self._thread.close()

    async def _outcome(
        self, call: Callable[[], Result], late: Callable[[Result], None]
    ) -> Result | ChannelError:
        """Make a call in the thread; whatever goes wrong comes back as one of the four errors."""
        try:
            return await self._thread.run(call, self._wiring.deadline, late)
        except Exception as error:  # noqa: BLE001  whatever is not an answer is an outcome all the same
            return self._meaning(error)

    def _meaning(self, error: Exception) -> ChannelError:
        network = self._network
        if answer := first_cause(error, AnswerError):
            return self._judged(answer)
        if isinstance(error, NotStartedError):
            return TryLater(f"nothing was sent: an earlier call to {network} still hangs")
        if isinstance(error, TimeoutError):
            return Uncertain(f"{network} gave no answer within {self._wiring.deadline.total_seconds():g} s")
        if not_sent(error):
            return TryLater(f"{network} could not be reached: nothing was sent")
        return Uncertain(f"the answer of {network} was lost ({type(error).__name__})")
