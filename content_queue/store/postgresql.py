"""PostgreSQL: several workers share one server.

    marked operations  -- shared lock --  beside each other, on fences, leases and row locks
    everything else    -- the lock alone -- nobody else writes meanwhile, as on SQLite

A session that stands still inside a transaction is ended by the server, so that a stopped worker keeps nobody
waiting. Who has written tells the others (NOTIFY), in the same transaction.
"""

from __future__ import annotations

import json
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from secrets import token_hex
from typing import TYPE_CHECKING, Final

import sqlalchemy as sa

from content_queue.store.errors import StoreError, UnsureError
from content_queue.store.listening import CHANNEL, Listener
from content_queue.store.locks import BUSY, BusyError
from content_queue.store.tables import PARTIAL, lease, post

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import timedelta
    from pathlib import Path

    from sqlalchemy.engine import URL, Connection, Engine

_HOUSE: Final = 0x7EC_1207_0B07  # any number, the same for every worker
_ALONE = sa.text(f"SELECT pg_advisory_xact_lock({_HOUSE})")
_BESIDE = sa.text(f"SELECT pg_advisory_xact_lock_shared({_HOUSE})")
_TELL = sa.text(  # a transaction that has written nothing has no number of its own
    f"SELECT pg_notify('{CHANNEL}', :who) WHERE pg_current_xact_id_if_assigned() IS NOT NULL"
)
_RUNNING = (
    sa.select(lease.c.holder)
    .where(lease.c.holder != "", lease.c.until > sa.func.clock_timestamp())
    .order_by(lease.c.holder)
)
_LOCK_NOT_AVAILABLE = "55P03"
OLDEST = 130000
"""PostgreSQL 13: ``pg_current_xact_id_if_assigned``, as ``server_version_num`` counts."""
SESSION: Final = {
    "application_name": "technopolys",
    "connect_timeout": 10,
    # a server that is gone without a word is noticed within half a minute
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 20_000,
}
_STANDING_STILL = 10_000
"""Milliseconds after which the server ends a session that does nothing inside a transaction."""


@dataclass(frozen=True, slots=True)
class ServerAddress:
    """Where a PostgreSQL database is: an address without its password, and the password."""

    address: str
    password: str | None = None

    def url(self) -> URL:
        """Return the address to connect to; raise :class:`StoreError` when it is none."""
        try:
            url = sa.engine.make_url(self.address)
        except (sa.exc.ArgumentError, ValueError) as error:
            raise StoreError(f"the database {self.address} cannot be opened: {error}") from None
        return url if self.password is None else url.set(password=self.password)

    def __str__(self) -> str:
        return self.address


