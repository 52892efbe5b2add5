"""The command ``technopolys``: runs the application, and turns every error into one clear line.

Exit status 0: done. 1: it failed. 2: wrong usage or configuration.
"""

from __future__ import annotations

import gc
import io
import os
import sys
from collections.abc import Callable, Sequence
from functools import lru_cache

import typer
from typer.main import get_command

from bot.cli.app import build_app
from bot.cli.context import CliError
from bot.cli.output import complain

_GLOBAL_FLAGS = {"--debug"}
_GLOBAL_VALUE = "--config"
_COMMANDS = 32
"""So many commands stay made, where one process runs several."""
SELDOM = 50_000
"""New objects between two searches for garbage: importing leaves none, and 700 cost a tenth of a start."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command, by default that of ``sys.argv``, and return its exit status."""
    gc.set_threshold(SELDOM)
    arguments = globals_first(sys.argv[1:] if argv is None else argv)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(
                errors="backslashreplace"
            )  # a terminal that cannot write a word shows its code
    status = _told(lambda: _run(arguments), debug="--debug" in arguments)
    return _flushed(status)


def globals_first(argv: Sequence[str]) -> list[str]:
    """Move global options to the front, so that people may write them anywhere before ``--``."""
    front: list[str] = []
    rest: list[str] = []
    words = iter(argv)
    for word in words:
        if word == "--":
            return [*front, *rest, word, *words]
        if word == _GLOBAL_VALUE:
            value = next(words, None)
            if value is None:
                return [word]  # for Typer to say that its value is missing
            front += [word, value]
        elif word in _GLOBAL_FLAGS or word.startswith(_GLOBAL_VALUE + "="):
            front.append(word)
        else:
            rest.append(word)
    return front + rest


def _run(arguments: list[str]) -> int:
    result = _made(build_app, _command(arguments))(arguments, prog_name="technopolys", standalone_mode=False)
    return result if isinstance(result, int) else 0  # Typer returns the status of an Exit


@lru_cache(_COMMANDS)
def _made(build: Callable[[str], typer.Typer], word: str) -> Callable[..., object]:
    """Return what runs a command: Typer makes it anew, from every signature, when asked."""
    return get_command(build(word))


def _command(arguments: Sequence[str]) -> str:
    """Return the first word behind the global options, "" where there is none."""
    words = iter(arguments)
    for word in words:
        if word == _GLOBAL_VALUE:
            next(words, None)
        elif not word.startswith("-"):
            return word
    return ""


def _told(run: Callable[[], int], *, debug: bool) -> int:
    """Run, and tell what went wrong on stderr."""
    lines: list[str] = []
    try:
        return run()
    except CliError as error:
        status, lines = error.status, str(error).splitlines()
    except typer.TyperException as error:
        what = error.format_message() or "say what to do"  # a noun without its verb has shown its help
        status, lines = error.exit_code, [f"{what} ({_help_of(error)} shows what is known)"]
    except typer.Abort:
        status, lines = 1, ["given up"]
    except KeyboardInterrupt:
        status = 130
    except BrokenPipeError:
        status = 1
    except Exception as error:  # noqa: BLE001  the last line of defence: people get a line, not a traceback
        status, lines = 1, _unexpected(error, debug=debug)
    for line in lines:
        complain(line)
    return status


def _help_of(error: typer.TyperException) -> str:
    context = getattr(error, "ctx", None)
    return f"{context.command_path if context else 'technopolys'} --help"


def _unexpected(error: Exception, *, debug: bool) -> list[str]:
    import traceback

    from bot.secret import Redactor

    redact = Redactor()
    line = " ".join(redact(f"{type(error).__name__}: {error}").split())
    if debug:
        return [redact("".join(traceback.format_exception(error))), line]
    return [f"{line} (unexpected; --debug shows where)"]


def _flushed(status: int) -> int:
    """Write what is still to be written; who closed the pipe wants no more, and no word about it."""
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    return status


if __name__ == "__main__":
    sys.exit(main())
