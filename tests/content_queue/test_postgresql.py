"""The store on a real PostgreSQL: what it promises there, and how it fails."""

from __future__ import annotations

import subprocess
import sys
import threading
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext

from content_queue.operations import leases
from content_queue.store import tables as t
from content_queue.store.beside import beside_others, mine
from content_queue.store.database import ServerAddress, Store, StoreError, looked_at
from content_queue.store.locks import BusyError
from content_queue.store.schema import NEWEST, configuration, revision, upgrade
from content_queue.store.tables import metadata
from tests.content_queue.builders import NOW, published
from tests.postgresql import LOCKED, PASSWORD, Postgres, name_of, running

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy.engine import Connection

ROOT = Path(__file__).parents[2]
SOON = timedelta(milliseconds=100)


@pytest.fixture
def address(postgres: Postgres) -> Iterator[ServerAddress]:
    made = postgres.fresh()
    yield made
    postgres.drop(made)


@pytest.fixture
def store(address: ServerAddress) -> Iterator[Store]:
    opened = Store(address)
    yield opened
    opened.close()


@pytest.fixture
def another(address: ServerAddress) -> Iterator[Store]:
    opened = Store(address, patience=SOON)
    yield opened
    opened.close()


@beside_others
def keep(tx: Connection, name: str) -> str:
    tx.execute(sa.insert(t.meta).values(name=name, value=""))
    return name


def names(store: Store) -> list[str]:
    with store.read() as tx:
        return list(tx.execute(sa.select(t.meta.c.name).order_by(t.meta.c.name)).scalars())


def test_two_processes_that_start_at_once_make_the_tables_once(postgres: Postgres) -> None:
    empty = postgres.empty()
    code = (
        "import sys\nfrom content_queue.store.database import ServerAddress, Store\n"
        "from content_queue.store.schema import upgrade\nupgrade(Store(ServerAddress(sys.argv[1])))\n"
    )
    start = [sys.executable, "-c", code, empty.address]
    both = [subprocess.Popen(start, cwd=ROOT, stderr=subprocess.PIPE, text=True) for _ in range(2)]
    assert [process.communicate(timeout=60)[1] for process in both] == ["", ""]
    opened = Store(empty)
    assert upgrade(opened) is None
    opened.close()
    postgres.drop(empty)


def test_the_migrations_come_to_the_same_tables_as_making_them_at_once(postgres: Postgres) -> None:
    empty = postgres.empty()
    opened = Store(empty)
    with opened.write() as tx:
        command.upgrade(configuration(tx), "head")
        assert revision(tx) == NEWEST
        assert compare_metadata(MigrationContext.configure(tx), metadata) == []
        published(tx)
    opened.close()
    postgres.drop(empty)


def test_what_is_told_is_there_for_everybody(store: Store, another: Store) -> None:
    assert store.tell(keep, "a").result(10) == "a"
    assert names(another) == ["a"]


def test_what_fails_is_not_there(store: Store) -> None:
    @beside_others
    def fails(tx: Connection) -> None:
        keep(tx, "a")
        raise RuntimeError("no")

    with pytest.raises(RuntimeError, match="no"):
        store.tell(fails).result(10)
    assert names(store) == []


def test_who_writes_alone_lets_nobody_write_meanwhile(store: Store, another: Store) -> None:
    with store.write(), pytest.raises(BusyError, match="busy"), another.write():
        pass
    with store.write(), pytest.raises(BusyError, match="busy"):
        another.tell(keep, "a").result(10)
    assert names(store) == []


def test_marked_operations_are_written_beside_each_other(store: Store, another: Store) -> None:
    inside, over = threading.Event(), threading.Event()

    @beside_others
    def slow(tx: Connection) -> None:
        keep(tx, "slow")
        inside.set()
        assert over.wait(10)

    waiting = store.tell(slow)
    assert inside.wait(10)
    assert another.tell(keep, "quick").result(10) == "quick"
    with pytest.raises(BusyError), another.write():
        pass
    over.set()
    waiting.result(10)
    assert names(store) == ["quick", "slow"]


def test_a_thing_is_one_transactions_alone(store: Store, another: Store) -> None:
    with store.read() as one, another.read() as other:
        assert mine(one, "channel x")
        assert not mine(other, "channel x")
        assert mine(other, "channel y")
    with another.read() as other:
        assert mine(other, "channel x")


def test_readers_see_one_picture(store: Store, another: Store) -> None:
    with store.read() as tx:
        assert tx.execute(sa.select(sa.func.count()).select_from(t.meta)).scalar() == 0
        another.tell(keep, "a").result(10)
        assert tx.execute(sa.select(sa.func.count()).select_from(t.meta)).scalar() == 0
    assert names(store) == ["a"]


