"""``run`` and ``poll``: the worker with its desk, once or for years, and a poll by hand."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli.beginning import STOP_WITHIN, begin, log_to_stderr
from bot.cli.context import CliError, JsonOption, Panel, context_settings
from bot.cli.output import say, show
from bot.cli.stopping import Stop, stopped_by_signals
from bot.lean import without

if TYPE_CHECKING:
    from bot.assemble import Assembled
    from bot.clock import Clock
    from bot.runtime.intake import Polled
    from bot.settings import Settings
    from content_queue.store.database import Store

ROUNDS = 20
"""``--once`` steps until nothing new begins, at most so often."""


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.command(rich_help_panel=Panel.RUN)(run)
    app.command(rich_help_panel=Panel.CONTENT)(poll)


def run(
    ctx: typer.Context,
    once: Annotated[bool, typer.Option("--once", help="Do what is due, then end.")] = False,
    no_desk: Annotated[bool, typer.Option("--no-desk", help="Leave the web desk out.")] = False,
) -> None:
    """Run the worker with the desk until it is stopped."""
    with without("rich", "greenlet"):  # 4 MB for tracebacks in colour, and threads that we have none of
        import structlog  # noqa: F401  the first import decides

    from bot.cli.queue import opened
    from bot.cli.serving import serve
    from bot.clock import SystemClock

    settings = context_settings(ctx)
    log_to_stderr(settings)
    with opened(settings) as store, stopped_by_signals() as stop:
        if once:
            asyncio.run(_once(settings, store, SystemClock(), stop))
        else:
            asyncio.run(serve(settings, store, SystemClock(), stop, with_desk=not no_desk))


def poll(
    ctx: typer.Context,
    names: Annotated[
        list[str] | None, typer.Argument(metavar="[SOURCE]...", help="All, if none is named.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Read sources now, and say what is to be mended in them; status 1 if any of them failed."""
    from bot.cli.queue import opened
    from bot.clock import SystemClock
    from content_queue.operations.listing import sources_named

    settings = context_settings(ctx)
    with opened(settings) as store:
        results = asyncio.run(_poll(settings, store, SystemClock(), names or []))
        with store.read() as tx:
            read = sources_named(tx, [one.name for one in results])
    mend = {row.name: [str(mistake) for mistake in row.mistakes] for row in read if row.mistakes}
    rows = [
        {
            "name": one.name,
            "new": len(one.taken.new),
            "error": one.error or None,
            "mistakes": mend.get(one.name, []),
        }
        for one in results
    ]
    show(rows, ("name", "new", "error"), json=as_json)
    for name, mistakes in mend.items() if not as_json else ():
        for mistake in mistakes:
            say(f"{name}: to mend: {mistake}")
    failed = [f"{one.name}: {one.error}" for one in results if one.error]
    if failed:
        raise CliError("\n".join(failed))


async def _once(settings: Settings, store: Store, clock: Clock, stopped: Stop) -> None:
    from bot import assemble

    made = assemble.assemble(settings, store, clock)
    await begin(made.worker)
    try:
        await step_until_quiet(made, clock, stopped.event())
    finally:
        await made.worker.stop(STOP_WITHIN)
        await made.close()


async def step_until_quiet(made: Assembled, clock: Clock, stop: asyncio.Event) -> None:
    """Step until nothing new begins."""
    for _ in range(ROUNDS):
        await made.worker.step(clock.now())
        if stop.is_set() or not made.worker.busy:
            return
        await made.worker.settled()


async def _poll(settings: Settings, store: Store, clock: Clock, names: list[str]) -> list[Polled]:
    from bot import assemble
    from bot.runtime import polling
    from content_queue.operations.listing import sources

    made = assemble.assemble(settings, store, clock, serve=())
    with store.read() as tx:
        rows = [row for row in sources(tx) if row.name in made.parts.intakes]
    unknown = set(names) - {row.name for row in rows}
    if unknown:
        known = ", ".join(row.name for row in rows) or "none"
        raise CliError(f"there is no source {', '.join(sorted(unknown))}; the sources are {known}", status=2)
    chosen = [row for row in rows if not names or row.name in names]
    try:
        return await polling.by_hand(made.parts, chosen)
    finally:
        await made.close()
