"""A damaged database is refused with one line that names the way out, and left as it is."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.whole.installation import Installation

PAGE = 4096
Damage = Callable[[Path], None]


def zeroed_header(file: Path) -> None:
    rewrite(file, lambda old: bytes(100) + old[100:])


def cut_short(file: Path) -> None:
    rewrite(file, lambda old: old[: 5 * PAGE + 17])


def another_programs_file(file: Path) -> None:
    rewrite(file, lambda _old: b"name,title\n" * 1000)


def all_but_the_first_page(file: Path) -> None:
    rewrite(file, lambda old: old[:PAGE] + bytes(byte ^ 0xFF for byte in old[PAGE:]))


def one_page(file: Path) -> None:
    """Spoil the last page: of all pages the one that a start is least likely to read."""
    rewrite(file, lambda old: old[:-PAGE] + bytes(byte ^ 0x55 for byte in old[-PAGE:]))


def rewrite(file: Path, change: Callable[[bytes], bytes]) -> None:
    file.write_bytes(change(file.read_bytes()))


async def installed(folder: Path) -> Installation:
    made = Installation(folder)
    made.write()
    for number in range(3):
        title = f"Nouvelle {number}"
        await made.ask("add", "--kind", "article", "--lang", "fr", "--title", title)
    return made


def database(made: Installation) -> Path:
    return made.home / "technopolys.db"


@pytest.mark.parametrize("damage", [zeroed_header, cut_short, another_programs_file, all_but_the_first_page])
async def test_a_damaged_database_is_refused_and_left_alone(tmp_path: Path, damage: Damage) -> None:
    made = await installed(tmp_path)
    file = database(made)
    damage(file)
    before = file.read_bytes()
    for words in (["run", "--once"], ["items"], ["check"]):
        told = await made.ask(*words, status=2)
        assert len(told.lines) == 1, told
        assert "technopolys restore FILE" in told.lines[0]
        assert str(file) in told.lines[0]
    assert file.read_bytes() == before


async def test_one_spoilt_page_is_found_by_the_command_that_looks(tmp_path: Path) -> None:
    made = await installed(tmp_path)
    one_page(database(made))
    told = await made.ask("check", status=2)
    assert len(told.lines) == 1, told
    assert "is damaged" in told.lines[0]
    assert "technopolys restore FILE" in told.lines[0]


async def test_a_log_that_is_not_ours_changes_nothing(tmp_path: Path) -> None:
    made = await installed(tmp_path)
    file = database(made)
    file.with_name(f"{file.name}-wal").write_bytes(bytes(range(256)) * 200)
    rows = await made.rows("items")
    assert [row["title"] for row in rows] == ["Nouvelle 2", "Nouvelle 1", "Nouvelle 0"]


async def test_a_restored_backup_takes_its_place(tmp_path: Path) -> None:
    made = await installed(tmp_path)
    await made.ask("backup", "good.db")
    zeroed_header(database(made))
    await made.ask("restore", "good.db", "--yes")
    assert len(await made.rows("items")) == 3
