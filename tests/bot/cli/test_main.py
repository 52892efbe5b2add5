"""The command itself: exit statuses, one clear line, global options anywhere."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import typer

from bot import __main__ as entry
from bot.cli.app import build_app
from bot.cli.context import CliError
from tests.bot.cli.conftest import Shell

ROOT = Path(__file__).parents[3]
TOKEN = "123456789:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw"


def start(*arguments: str, folder: Path, **environ: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=folder,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), **environ},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def app_of(monkeypatch: pytest.MonkeyPatch, error: BaseException) -> None:
    """Let the only command raise ``error``."""

    def fail() -> None:
        raise error

    def build(word: str = "") -> typer.Typer:
        app = typer.Typer()
        app.command()(fail)
        return app

    monkeypatch.setattr(entry, "build_app", build)


def test_the_command_exits_with_two_and_lists_every_mistake(tmp_path: Path) -> None:
    (tmp_path / "technopolys.toml").write_text(
        """
        [bot]
        timezone = "Amrica/Toronto"
        langage = "fr"
        [channels.x-fr]
        network = "x"
        slots = ["mon 8h"]
        token = "hunter2"
        """,
        encoding="utf-8",
    )
    done = start("-m", "bot", "check", folder=tmp_path)
    assert done.returncode == 2
    assert done.stdout == ""
    lines = done.stderr.splitlines()
    assert all(line.startswith("technopolys.toml: ") for line in lines)
    keys = [line.split(": ")[1] for line in lines]
    assert keys[:4] == ["channels.x-fr.token", "bot.timezone", "bot.langage", "channels.x-fr.slots"]
    assert "the secret TECHNOPOLYS_X_FR_API_KEY is missing" in done.stderr
    assert "hunter2" not in done.stderr


def test_the_help_loads_nothing_heavy(tmp_path: Path) -> None:
    script = """
import sys
from bot.__main__ import main
main(["--help"])
heavy = {"pydantic", "sqlalchemy", "aiohttp", "fastapi", "feedparser", "tweepy", "telegram", "structlog"}
sys.exit(", ".join(heavy & set(sys.modules)))
"""
    done = start("-c", script, folder=tmp_path)
    assert done.stderr.strip() == ""
    assert "measure" in done.stdout


def test_a_command_in_the_file_of_its_name_is_read_alone_and_is_the_same(tmp_path: Path) -> None:
    script = """
import sys
from bot.__main__ import main
main(["--config", "there.toml", "run", "--help"])
sys.exit(", ".join(sorted(name for name in sys.modules if name in {"bot.cli.items", "bot.cli.people"})))
"""
    done = start("-c", script, folder=tmp_path)
    assert done.stderr.strip() == ""
    assert "--once" in done.stdout


def test_every_command_is_found_by_its_first_word() -> None:
    whole = typer.main.get_group(build_app()).commands
    for name, command in whole.items():
        alone = typer.main.get_group(build_app(name)).commands[name]
        assert [one.name for one in alone.params] == [one.name for one in command.params]
        assert sorted(getattr(alone, "commands", ())) == sorted(getattr(command, "commands", ()))


@pytest.mark.parametrize("word", ["", "chek", "queue", "app", "output"])
def test_a_word_that_is_no_command_finds_them_all(word: str) -> None:
    assert set(typer.main.get_group(build_app(word)).commands) == set(
        typer.main.get_group(build_app()).commands
    )


def test_a_closed_pipe_is_no_news(tmp_path: Path) -> None:
    (tmp_path / "technopolys.toml").write_text("", encoding="utf-8")
    command = f"{sys.executable} -m bot config --json | true"
    done = subprocess.run(
        ["/bin/sh", "-c", command],
        cwd=tmp_path,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.stderr == ""


def test_the_version_is_printed(shell: Shell) -> None:
    answer = shell.run("--version")
    assert answer.status == 0
    assert answer.out.startswith("technopolys-bot ")


def test_no_command_shows_the_help_and_is_wrong_usage(shell: Shell) -> None:
    answer = shell.run()
    assert answer.status == 2
    assert "Usage: technopolys" in answer.out


@pytest.mark.parametrize(
    ("arguments", "named", "command"),
    [
        (("chek",), "'chek'. Did you mean 'check'?", "technopolys"),
        (("check", "--jsn"), "--jsn", "technopolys check"),
        (("check", "more"), "(more)", "technopolys check"),
        (("measure",), "'NETWORK'", "technopolys measure"),
        (("db",), "say what to do", "technopolys db"),
        (("check", "--config"), "'--config' requires an argument", "technopolys"),
    ],
)
def test_wrong_usage_is_one_line_and_status_two(
    shell: Shell, arguments: tuple[str, ...], named: str, command: str
) -> None:
    answer = shell.run(*arguments)
    (line,) = answer.err.splitlines()
    assert answer.status == 2
    assert named in line
    assert line.endswith(f"({command} --help shows what is known)")


@pytest.mark.parametrize(
    "arguments",
    [
        ("--config", "other.toml", "config", "--json"),
        ("config", "--json", "--config", "other.toml"),
        ("config", "--config=other.toml", "--debug", "--json"),
    ],
)
def test_global_options_may_stand_anywhere(shell: Shell, arguments: tuple[str, ...]) -> None:
    shell.write("bot.language = 'en'", "other.toml")
    answer = shell.run(*arguments)
    assert answer.status == 0
    assert answer.json["bot"]["language"] == "en"


def test_after_two_dashes_every_word_is_an_argument() -> None:
    assert entry.globals_first(["a", "--debug", "--", "--config", "b"]) == [
        "--debug",
        "a",
        "--",
        "--config",
        "b",
    ]


def test_the_configuration_may_be_named_by_the_environment(shell: Shell) -> None:
    shell.write("bot.language = 'en'", "other.toml")
    shell.monkeypatch.setenv("TECHNOPOLYS_CONFIG", "other.toml")
    assert shell.run("config", "--json").json["bot"]["language"] == "en"


def test_a_known_error_keeps_its_status_and_its_lines(shell: Shell) -> None:
    app_of(shell.monkeypatch, CliError("one\ntwo", status=2))
    answer = shell.run()
    assert (answer.status, answer.err) == (2, "one\ntwo\n")


def test_an_unexpected_error_is_one_line_without_secrets(shell: Shell) -> None:
    app_of(shell.monkeypatch, RuntimeError(f"POST https://api.telegram.org/bot{TOKEN}/send\nfailed"))
    answer = shell.run()
    assert answer.status == 1
    assert answer.err == (
        "RuntimeError: POST https://api.telegram.org/bot***/send failed (unexpected; --debug shows where)\n"
    )


def test_debug_shows_where_an_unexpected_error_came_from(shell: Shell) -> None:
    error = RuntimeError(TOKEN)
    lines = entry._unexpected(error, debug=True)  # noqa: SLF001  the flag belongs to the real application
    assert lines == ["RuntimeError: ***\n", "RuntimeError: ***"]


@pytest.mark.parametrize(
    ("error", "status"), [(typer.Exit(1), 1), (typer.Exit(0), 0), (KeyboardInterrupt(), 130)]
)
def test_an_exit_and_an_interrupt_say_nothing(shell: Shell, error: BaseException, status: int) -> None:
    app_of(shell.monkeypatch, error)
    answer = shell.run()
    assert (answer.status, answer.err.strip()) == (status, "")
