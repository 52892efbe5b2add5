"""What networks renew outlives a start, and the database alone tells none of it."""

from pathlib import Path

from bot.runtime.keeping import Sealed
from bot.secret import Secret
from tests.bot.runtime.world import open_store

KEY = Secret("a key of tests")
VALUES = {"access": "canary-access", "did": "did:plc:a"}


def all_bytes(folder: Path) -> bytes:
    return b"".join(file.read_bytes() for file in folder.iterdir())


async def test_it_is_there_at_the_next_start_and_its_file_does_not_tell_it(tmp_path: Path) -> None:
    store = open_store(tmp_path / "queue.db")
    await Sealed(store, "bluesky-fr", KEY, "w1").save({"access": "older"})
    await Sealed(store, "bluesky-fr", KEY, "w1").save(VALUES)
    store.close()
    assert b"canary" not in all_bytes(tmp_path)
    store = open_store(tmp_path / "queue.db")
    assert await Sealed(store, "bluesky-fr", KEY, "w1").load() == VALUES
    assert await Sealed(store, "bluesky-en", KEY, "w1").load() == {}
    store.close()


async def test_with_another_key_it_counts_as_lost(tmp_path: Path) -> None:
    store = open_store(tmp_path / "queue.db")
    await Sealed(store, "bluesky-fr", KEY, "w1").save(VALUES)
    assert await Sealed(store, "bluesky-fr", Secret("another"), "w1").load() == {}
    store.close()


async def test_the_only_worker_of_a_file_may_always_renew(tmp_path: Path) -> None:
    store = open_store(tmp_path / "queue.db")
    assert await Sealed(store, "bluesky-fr", KEY, "w1").ours()
    assert await Sealed(store, "bluesky-fr", KEY, "w2").ours()
    store.close()
