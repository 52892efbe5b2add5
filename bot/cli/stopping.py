"""Ctrl-C and SIGTERM: they ask for a calm end, however often and at whatever moment they come."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager


class Stop:
    """Asked for by a signal, at any moment of the process: before, in and after the event loop."""

    def __init__(self) -> None:
        self.asked = False
        self._wake: tuple[asyncio.AbstractEventLoop, asyncio.Event] | None = None

    def ask(self, *_signal: object) -> None:
        """Ask for the end; called by the signal's handler."""
        self.asked = True
        if self._wake is not None and not self._wake[0].is_closed():
            self._wake[0].call_soon_threadsafe(self._wake[1].set)

    def event(self) -> asyncio.Event:
        """Return what is set once a stop is asked for; call it in the loop that will wait."""
        made = asyncio.Event()
        self._wake = (asyncio.get_running_loop(), made)
        if self.asked:
            made.set()
        return made


@contextmanager
def stopped_by_signals() -> Iterator[Stop]:
    """Take SIGINT and SIGTERM until the process has ended: a second one must not cut the end short."""
    stop = Stop()
    _on_signals(stop.ask)
    try:
        yield stop
    finally:
        _on_signals(signal.SIG_IGN)  # what Python itself keeps while it shuts down


def _on_signals(act: Callable[..., None] | signal.Handlers) -> None:
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, act)