class PostgreSql:
    """An open PostgreSQL database."""

    several = True
    broken = False

    def __init__(self, server: ServerAddress, patience: timedelta) -> None:
        """Connect; raise :class:`StoreError` with one line if that cannot be."""
        self._server = server
        self.place = server.address
        self._name = token_hex(8)
        waits = f"-c lock_timeout={patience.total_seconds() * 1000:.0f}"
        self._writer = _engine(server, waits, isolation="READ COMMITTED", connections=1)
        self._reader = _engine(server, waits, isolation="REPEATABLE READ", connections=2)
        self._listener = Listener(self._writer, self._name)
        try:
            with self._writer.connect() as connection:
                self._look_at(connection)
        except sa.exc.DBAPIError as error:
            self.close()
            raise StoreError(cannot_open(server, error)) from None

    @property
    def path(self) -> Path:
        """A server has no file; raises :class:`StoreError`."""
        raise StoreError(f"the database {self.place} is a server, not a file")

    @contextmanager
    def write(self, *, beside: bool) -> Iterator[Connection]:
        """Open one write transaction, alone or beside others.

        Raises :class:`UnsureError` when the connection was lost inside the commit.
        """
        with self._one_line(), self._writer.connect() as connection:
            connection.execute(_BESIDE if beside else _ALONE)
            yield connection
            if not beside:
                connection.execute(_TELL, {"who": self._name})
            self._commit(connection)

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """Open one read transaction: one consistent picture."""
        with self._one_line(), self._reader.connect() as connection:
            yield connection

    def others_wrote(self) -> int:
        """Return how often others told that they had written."""
        return self._listener.heard

    def listen(self, wake: Callable[[], None]) -> None:
        """Call ``wake``, from a thread of our own, when others have written or may have."""
        self._listener.begin(wake)

    def running(self, tx: Connection) -> str | None:
        """Return the workers whose lease is not over, or None where there is none."""
        return ", ".join(tx.execute(_RUNNING).scalars()) or None

    def trouble(self) -> str:
        """A server's disk cannot be seen from here: what it refuses is told when it does."""
        return ""

    def still_there(self) -> None:
        """A server that is gone says so by itself: each transaction asks it."""

    def close(self) -> None:
        """Close every connection. Harmless when closed."""
        self._listener.end()
        self._reader.dispose()
        self._writer.dispose()

    def _commit(self, connection: Connection) -> None:
        try:
            connection.commit()
        except sa.exc.DBAPIError as error:
            if error.connection_invalidated:
                message = f"the connection to {self.place} was lost while it wrote: look whether it is done"
                raise UnsureError(message) from error
            raise

    @contextmanager
    def _one_line(self) -> Iterator[None]:
        """Turn what the server refuses into one line for people."""
        try:
            yield
        except (sa.exc.OperationalError, sa.exc.InternalError, sa.exc.InterfaceError) as error:
            if getattr(error.orig, "sqlstate", None) == _LOCK_NOT_AVAILABLE:
                raise BusyError(BUSY) from error
            raise StoreError(f"the database {self.place} cannot be used: {in_one_line(error)}") from error
        except sa.exc.TimeoutError as error:
            raise BusyError(BUSY) from error

    def _look_at(self, connection: Connection) -> None:
        number = int(connection.exec_driver_sql("SHOW server_version_num").scalar_one())
        if number < OLDEST:
            release = number // 10_000
            raise StoreError(f"{self.place} is PostgreSQL {release}, and 13 is the oldest that will do")


@contextmanager
def looked_at(server: ServerAddress) -> Iterator[Connection]:
    """Connect for one look that changes nothing; raise :class:`StoreError` if that cannot be."""
    engine = _engine(
        server, "-c default_transaction_read_only=on", isolation="REPEATABLE READ", connections=1
    )
    try:
        with engine.connect() as connection:
            yield connection
    except sa.exc.DBAPIError as error:
        raise StoreError(cannot_open(server, error)) from None
    finally:
        engine.dispose()


def cannot_open(server: ServerAddress, error: sa.exc.DBAPIError) -> str:
    """Return one line: what stands against it in the server's words, and where to look."""
    return (
        f"the database {server.address} cannot be opened: {in_one_line(error)}; check host, user and name,"
        " and TECHNOPOLYS_DATABASE_PASSWORD"
    )


def in_one_line(error: sa.exc.DBAPIError) -> str:
    """Return what the server or the network said, in one line: its words, or its kind where it has none."""
    lines = [line.strip() for line in str(error.orig).splitlines() if line.strip()]
    said = lines[0].removeprefix("connection failed: ") if lines else type(error.orig).__name__
    return said.removesuffix(".")


def _make_partial() -> None:
    """Say of the indexes of :data:`tables.PARTIAL` where they hold; saying it again changes nothing."""
    for index in post.indexes:
        if index.name in PARTIAL:
            index.dialect_options["postgresql"]["where"] = PARTIAL[str(index.name)]


def _engine(server: ServerAddress, options: str, *, isolation: str, connections: int) -> Engine:
    _make_partial()
    url = server.url()
    settings = f"{options} -c idle_in_transaction_session_timeout={_STANDING_STILL} -c synchronous_commit=on"
    given = {**SESSION, "options": settings}
    return sa.create_engine(
        url,
        isolation_level=isolation,
        connect_args={name: value for name, value in given.items() if name not in url.query},
        pool_size=connections,
        max_overflow=2,
        pool_timeout=30,
        json_serializer=partial(json.dumps, ensure_ascii=False),  # so that a topic's accents can be searched
    )
