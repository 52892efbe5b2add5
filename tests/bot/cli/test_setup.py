"""``init``, ``config``, ``check`` and ``measure``."""
# ruff: noqa: E501  cases read best one a line

import os
import re
import sqlite3
import stat
from contextlib import closing
from pathlib import Path

import pytest

from tests.bot.cli.conftest import Shell

CHANNEL = """
[channels.tg]
network = "telegram"
chat = "@technopolys"
slots = ["daily 09:00"]
"""
FILES = ("technopolys.toml", ".env.example", "technopolys.key")


def test_init_writes_three_files_that_only_their_owner_may_read(shell: Shell) -> None:
    mask = os.umask(0)
    try:
        answer = shell.run("init")
    finally:
        os.umask(mask)
    assert answer.status == 0
    assert [line.partition(":")[0] for line in answer.out.splitlines()[:3]] == list(FILES)
    assert {stat.S_IMODE((shell.folder / name).stat().st_mode) for name in FILES} == {0o600}


def test_what_init_wrote_passes_the_check(shell: Shell) -> None:
    shell.run("init")
    answer = shell.run("check", "--json")
    assert (answer.status, answer.err) == (0, "")
    assert {finding["state"] for finding in answer.json} == {"good"}


def test_every_example_that_init_wrote_can_be_used(shell: Shell) -> None:
    shell.run("init")
    path = shell.folder / "technopolys.toml"
    path.write_text(re.sub(r"(?m)^#(?=[a-z\[])", "", path.read_text(encoding="utf-8")), encoding="utf-8")
    env = (shell.folder / ".env.example").read_text(encoding="utf-8")
    shell.write(re.sub(r"(?m)=$", "=value", env), ".env")
    answer = shell.run("config", "--json")
    assert (answer.status, answer.err) == (0, "")
    assert set(answer.json["channels"]) == {"x-fr", "telegram"}
    assert len(answer.json["sources"]) == 9


def test_init_overwrites_nothing_and_says_what_exists(shell: Shell) -> None:
    shell.write("# mine", "technopolys.toml")
    first = shell.run("init")
    assert "technopolys.toml: exists, left as it is" in first.out
    assert "technopolys.key: written" in first.out
    before = {name: (shell.folder / name).read_bytes() for name in FILES}
    again = shell.run("init")
    assert again.status == 0
    assert again.out.count("exists, left as it is") == 3
    assert {name: (shell.folder / name).read_bytes() for name in FILES} == before
    assert before["technopolys.toml"] == b"# mine"


def test_init_follows_no_link(shell: Shell) -> None:
    target = shell.folder / "elsewhere"
    (shell.folder / "technopolys.key").symlink_to(target)
    assert "technopolys.key: exists, left as it is" in shell.run("init").out
    assert not target.exists()


def test_init_in_a_folder_that_is_not_there_is_one_line(shell: Shell) -> None:
    answer = shell.run("init", "--config", "nowhere/technopolys.toml")
    assert answer.status == 1
    assert answer.err == "nowhere/technopolys.toml: cannot be written: No such file or directory\n"


def test_two_keys_are_never_the_same(shell: Shell) -> None:
    (shell.folder / "other").mkdir()
    shell.run("init")
    shell.run("init", "--config", "other/technopolys.toml")
    keys = {
        (shell.folder / place / "technopolys.key").read_text(encoding="utf-8") for place in (".", "other")
    }
    assert len(keys) == 2


def test_config_shows_every_setting_and_no_secret(shell: Shell) -> None:
    shell.write(CHANNEL)
    shell.write("TECHNOPOLYS_TG_TOKEN=hunter2\n", ".env")
    for arguments in (("config",), ("config", "--json")):
        answer = shell.run(*arguments)
        assert answer.status == 0
        assert "hunter2" not in answer.out + answer.err
        assert "TECHNOPOLYS_TG_TOKEN" in answer.out
        assert "*** (from .env)" in answer.out
        assert "America/Toronto" in answer.out


