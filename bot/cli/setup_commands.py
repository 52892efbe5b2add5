"""``init``, ``config`` and ``measure``: before anything runs."""

from __future__ import annotations

import base64
import json
import os
import secrets
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli.context import CliError, JsonOption, Panel, context_settings, invocation
from bot.cli.output import say, show_one

if TYPE_CHECKING:
    from bot.settings import Settings


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    for command in (init, config, measure):
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
    """Print the result of all settings, and whose each source is; secrets show only where they were found."""
    settings = context_settings(ctx)
    show_one({**settings.describe(), "sources": _sources(settings)}, json=as_json)


def measure(
    network: Annotated[str, typer.Argument(metavar="NETWORK", help="The network whose rule counts.")],
) -> None:
    """Read JSON strings from stdin, one a line, and print one length a line, as the network counts."""
    count = _measure_of(network)
    for number, line in enumerate(sys.stdin.buffer, start=1):
        say(str(count(_json_string(line, number))))


def _sources(settings: Settings) -> dict[str, object]:
    """Return the file's sources and those that people added, each with its owner."""
    from bot import assemble
    from bot.cli.database import look_at_database, look_into
    from content_queue.operations.sources import DATABASE, FILE, added

    wrong = [found for found in look_at_database(settings) if found.state == "wrong"]
    if wrong:
        raise CliError("\n".join(f"{found.about}: {found.text}" for found in wrong), status=2)
    known = look_into(settings, added) or {}
    theirs = {name: assemble.added_source(name, keys) for name, keys in known.items()}
    owned = [(FILE, settings.sources), (DATABASE, theirs)]
    return {
        name: {"owner": owner, **source.model_dump(mode="json", exclude={"name"})}
        for owner, sources in owned
        for name, source in sources.items()
    }


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
