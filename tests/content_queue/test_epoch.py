"""The epoch beside the database: it tells our own database from an older one."""

from pathlib import Path

import pytest
from sqlalchemy.engine import Connection

from content_queue.operations import epochs, restored
from content_queue.store.database import Store, StoreError
from content_queue.store.epoch import EpochFile
from tests.content_queue import builders as b


def begin(tx: Connection, filed: str, fresh: str) -> bool:
    return bool(epochs.begin(tx, b.NOW, filed, fresh, ["x-fr"]))


def test_a_new_database_is_not_old(tx: Connection) -> None:
    assert not begin(tx, "", "one")
    assert epochs.born(tx) == b.NOW


def test_a_start_after_a_start_is_not_old(tx: Connection) -> None:
    begin(tx, "", "one")
    assert not begin(tx, "one", "two")
    assert not begin(tx, "two", "three")


def test_a_crash_between_the_database_and_the_file_is_not_old(tx: Connection) -> None:
    begin(tx, "", "one")
    begin(tx, "one", "two")
    assert not begin(tx, "one", "three")


@pytest.mark.parametrize("filed", ["three", ""])
def test_a_database_that_the_file_does_not_know_is_old(tx: Connection, filed: str) -> None:
    begin(tx, "", "one")
    begin(tx, "one", "two")
    assert begin(tx, filed, "four")
    assert restored.awaiting(tx, b.NOW) == {"x-fr"}


def test_a_database_without_an_epoch_beside_a_file_that_has_one_is_old(tx: Connection) -> None:
    assert begin(tx, "one", "two")


def test_the_file_keeps_its_word_for_its_owner_alone(tmp_path: Path) -> None:
    file = EpochFile(tmp_path / "queue.db")
    assert file.read() == ""
    file.write("one")
    file.write("two")
    assert file.read() == "two"
    assert [path.name for path in tmp_path.iterdir()] == ["queue.db.epoch"]
    assert (tmp_path / "queue.db.epoch").stat().st_mode & 0o777 == 0o600


def test_a_database_that_is_gone_is_not_begun_anew_unasked(tmp_path: Path) -> None:
    file = EpochFile(tmp_path / "queue.db")
    file.refuse_to_begin_anew()
    file.write("one")
    with pytest.raises(StoreError, match=r"queue\.db is gone, .*technopolys restore FILE"):
        file.refuse_to_begin_anew()
    Store(tmp_path / "queue.db").close()
    file.refuse_to_begin_anew()
