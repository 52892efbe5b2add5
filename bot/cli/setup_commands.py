"""``init``, ``config``, ``check`` and ``measure``: before anything runs."""

from __future__ import annotations

import base64
import json
import os
import secrets
import stat
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli.context import CliError, JsonOption, Panel, context_settings, invocation
from bot.cli.output import say, show, show_one

if TYPE_CHECKING:
    from bot.settings import Settings

_SQLITE_HEADER = b"SQLite format 3\x00"


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    for command in (init, config, check, measure):
        app.command(rich_help_panel=Panel.SET_UP)(command)


def init(ctx: typer.Context) -> None:
    """Write a commented configuration, a list of secrets to fill in, and a key. Overwrites nothing."""
    from bot.secret import KEY_FILE
    from bot.settings.example import example_env, example_toml

    path = invocation(ctx).config
    key = base64.urlsafe_b64encode(secrets.token_bytes(32)).decode("ascii")
    for file, text in (
        (path, example_toml()),
        (path.with_name(".env.example"), example_env()),
        (path.with_name(KEY_FILE), f"{key}\n"),
    ):
        say(f"{file}: written" if _write_new(file, text) else f"{file}: exists, left as it is")
    say("next: name your sources and channels in the first, copy the second to .env, then: technopolys check")


def config(ctx: typer.Context, as_json: JsonOption = False) -> None:
    """Print the result of all settings; secrets show only where they were found."""
    show_one(context_settings(ctx).describe(), json=as_json)


def check(ctx: typer.Context, as_json: JsonOption = False) -> None:
    """Look for mistakes in the configuration, the templates, the secrets and the database."""
    settings = context_settings(ctx)
    findings = [finding for look in _LOOKS for finding in look(settings)]
    show(map(asdict, findings), ("about", "state", "text"), json=as_json)
    wrong = [finding for finding in findings if finding.state == "wrong"]
    if wrong:
        raise CliError("\n".join(f"{finding.about}: {finding.text}" for finding in wrong), status=2)


def measure(
    network: Annotated[str, typer.Argument(metavar="NETWORK", help="The network whose rule counts.")],
) -> None:
    """Read JSON strings from stdin, one a line, and print one length a line, as the network counts."""
    count = _measure_of(network)
    for number, line in enumerate(sys.stdin.buffer, start=1):
        say(str(count(_json_string(line, number))))


def _write_new(path: Path, text: str) -> bool:
    """Write a file that only its owner may read; return False where the name is taken, even by a link."""
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    except FileExistsError:
        return False
    except OSError as error:
        raise CliError(f"{path}: cannot be written: {error.strerror}") from None
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            os.fchmod(handle, 0o600)  # whatever the umask
            file.write(text)
    except OSError as error:
        path.unlink()  # half a key is worse than none
        raise CliError(f"{path}: cannot be written: {error.strerror}") from None
    return True


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that ``check`` looked at: "good", "note" (works, but read this) or "wrong"."""

    about: str
    state: str
    text: str


def _look_at_file(settings: Settings) -> Iterator[Finding]:
    counts = f"sources: {len(settings.sources)}, channels: {len(settings.channels)}, every secret found"
    yield Finding("configuration", "good", counts)
    if settings.bot.key is None:
        yield Finding(
            "key", "note", "there is none to keep renewed tokens under; `technopolys init` makes one"
        )


def _look_at_channels(settings: Settings) -> Iterator[Finding]:
    for name, channel in settings.channels.items():
        if not channel.calendar.slots:
            yield Finding(f"channels.{name}", "note", "it has no slots: it posts only when told to publish")


def _look_at_database(settings: Settings) -> Iterator[Finding]:
    path = settings.bot.sqlite_path
    if path is None:
        return
    try:
        findings = list(_look_at_sqlite(path))
    except OSError as error:
        findings = [Finding("bot.database", "wrong", f"{path}: cannot be opened: {error.strerror}")]
    yield from findings
    if path.exists() and not any(finding.state == "wrong" for finding in findings):
        yield from _look_at_owners(settings, path)


def _look_at_sqlite(path: Path) -> Iterator[Finding]:
    """Look at the file without SQLite, so that looking makes none and waits for nobody."""
    if not path.exists():
        fit = path.parent.is_dir() and os.access(path.parent, os.W_OK | os.X_OK)
        where = (
            f"{path} will be made" if fit else f"{path}: cannot be made: its folder is missing or not ours"
        )
        yield Finding("bot.database", "good" if fit else "wrong", where)
        return
    with path.open("r+b") as file:
        header = file.read(len(_SQLITE_HEADER))
        mode = stat.S_IMODE(os.fstat(file.fileno()).st_mode)
    if header and header != _SQLITE_HEADER:
        yield Finding("bot.database", "wrong", f"{path}: is no SQLite database")
    elif mode & 0o077:
        yield Finding(
            "bot.database", "note", f"{path}: others on this machine can read it; run: chmod 600 {path}"
        )
    else:
        yield Finding("bot.database", "good", str(path))


def _look_at_owners(settings: Settings, path: Path) -> Iterator[Finding]:
    """Look for names that the file and the database both own; a database of another release is told."""
    from content_queue.operations.listing import sources
    from content_queue.operations.sources import two_owners
    from content_queue.store.database import Store, StoreError
    from content_queue.store.schema import NEWEST, revision

    try:
        store = Store(path)
    except StoreError as error:
        yield Finding("bot.database", "wrong", str(error))
        return
    try:
        with store.read() as tx:
            found = revision(tx)
            known = sources(tx) if found == NEWEST else []
    finally:
        store.close()
    if found > NEWEST:
        yield Finding("bot.database", "wrong", f"{path}: a newer release wrote it; install that release")
    elif found != NEWEST:
        yield Finding("bot.database", "note", f"{path}: the next command brings its tables to this release")
    for line in two_owners(known, settings.sources):
        about, _, text = line.partition(": ")
        yield Finding(about, "wrong", text)


# Each looks at one matter; those that need the network or the database's own rooms join them here.
_LOOKS: tuple[Callable[[Settings], Iterator[Finding]], ...] = (
    _look_at_file,
    _look_at_channels,
    _look_at_database,
)


def _measure_of(network: str) -> Callable[[str], int]:
    from bot.channels.registry import NETWORKS

    if network not in NETWORKS:
        raise CliError(f"{network}: unknown network; there are {', '.join(sorted(NETWORKS))}", status=2)
    shape = NETWORKS[network]
    return shape.limits(shape.options.model_construct()).measure  # the rule asks for no account


def _json_string(line: bytes, number: int) -> str:
    try:
        text = json.loads(line)
    except (ValueError, RecursionError):
        text = None
    if not isinstance(text, str):
        raise CliError(f'line {number} is no JSON string; write it like "text"', status=2)
    # Half of a pair of surrogates is no character: networks would get the replacement character.
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
