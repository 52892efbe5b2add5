"""What ``check`` says that this configuration will do to what is in the queue already."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from bot.cli.database import look_into
from bot.cli.findings import Finding

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.settings import Settings
    from content_queue.item import Item
    from content_queue.store.database import Transaction

NAMED = 5
"""So many items are named, the others counted."""
_CHANGED = "since a template has changed, as soon as a worker takes this file up"
_ONCE = "one answer then approves them all: technopolys approve --changed"


def look_ahead(settings: Settings) -> Iterator[Finding]:
    """Say what a changed template makes pending, and what is held since its channel has left the file."""
    from content_queue.store.database import StoreError

    try:
        changes = _changes(settings)
    except StoreError:  # who looks at the database has told it
        return
    if changes is None:
        return
    old, left = changes
    trusted = [item for item in old if item.by_rule]
    judged = [item for item in old if not item.by_rule]
    if judged:
        text = f"{_named(judged)} will wait for a moderator again, {_CHANGED}; {_ONCE}"
        yield Finding("templates", "note", text)
    if trusted:
        yield Finding("templates", "note", f"{_named(trusted)} will be approved again by rule, {_CHANGED}")
    for name in left:
        yield Finding(f"channels.{name}", "note", "it has left this file: its planned posts are held")


def look_at_hubs(settings: Settings) -> Iterator[Finding]:
    """Say why no hub is asked, where feeds name some and nobody has said that they should not be."""
    from content_queue.operations.subscriptions import named
    from content_queue.store.database import StoreError

    no_key, no_home = settings.bot.key is None, not settings.hub_home
    if not settings.fetch.websub or not (no_key or no_home):
        return
    try:
        feeds = look_into(settings, named)
    except StoreError:  # who looks at the database has told it
        return
    if feeds:
        lacking = "desk.public_url with https" if no_home else "TECHNOPOLYS_KEY"
        lacking += " and TECHNOPOLYS_KEY" if no_home and no_key else ""
        text = f"{lacking} would let hubs tell at once of what is new; feeds that name one: {feeds}"
        yield Finding("fetch.websub", "note", f"off: {text}")


def _changes(settings: Settings) -> tuple[list[Item], list[str]] | None:
    from bot import assemble
    from bot.runtime import housekeeping

    styles = assemble.styles(settings)

    def read(tx: Transaction) -> tuple[list[Item], list[str]]:
        return housekeeping.outdated(tx, styles), housekeeping.left(tx, styles)

    return look_into(settings, read)


def _named(items: Sequence[Item]) -> str:
    from content_queue.item import item_name

    names = ", ".join(item_name(item.id) for item in items[:NAMED])
    more = len(items) - NAMED
    return f"{names} and {more} more" if more > 0 else names
