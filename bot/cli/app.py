"""The Typer application: global options, and the commands of every file in this folder."""

from __future__ import annotations

import os
import pkgutil
from importlib import import_module, metadata
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

import bot.cli
from bot.cli.context import Invocation
from bot.cli.output import say

if TYPE_CHECKING:
    from collections.abc import Sequence

DISTRIBUTION = "technopolys-bot"


def build_app(word: str = "") -> typer.Typer:
    """Return the application with every command; nothing heavy is imported.

    For a command that stands in the file of its own name (``run``) that file alone is read: a worker would
    carry 1.5 MB of the others for years, and its start wait for them.
    """
    names = [found.name for found in pkgutil.iter_modules(bot.cli.__path__)]  # a new file is found by itself
    if word in names:
        app = _app_of([word])
        if word in _commands(app):
            return app
    return _app_of(names)


def _app_of(files: Sequence[str]) -> typer.Typer:
    app = typer.Typer(
        name="technopolys",
        callback=_begin,
        invoke_without_command=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    for file in files:
        module = import_module(f"{bot.cli.__name__}.{file}")
        if hasattr(module, "register"):
            module.register(app)
    return app


def _commands(app: typer.Typer) -> set[str]:
    functions = {one.callback.__name__ for one in app.registered_commands if one.callback and not one.name}
    named = [one.name for one in app.registered_commands] + [one.name for one in app.registered_groups]
    return functions | {name for name in named if name}


def _print_version(wanted: bool) -> None:
    if wanted:
        say(f"{DISTRIBUTION} {_installed_version()}")
        raise typer.Exit


def _installed_version() -> str:
    try:
        return metadata.version(DISTRIBUTION)
    except metadata.PackageNotFoundError:
        return "(run from its folder, not installed)"


def _begin(
    ctx: typer.Context,
    config: Annotated[
        Path, typer.Option(metavar="FILE", envvar="TECHNOPOLYS_CONFIG", help="The configuration.")
    ] = Path("technopolys.toml"),
    _debug: Annotated[
        bool, typer.Option("--debug", help="Show the traceback of an unexpected error.")
    ] = False,
    _version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Bring a movement's articles, videos and facts to the public: what was approved, once, on time."""
    ctx.obj = Invocation(config, os.environ)
    if ctx.invoked_subcommand is None:
        ctx.get_help()
        raise typer.Exit(2)
