"""One act on one item or post: opened, done in one transaction, and shown as it stands afterwards."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, TypeVar

import typer

from bot.cli.context import CliError, context_settings
from bot.cli.output import show
from bot.cli.queue import asked, item_number, opened, post_number, who
from bot.cli.rows import ITEMS, POSTS, item_row, post_row

if TYPE_CHECKING:
    from bot.settings import Settings

R = TypeVar("R")


def on_item(
    ctx: typer.Context, item: str, act: Callable[..., R], *arguments: object, as_json: bool = False
) -> R:
    """Do ``act(tx, now, who, number, *arguments)`` with an item and show it."""
    from content_queue.operations.rows import item_by_id

    number, settings = item_number(item), context_settings(ctx)
    with opened(settings) as store, naming(item), store.write() as tx:
        done = act(tx, datetime.now(UTC), who(), number, *arguments)
        row = item_row(item_by_id(tx, number), settings.bot.timezone)
    show([row], ITEMS, json=as_json)
    return done


def on_post(
    ctx: typer.Context, post: str, act: Callable[..., R], *arguments: object, as_json: bool = False
) -> R:
    """Do ``act(tx, now, who, number, *arguments)`` with a post and show it."""
    from content_queue.operations.rows import post_by_id

    number, settings = post_number(post), context_settings(ctx)
    with opened(settings) as store, naming(post), store.write() as tx:
        done = act(tx, datetime.now(UTC), who(), number, *arguments)
        row = post_row(post_by_id(tx, number), settings.bot.timezone)
    show([row], (*POSTS[:-1], "remote_url", "error"), json=as_json)
    return done


@contextmanager
def naming(reference: str) -> Iterator[None]:
    """Let every line about what cannot be done name the id it is about."""
    from content_queue.lifecycle import ImpossibleStepError

    try:
        with asked():
            try:
                yield
            except ImpossibleStepError as error:
                line = f"{reference}: {error}; how it came there: technopolys why {reference}"
                raise CliError(line) from None
    except CliError as error:
        line = str(error)
        raise CliError(line if reference in line else f"{reference}: {line}", error.status) from None


def known_channels(settings: Settings, names: list[str] | None) -> tuple[str, ...]:
    """Return the channels named, each once; one that is not configured ends with status 2."""
    wanted = tuple(dict.fromkeys(names or ()))
    unknown = [name for name in wanted if name not in settings.channels]
    if unknown:
        known = ", ".join(settings.channels) or "none"
        raise CliError(f"there is no channel {', '.join(unknown)}; the channels are {known}", status=2)
    return wanted
