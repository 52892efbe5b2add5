"""``backup`` and ``restore``, as an operator types them."""

import hashlib
from datetime import UTC, datetime, timedelta
from pathlib import Path

from content_queue.store.locks import WorkerLock
from tests.bot.cli.configured import Bot


def backed_up(bot: Bot) -> Path:
    bot.added("Avant")
    file = bot.shell.folder / "backup.db"
    bot.done("backup", str(file))
    return file


def titles(bot: Bot) -> list[str]:
    return sorted(str(row["title"]) for row in bot.done("items", "--json").json)


def test_a_backup_has_its_checksum_beside_it(bot: Bot) -> None:
    file = backed_up(bot)
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    assert file.with_name("backup.db.sha256").read_text() == f"{digest}  backup.db\n"


def test_restoring_keeps_what_was_there_and_holds_every_channel(bot: Bot) -> None:
    file = backed_up(bot)
    bot.added("Apres")
    said = bot.done("restore", str(file), "--yes").out
    assert "its checksum is right" in said
    assert titles(bot) == ["Avant"]
    held = {(row["scope"], row["target"]) for row in bot.done("holds", "--json").json}
    assert held == {("channel", "telegram"), ("channel", "x-fr")}
    (kept,) = bot.shell.folder.glob("technopolys.db.before-*")
    assert kept.name in said
    kept.replace(bot.shell.folder / "technopolys.db")
    assert titles(bot) == ["Apres", "Avant"]


def test_the_preview_names_what_was_due_since_and_without_a_yes_nothing_happens(bot: Bot) -> None:
    item = bot.approved("Avant")
    post = bot.post(item, datetime.now(UTC) - timedelta(minutes=5))
    file = bot.shell.folder / "backup.db"
    bot.done("backup", str(file))
    bot.added("Apres")
    answer = bot.run("restore", str(file))
    assert answer.status == 2
    assert "say --yes" in answer.err
    assert post in answer.out
    assert titles(bot) == ["Apres", "Avant"]


def test_a_backup_whose_bytes_changed_is_refused(bot: Bot) -> None:
    file = backed_up(bot)
    with file.open("r+b") as bytes_:
        bytes_.seek(5000)
        bytes_.write(b"flipped")
    (line,) = bot.refused("restore", str(file), "--yes")
    assert "is not what was backed up" in line
    assert titles(bot) == ["Avant"]


def test_what_is_no_backup_is_refused(bot: Bot) -> None:
    bot.added("Avant")
    file = bot.shell.folder / "letter.txt"
    file.write_text("no database")
    (line,) = bot.refused("restore", str(file), "--yes")
    assert str(file) in line
    (line,) = bot.refused("restore", str(bot.shell.folder / "missing.db"), "--yes")
    assert "cannot be read" in line
    assert titles(bot) == ["Avant"]


def test_a_worker_that_runs_is_not_robbed_of_its_database(bot: Bot) -> None:
    file = backed_up(bot)
    lock = WorkerLock(bot.shell.folder / "technopolys.db.worker")
    lock.take("process 7")
    (line,) = bot.refused("restore", str(file), "--yes")
    assert "process 7" in line
    lock.release()


def test_a_damaged_database_is_set_aside_too(bot: Bot) -> None:
    file = backed_up(bot)
    (bot.shell.folder / "technopolys.db").write_bytes(bytes(8192))
    bot.done("restore", str(file), "--yes")
    assert titles(bot) == ["Avant"]


def test_a_database_that_is_gone_is_not_begun_anew_but_restored(bot: Bot) -> None:
    file = backed_up(bot)
    bot.done("restore", str(file), "--yes")
    (bot.shell.folder / "technopolys.db").unlink()
    (line,) = bot.wrong("items")
    assert "technopolys restore FILE" in line
    bot.done("restore", str(file), "--yes")
    assert titles(bot) == ["Avant"]
