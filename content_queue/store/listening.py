"""Listening to a PostgreSQL server: one connection and one thread that hear when others have written."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy.engine import Engine

CHANNEL = "technopolys"
LOOK_UP = 2.0
"""Seconds between two looks at whether we are to end."""
AGAIN_AFTER = 1.0
"""Seconds before we connect again."""


class Listener:
    """Hears who else has written. After a lost connection it takes for granted that somebody has."""

    def __init__(self, engine: Engine, own: str) -> None:
        """Listen with a connection of ``engine`` of its own; what bears the name ``own`` is ours."""
        self._engine = engine
        self._own = own
        self._over = threading.Event()
        self._thread: threading.Thread | None = None
        self._wake: Callable[[], None] = _nobody
        self.heard = 0

    def begin(self, wake: Callable[[], None]) -> None:
        """Call ``wake`` from now on, from the thread of the listener."""
        self._wake = wake
        if self._thread is None:
            self._thread = threading.Thread(target=self._listen, name="store-listener", daemon=True)
            self._thread.start()

    def end(self) -> None:
        """Listen no more."""
        self._over.set()
        self._wake = _nobody
        if self._thread is not None:
            self._thread.join(2 * LOOK_UP)

    def _listen(self) -> None:
        while not self._over.is_set():
            try:
                self._follow()
            except (sa.exc.DBAPIError, OSError, _database_error()):
                self._over.wait(AGAIN_AFTER)

    def _follow(self) -> None:
        raw = self._engine.raw_connection()
        raw.detach()  # ours alone: the pool makes itself another
        try:
            connection: Any = raw.dbapi_connection
            connection.autocommit = True
            connection.execute(f"LISTEN {CHANNEL}")
            self._note()  # whatever was told before is not told again
            while not self._over.is_set():
                told = [one.payload for one in connection.notifies(timeout=LOOK_UP, stop_after=1)]
                if any(who != self._own for who in told):
                    self._note()
        finally:
            raw.close()

    def _note(self) -> None:
        self.heard += 1
        self._wake()


def _nobody() -> None:
    """Wake nobody."""


def _database_error() -> type[Exception]:
    import psycopg  # loaded where there is a server

    return psycopg.Error
