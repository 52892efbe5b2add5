"""Writes that wait together are committed together, and none is touched by another's trouble."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from content_queue.store import tables as t
from content_queue.store.database import Store
from content_queue.store.schema import upgrade
from content_queue.store.writing import TOGETHER, Call, Writing


@pytest.fixture(name="store")
def opened(tmp_path: Path) -> Iterator[Store]:
    store = Store(tmp_path / "technopolys.db")
    upgrade(store)
    yield store
    store.close()


class Counted:
    """A store's transactions, counted."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.commits = 0

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        with self._store.write() as connection:
            yield connection
        self.commits += 1


def put(name: str) -> Callable[[Connection], str]:
    def operation(tx: Connection) -> str:
        tx.execute(sa.insert(t.meta).values(name=name, value=""))
        return name

    return operation


def names(store: Store) -> list[str]:
    with store.read() as tx:
        return [row.name for row in tx.execute(sa.select(t.meta.c.name).order_by(t.meta.c.name))]


def test_what_waits_at_once_is_committed_once(store: Store) -> None:
    counted = Counted(store)
    writing = Writing(counted.transaction)
    results = [writing.add(Call(put(name))) for name in "abc"]
    writing.commit()
    assert [result.result(0) for result in results] == ["a", "b", "c"]
    assert (counted.commits, names(store)) == (1, ["a", "b", "c"])


def test_nobody_has_a_result_before_the_commit(store: Store) -> None:
    done_inside: list[bool] = []

    @contextmanager
    def transaction() -> Iterator[Connection]:
        with store.write() as connection:
            yield connection
            done_inside.extend(result.done() for result in results)

    writing = Writing(transaction)
    results = [writing.add(Call(put(name))) for name in "ab"]
    writing.commit()
    assert done_inside == [False, False]


def test_one_that_fails_takes_no_other_along(store: Store) -> None:
    writing = Writing(store.write)
    first, twin, last = (writing.add(Call(put(name))) for name in "aab")
    writing.commit()
    assert (first.result(0), last.result(0)) == ("a", "b")
    assert isinstance(twin.exception(0), sa.exc.IntegrityError)
    assert names(store) == ["a", "b"]


def test_a_commit_that_fails_leaves_each_to_itself(store: Store) -> None:
    counted = Counted(store)
    full = iter([True])

    @contextmanager
    def transaction() -> Iterator[Connection]:
        with counted.transaction() as connection:
            yield connection
            if next(full, False):
                raise OSError("the disk is full")

    writing = Writing(transaction)
    results = [writing.add(Call(put(name))) for name in "ab"]
    writing.commit()
    assert [result.result(0) for result in results] == ["a", "b"]
    assert (counted.commits, names(store)) == (2, ["a", "b"])


def test_one_that_nobody_waits_for_is_not_made(store: Store) -> None:
    writing = Writing(store.write)
    given_up, kept = writing.add(Call(put("a"))), writing.add(Call(put("b")))
    given_up.cancel()
    writing.commit()
    assert kept.result(0) == "b"
    assert names(store) == ["b"]


def test_a_commit_with_nothing_to_do_opens_nothing(store: Store) -> None:
    counted = Counted(store)
    Writing(counted.transaction).commit()
    assert counted.commits == 0


def test_a_crowd_is_committed_in_turns(store: Store) -> None:
    counted = Counted(store)
    writing = Writing(counted.transaction)
    results = [writing.add(Call(put(f"{number:03}"))) for number in range(TOGETHER + 1)]
    writing.commit()
    assert [result.done() for result in results] == [True] * TOGETHER + [False]
    writing.commit()
    assert (results[-1].result(0), counted.commits) == (f"{TOGETHER:03}", 2)


def test_the_store_answers_every_one_of_a_crowd(store: Store) -> None:
    results = [store.tell(put(f"{number:03}")) for number in range(3 * TOGETHER)]
    assert [result.result(10) for result in results] == names(store)
