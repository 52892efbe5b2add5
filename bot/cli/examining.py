"""``sources list --health``: the feed doctor on the command line."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from bot.cli.rows import local

if TYPE_CHECKING:
    from datetime import timedelta
    from zoneinfo import ZoneInfo

    from bot.settings import Settings
    from content_queue.item import Reason
    from content_queue.operations.doctor import Health
    from content_queue.store.database import Store

HEALTH = ("name", "every", "last_item", "churn", "cut", "advice", "hub")


def examined(store: Store, settings: Settings) -> list[dict[str, object]]:
    """Return each source with its habit and what to do about it."""
    from content_queue.operations import doctor, listing, subscriptions

    now = datetime.now(UTC)
    with store.read() as tx:
        rows = [row for row in listing.sources(tx) if row.owner]
        zone = settings.bot.timezone
        hubs = subscriptions.standings(tx, now, zone)
        return [_row(row.name, doctor.health(tx, now, row), hubs.get(row.name), zone) for row in rows]


def _row(name: str, found: Health, hub: Reason | None, zone: ZoneInfo) -> dict[str, object]:
    return {
        "name": name,
        "every": _every(found.cadence),
        "last_item": local(found.last_new, zone),
        "churn": f"{found.churn:.0%}",
        "cut": f"{found.cut:.0%}",
        "advice": "\n".join(map(str, found.advice)) or None,
        "hub": None if hub is None else str(hub),
    }


def _every(cadence: timedelta | None) -> str | None:
    """The usual time between two entries, in hours or days."""
    if cadence is None:
        return None
    hours = cadence.total_seconds() / 3600
    return f"{hours:.1f} h" if hours < 48 else f"{hours / 24:.1f} d"  # noqa: PLR2004  two days