def test_others_hear_that_somebody_has_written_and_who_wrote_does_not(store: Store, another: Store) -> None:
    woken, mine_woken = threading.Event(), threading.Event()
    store.listen(mine_woken.set)
    another.listen(woken.set)
    for one in (woken, mine_woken):  # having begun to listen is news in itself
        assert one.wait(10)
        one.clear()
    before = store.others_wrote().result(10)
    with store.write() as tx:
        keep(tx, "a")
    assert woken.wait(10)
    assert store.others_wrote().result(10) == before
    woken.clear()
    with store.write() as tx:
        names_now = tx.execute(sa.select(t.meta.c.name)).scalars().all()
    assert names_now == ["a"]
    assert not woken.wait(0.3)  # nothing was written


def test_a_session_that_stands_still_in_a_transaction_is_ended_by_the_server(store: Store) -> None:
    with store.read() as tx:
        waits = tx.exec_driver_sql("SHOW idle_in_transaction_session_timeout").scalar()
        durable = tx.exec_driver_sql("SHOW synchronous_commit").scalar()
    assert (waits, durable) == ("10s", "on")


@pytest.mark.postgres
def test_a_server_that_dies_is_one_line_and_the_store_goes_on_when_it_is_back() -> None:
    with running() as mortal:  # its own: other tests have the run's server open
        store = Store(mortal.fresh())
        store.tell(keep, "before").result(10)
        mortal.stop()
        with pytest.raises(StoreError, match="cannot be used"):
            store.tell(keep, "meanwhile").result(30)
        mortal.start()
        assert store.tell(keep, "after").result(30) == "after"
        assert names(store) == ["after", "before"]
        store.close()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"port": 1}, "Connection refused"),
        ({"host": "nowhere.invalid"}, "nowhere.invalid"),
        ({"database": "no_such"}, 'database "no_such" does not exist'),
        ({"username": LOCKED}, "password"),
    ],
    ids=["port", "host", "name", "password"],
)
def test_what_stands_against_opening_it_is_one_line(
    postgres: Postgres, change: dict[str, object], said: str
) -> None:
    url = sa.make_url(postgres.server().address).set(**change)  # type: ignore[arg-type]  # fields by name
    where = ServerAddress(url.render_as_string(hide_password=False))
    with pytest.raises(StoreError) as raised:
        Store(where)
    with pytest.raises(StoreError) as looked, looked_at(where):
        pass
    for line in (str(raised.value), str(looked.value)):
        assert line.startswith(f"the database {where.address} cannot be opened: ")
        assert said in line
        assert "\n" not in line


def test_the_password_comes_beside_the_address_and_is_never_shown(postgres: Postgres) -> None:
    locked = postgres.server().address.replace("postgres@", f"{LOCKED}@", 1)
    opened = Store(ServerAddress(locked, PASSWORD))
    assert (opened.place, opened.several) == (locked, True)
    opened.close()
    with pytest.raises(StoreError) as raised:
        Store(ServerAddress(locked, "another word"))
    assert "another word" not in str(raised.value)


def test_all_that_run_are_named_once_until_they_go_or_their_lease_is_over(store: Store) -> None:
    def running_ones() -> str | None:
        with store.read() as tx:
            return store.running(tx)

    upgrade(store)
    assert running_ones() is None
    with store.write() as tx:
        for worker, place in (("w2", "process 2 on birch"), ("w1", "process 1 on alder")):
            leases.join(tx, worker, place)
            leases.renew(tx, worker, [], candidate=True)
        leases.take(tx, "a token", "w1")
    assert running_ones() == "process 1 on alder, process 2 on birch"
    with store.write() as tx:
        leases.resign(tx, "w1")
    assert running_ones() == "process 2 on birch"
    with store.write() as tx:
        tx.execute(sa.update(t.lease).values(until=NOW))
    assert running_ones() is None


def test_a_server_has_no_file_and_no_lock_of_an_only_worker(store: Store) -> None:
    with pytest.raises(StoreError, match="is a server, not a file"):
        store.path  # noqa: B018  asking is the act
    with pytest.raises(StoreError, match="several workers may share"):
        store.worker_lock  # noqa: B018  the same


def test_a_newer_database_is_refused_and_left_alone(store: Store) -> None:
    with store.write() as tx:
        tx.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(StoreError, match=r"was written by a newer release \(schema 9999, this one knows"):
        upgrade(store)


def test_moments_come_back_in_utc_whatever_the_server_thinks(store: Store, address: ServerAddress) -> None:
    with store.write() as tx:
        tx.exec_driver_sql(f"ALTER DATABASE {name_of(address)} SET timezone = 'America/Toronto'")
    abroad = Store(address)
    with abroad.write() as tx:
        tx.execute(sa.insert(t.channel).values(name="x", wait_until=NOW))
    with abroad.read() as tx:
        kept = tx.execute(sa.select(t.channel.c.wait_until)).scalar_one()
    abroad.close()
    assert (kept, kept.tzinfo) == (NOW, NOW.tzinfo)
