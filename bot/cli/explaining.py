"""``sources explain``: what became of each entry of a source's last document, and by which rule."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli.context import CliError, JsonOption, context_settings
from bot.cli.output import say, show
from bot.cli.queue import opened
from bot.cli.rows import local
from content_queue.item import item_name

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from content_queue.operations.listing import EntryRow, SourceRow

COLUMNS = ("title", "form", "item", "state", "verdict", "first_seen")


def explain(
    ctx: typer.Context,
    name: Annotated[str, typer.Argument(metavar="SOURCE", help="The source's name.")],
    as_json: JsonOption = False,
) -> None:
    """Say for each entry of the last poll what became of it, and by which rule."""
    from content_queue.operations import listing, subscriptions

    settings = context_settings(ctx)
    zone = settings.bot.timezone
    with opened(settings) as store, store.read() as tx:
        row = listing.source(tx, name)
        if row is None:
            raise CliError(f"there is no source {name!r}: technopolys sources list")
        entries = listing.last_document(tx, name)
        hub = subscriptions.standings(tx, datetime.now(UTC), zone).get(name)
    if not as_json:
        _tell(row, zone)
        if hub is not None:
            say(str(hub))
    show([_row(entry, zone) for entry in entries], COLUMNS, json=as_json)


def _tell(row: SourceRow, zone: ZoneInfo) -> None:
    """Say how the last poll went, before its entries."""
    if row.last_polled is None:
        say(f"{row.name} has not been polled yet: technopolys poll {row.name}")
        return
    how = f"failed: {row.error}" if row.error else "went well"
    say(f"polled {local(row.last_polled, zone)}: {how}")
    for note in row.notes or ():
        say(f"note: {note}")
    for mistake in row.mistakes:
        say(f"to mend: {mistake}")


def _row(entry: EntryRow, zone: ZoneInfo) -> dict[str, object]:
    return {
        "title": entry.title,
        "url": entry.address or None,
        "form": entry.form or None,
        "item": None if entry.item is None else item_name(entry.item),
        "state": entry.state.value if entry.state else None,
        "verdict": str(entry.verdict),
        "rule": entry.verdict.args.get("rule") or entry.verdict.args.get("rules"),
        "first_seen": local(entry.first_seen, zone),
        "last_seen": local(entry.last_seen, zone),
    }
