"""The Typer application: global options, and the commands of every file in this folder."""

from __future__ import annotations

import os
import pkgutil
from importlib import import_module, metadata
from pathlib import Path
from types import ModuleType
from typing import Annotated

import typer

from bot.cli.context import Invocation
from bot.cli.output import say

DISTRIBUTION = "technopolys-bot"


def build_app() -> typer.Typer:
    """Return the application with every command; nothing heavy is imported."""
    app = typer.Typer(
        name="technopolys",
        callback=_begin,
        invoke_without_command=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    for module in _modules():
        if hasattr(module, "register"):
            module.register(app)
    return app


def _modules() -> list[ModuleType]:
    """Return the files of this folder, so that a new one is found by itself."""
    import bot.cli

    return [import_module(found.name) for found in pkgutil.iter_modules(bot.cli.__path__, "bot.cli.")]


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
