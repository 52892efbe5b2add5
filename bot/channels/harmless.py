"""Repeating what the public does not see: sign-ins and reads. Never a create request."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import TypeVar

from bot.message import TryLater

Result = TypeVar("Result")

_TRIES = 3


async def repeated(ask: Callable[[], Awaitable[Result]], pause: timedelta, deadline: timedelta) -> Result:
    """Ask up to three times within ``deadline``, while the network is merely out of order.

    Waits ``pause`` first, then twice as long. Where the network named a time (429), nobody asks sooner:
    that :class:`TryLater` is raised at once, as is every other error.
    """
    import tenacity as t

    retrying = t.AsyncRetrying(
        retry=t.retry_if_exception(lambda e: isinstance(e, TryLater) and e.after is None),
        wait=t.wait_exponential(pause.total_seconds()),
        stop=t.stop_after_attempt(_TRIES) | t.stop_before_delay(deadline),
        reraise=True,
    )
    return await retrying(ask)
