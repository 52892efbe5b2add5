"""The store on a real file: durable, one writer at a time over all processes, readers never wait."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
import threading
from datetime import UTC, timedelta, timezone
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa

from content_queue.store import tables as t
from content_queue.store.database import SAFE_SQLITE, Store, StoreError, best_sqlite
from content_queue.store.locks import BusyError, Turn, WorkerLock, WorkerRunningError
from content_queue.store.schema import upgrade
from tests.content_queue.builders import NOW

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sqlalchemy.engine import Connection

ROOT = Path(__file__).parents[2]
SOON = timedelta(milliseconds=50)


def keep(tx: Connection, name: str, value: str = "") -> None:
    tx.execute(sa.insert(t.meta).values(name=name, value=value))


def names(tx: Connection) -> list[str]:
    return [row.name for row in tx.execute(sa.select(t.meta.c.name).order_by(t.meta.c.name))]


def other_process(path: Path, code: str) -> subprocess.Popen[str]:
    """Another process of ours on the same database."""
    preamble = (
        "import sys, os, signal\nfrom pathlib import Path\nimport sqlalchemy as sa\n"
        "from content_queue.store import tables as t\nfrom content_queue.store.database import Store\n"
        f"store = Store(Path({str(path)!r}))\n"
    )
    return subprocess.Popen(
        [sys.executable, "-c", preamble + code],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    )


def hear(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def finish(process: subprocess.Popen[str]) -> None:
    process.communicate("go on\n", timeout=30)


@pytest.fixture
def holding(store: Store) -> Iterator[subprocess.Popen[str]]:
    """Another process in the middle of a write transaction."""
    code = (
        "with store.write() as tx:\n"
        "    tx.execute(sa.insert(t.meta).values(name='theirs', value=''))\n"
        "    print('ready', flush=True)\n"
        "    sys.stdin.readline()\n"
        "store.close()\n"
    )
    process = other_process(store.path, code)
    assert hear(process) == "ready"
    yield process
    if process.poll() is None:
        finish(process)
    for pipe in (process.stdin, process.stdout):
        assert pipe is not None
        pipe.close()


@pytest.fixture
def impatient(store: Store) -> Iterator[Store]:
    opened = Store(store.path, patience=SOON)
    yield opened
    opened.close()


# Durability


def test_the_pragmas_are_really_set(store: Store) -> None:
    for opened in (store.read, store.write):
        with opened() as tx:
            asked = ("journal_mode", "synchronous", "foreign_keys")
            assert [tx.exec_driver_sql(f"PRAGMA {name}").scalar() for name in asked] == ["wal", 2, 1]


def test_a_commit_outlives_a_kill(store: Store) -> None:
    code = (
        "with store.write() as tx:\n"
        "    tx.execute(sa.insert(t.meta).values(name='kept', value=''))\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    process = other_process(store.path, code)
    process.communicate(timeout=30)
    assert process.returncode == -signal.SIGKILL
    with store.read() as tx:
        assert names(tx) == ["kept"]


def test_a_kill_inside_a_transaction_leaves_nothing_of_it_and_lets_go_of_the_turn(
    store: Store, holding: subprocess.Popen[str]
) -> None:
    holding.kill()
    holding.wait()
    with store.write() as tx:
        keep(tx, "ours")
        assert names(tx) == ["ours"]


def test_a_transaction_that_fails_leaves_nothing(store: Store) -> None:
    def add_and_fail() -> None:
        with store.write() as tx:
            keep(tx, "half")
            raise LookupError

    with pytest.raises(LookupError):
        add_and_fail()
    with store.read() as tx:
        assert names(tx) == []


def test_foreign_keys_are_kept(store: Store) -> None:
    with pytest.raises(sa.exc.IntegrityError), store.write() as tx:
        tx.execute(sa.insert(t.attempt).values(post=999, at=NOW))


def test_closing_leaves_one_whole_file(store: Store) -> None:
    with store.write() as tx:
        keep(tx, "kept")
    store.close()
    assert not store.path.with_name("queue.db-wal").exists()
    again = Store(store.path)
    with again.read() as tx:
        assert names(tx) == ["kept"]
    again.close()


def test_closing_twice_is_harmless(tmp_path: Path) -> None:
    opened = Store(tmp_path / "other.db")
    opened.close()
    with (tmp_path / "stranger").open("w") as stranger:  # it may get the closed lock file's number
        opened.close()
        assert stranger.write("still open")


def test_the_best_sqlite_within_reach_is_used(store: Store) -> None:
    assert store.sqlite is best_sqlite()
    with store.read() as tx:
        version = str(tx.exec_driver_sql("SELECT sqlite_version()").scalar())
    assert tuple(map(int, version.split("."))) >= SAFE_SQLITE or "pysqlite3" not in sys.modules


# One writer, many readers


def test_another_processes_write_transaction_keeps_ours_waiting(
    impatient: Store, holding: subprocess.Popen[str]
) -> None:
    with pytest.raises(BusyError, match="busy with another process"), impatient.write():
        pass
    with pytest.raises(StoreError, match="cannot be opened: the database is busy with another process"):
        Store(impatient.path, patience=SOON)
    finish(holding)
    with impatient.write() as tx:
        assert names(tx) == ["theirs"]


def test_a_reader_never_waits_and_sees_what_was_committed(
    store: Store, holding: subprocess.Popen[str]
) -> None:
    with store.read() as tx:
        assert names(tx) == []
        finish(holding)
        assert names(tx) == []  # one consistent picture
    with store.read() as tx:
        assert names(tx) == ["theirs"]


def test_threads_of_one_process_take_turns_too(tmp_path: Path) -> None:
    turn, second = Turn(tmp_path / "turn", timedelta(seconds=20)), threading.Event()
    order = []

    def later() -> None:
        with turn.taken():
            order.append("second")
        second.set()

    with turn.taken():
        thread = threading.Thread(target=later)
        thread.start()
        assert not second.wait(0.05)
        order.append("first")
    thread.join()
    turn.close()
    assert order == ["first", "second"]


def test_a_turn_that_never_comes_is_said_in_one_line(tmp_path: Path) -> None:
    one, other = Turn(tmp_path / "turn", SOON), Turn(tmp_path / "turn", SOON)
    with one.taken(), pytest.raises(BusyError, match="the database is busy"), other.taken():
        pass
    with other.taken():
        assert not other.closed
    one.close()
    other.close()


def test_only_others_writes_change_the_number(store: Store) -> None:
    before = store.others_wrote().result()
    store.tell(keep, "ours").result()
    assert store.others_wrote().result() == before
    other = Store(store.path)
    other.tell(keep, "theirs").result()
    assert store.others_wrote().result() != before
    other.close()


def test_operations_run_on_the_stores_own_threads(store: Store) -> None:
    def where(tx: Connection) -> str:
        return threading.current_thread().name

    assert store.tell(where).result().startswith("store-writer")
    assert store.ask(where).result().startswith("store-reader")


def test_two_readers_read_at_once_while_one_writes(store: Store) -> None:
    meet = threading.Barrier(3, timeout=20)

    def wait(tx: Connection) -> int:
        names(tx)
        return meet.wait()

    futures = [store.ask(wait), store.ask(wait), store.tell(wait)]
    assert sorted(future.result() for future in futures) == [0, 1, 2]


# The worker's lock


def test_the_workers_lock_names_its_holder(tmp_path: Path) -> None:
    mine, other = WorkerLock(tmp_path / "w"), WorkerLock(tmp_path / "w")
    assert (mine.taken(), mine.holder()) == (False, "")
    mine.take("pid 12 on newton since 14:00")
    assert other.taken()
    with pytest.raises(WorkerRunningError, match="another worker runs on this database: pid 12 on newton"):
        other.take("pid 13")
    mine.release()
    other.take("pid 13")
    assert other.holder() == "pid 13"
    other.release()
    other.release()


def test_a_killed_worker_lets_go_of_its_lock(store: Store) -> None:
    code = "store.worker_lock.take('gone')\nprint('ready', flush=True)\nsys.stdin.read()"
    process = other_process(store.path, code)
    assert hear(process) == "ready"
    with pytest.raises(WorkerRunningError, match="gone"):
        store.worker_lock.take("me")
    process.kill()
    process.communicate()
    store.worker_lock.take("me")
    assert store.worker_lock.holder() == "me"
    store.worker_lock.release()


def test_lock_files_are_the_owners_alone_and_follow_no_link(tmp_path: Path) -> None:
    lock = WorkerLock(tmp_path / "w")
    lock.take("me")
    assert stat.S_IMODE((tmp_path / "w").stat().st_mode) == 0o600
    lock.release()
    (tmp_path / "link").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(OSError, match="symbolic link"):
        WorkerLock(tmp_path / "link").take("me")


# What cannot be opened


def missing_folder(folder: Path) -> Path:
    return folder / "missing" / "queue.db"


def a_folder(folder: Path) -> Path:
    (folder / "queue.db").mkdir()
    return folder / "queue.db"


def no_database(folder: Path) -> Path:
    (folder / "queue.db").write_text("this is a letter to my aunt, and it is long enough\n" * 50)
    return folder / "queue.db"


def unwritable(folder: Path) -> Path:
    if os.geteuid() == 0:
        return Path("/proc/queue.db")  # root may write everywhere else
    folder.chmod(0o500)
    return folder / "queue.db"


@pytest.mark.parametrize("make", [missing_folder, a_folder, no_database, unwritable])
def test_what_cannot_be_opened_is_said_in_one_line(tmp_path: Path, make: Callable[[Path], Path]) -> None:
    path = make(tmp_path)
    with pytest.raises(StoreError) as raised:
        Store(path)
    line = str(raised.value)
    assert line.startswith(f"the database {path} cannot be opened: ")
    assert "\n" not in line


# What is kept


def test_moments_are_kept_in_utc_and_naive_ones_are_refused(store: Store) -> None:
    eastern = NOW.astimezone(timezone(timedelta(hours=-4)))
    with store.write() as tx:
        tx.execute(sa.insert(t.channel).values(name="x", wait_until=eastern))
        kept = tx.execute(sa.select(t.channel.c.wait_until)).scalar_one()
        assert kept is not None
        assert (kept, kept.tzinfo) == (NOW, UTC)
        with pytest.raises(sa.exc.StatementError, match="a naive time reached the store"):
            tx.execute(sa.update(t.channel).values(wait_until=NOW.replace(tzinfo=None)))


def test_an_upgraded_database_is_upgraded_once(store: Store) -> None:
    assert upgrade(store) is None