def test_check_without_a_configuration_says_how_to_get_one(shell: Shell) -> None:
    answer = shell.run("check")
    assert answer.status == 2
    assert answer.err.splitlines() == [
        "technopolys.toml: there is no such file; `technopolys init` writes one, --config FILE names another"
    ]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("bot.langage = 'fr'", 'technopolys.toml: bot.langage: unknown key; did you mean "language"?'),
        ("bot.timezone = 'Amrica/Toronto'", 'technopolys.toml: bot.timezone: unknown time zone "Amrica/Toronto"; did you mean "America/Toronto"?'),
        (CHANNEL.replace("09:00", "9h"), 'technopolys.toml: channels.tg.slots: slots "daily 9h": "9h" is no time between 00:00 and 24:00; write for example "mon-fri 08:30, 12:15" or "daily 09:00-18:00 every 90m"'),
        (CHANNEL + 'token = "hunter2"', "technopolys.toml: channels.tg.token: a secret never stands in this file; take it out, renew it if others have seen it, and set TECHNOPOLYS_TG_TOKEN in the environment or in .env"),
        (CHANNEL + 'template.article = "{tilte}"', "technopolys.toml: channels.tg.template.article: there is no {tilte}; did you mean {title}?"),
        (CHANNEL + "chta = 5", 'technopolys.toml: channels.tg.chta: unknown key; did you mean "chat"?'),
        ("bot.database = 'sqlite:///nowhere/q.db'", "bot.database: FOLDER/nowhere/q.db: cannot be made: its folder is missing or not ours"),
    ],
)  # fmt: skip
def test_bad_input_is_one_clear_line_and_status_two(shell: Shell, text: str, line: str) -> None:
    shell.write(text)
    shell.monkeypatch.setenv("TECHNOPOLYS_TG_TOKEN", "value")
    answer = shell.run("check")
    assert answer.status == 2
    assert answer.err.replace(str(shell.folder), "FOLDER").splitlines() == [line]


def test_a_missing_secret_is_named_with_status_two(shell: Shell) -> None:
    shell.write(CHANNEL)
    answer = shell.run("check")
    assert answer.status == 2
    (line,) = answer.err.splitlines()
    assert line.startswith(
        "technopolys.toml: channels.tg: the secret TECHNOPOLYS_TG_TOKEN is missing; set it in"
    )


def test_a_channel_without_slots_is_worth_a_note(shell: Shell) -> None:
    shell.write('channels.tg = { network = "telegram", chat = 1 }')
    shell.monkeypatch.setenv("TECHNOPOLYS_TG_TOKEN", "value")
    notes = [finding for finding in shell.run("check", "--json").json if finding["state"] == "note"]
    assert [note["about"] for note in notes] == ["key", "channels.tg"]


def database(folder: Path) -> Path:
    path = folder / "technopolys.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("create table t (a)")
    path.chmod(0o600)
    return path


def test_a_database_that_is_there_is_opened_and_not_changed(shell: Shell) -> None:
    shell.write("")
    path = database(shell.folder)
    before = path.read_bytes()
    answer = shell.run("check", "--json")
    assert answer.status == 0
    assert {"about": "bot.database", "state": "good", "text": str(path)} in answer.json
    assert path.read_bytes() == before


def test_a_database_that_others_may_read_is_a_warning(shell: Shell) -> None:
    shell.write("")
    path = database(shell.folder)
    path.chmod(0o644)
    answer = shell.run("check", "--json")
    assert answer.status == 0
    finding = next(finding for finding in answer.json if finding["about"] == "bot.database")
    assert finding["state"] == "note"
    assert finding["text"].endswith(f"run: chmod 600 {path}")


def test_what_is_no_database_cannot_be_opened(shell: Shell) -> None:
    shell.write("")
    shell.write("just words, no pages", "technopolys.db")
    answer = shell.run("check")
    assert answer.status == 2
    assert (
        answer.err
        == f"bot.database: {shell.folder}/technopolys.db: is no SQLite database: name another, or restore a backup: technopolys restore FILE\n"
    )
    (shell.folder / "technopolys.db").unlink()
    (shell.folder / "technopolys.db").mkdir()
    answer = shell.run("check")
    assert answer.status == 2
    assert answer.err == f"bot.database: {shell.folder}/technopolys.db: cannot be opened: Is a directory\n"


@pytest.mark.parametrize(
    ("network", "lengths"),
    [("x", ["5", "23", "0", "2", "2"]), ("telegram", ["5", "60", "0", "2", "1"])],
)
def test_measure_counts_as_the_network_does(shell: Shell, network: str, lengths: list[str]) -> None:
    url = "https://technopolys.ca/" + "x" * 37
    lines = f'"texte"\n"{url}"\n""\n"\\ud83d\\ude80"\n"\\ud83d"\n'
    answer = shell.run("measure", network, stdin=lines.encode())
    assert (answer.status, answer.err) == (0, "")
    assert answer.out.split() == lengths


@pytest.mark.parametrize(
    "line", [b"5", b"[]", b"text", b'"half', b"", b"null", b'"\xff"', b"[" * 100_000, b'"a" "b"']
)
def test_a_line_that_is_no_json_string_is_named_by_its_number(shell: Shell, line: bytes) -> None:
    answer = shell.run("measure", "x", stdin=b'"good"\n' + line + b"\n")
    assert answer.status == 2
    assert answer.out == "4\n"
    assert answer.err == 'line 2 is no JSON string; write it like "text"\n'


def test_measure_names_the_networks_that_there_are(shell: Shell) -> None:
    answer = shell.run("measure", "twitter")
    assert answer.status == 2
    assert answer.err.startswith("twitter: unknown network; there are ")
    assert answer.out == ""
