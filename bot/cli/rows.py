"""How items, posts, messages and holds are written for scripts and tables: the names people rely on."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime
    from zoneinfo import ZoneInfo

    from bot.compose.render import Style
    from bot.settings import Settings
    from content_queue.item import Happening, Hold, Item, Message, Post

ITEMS = ("id", "kind", "state", "source", "languages", "title")
POSTS = ("id", "item", "channel", "state", "due_at", "text")


def local(moment: datetime | None, zone: ZoneInfo) -> datetime | None:
    """Return a moment in the bot's zone."""
    return None if moment is None else moment.astimezone(zone)


def dollars(micros: int) -> float:
    """Return millionths of a US dollar as dollars."""
    from content_queue.item import MICROS_PER_DOLLAR

    return micros / MICROS_PER_DOLLAR


def item_row(item: Item, zone: ZoneInfo) -> dict[str, object]:
    """Return an item for a listing."""
    from content_queue.item import item_name

    return {
        "id": item_name(item.id),
        "kind": item.kind.value,
        "state": item.state.value,
        "source": item.source or None,
        "languages": [version.language for version in item.versions],
        "title": item.title,
        "url": item.url or None,
        "published_at": local(item.published_at, zone),
        "topics": list(item.topics),
    }


def whole_item(item: Item, posts: list[Post], zone: ZoneInfo) -> dict[str, object]:
    """Return an item with all that is known of it."""
    return {
        **item_row(item, zone),
        "revision": item.revision,
        "partner": item.partner or None,
        "channels": list(item.only_channels),
        "created_at": local(item.created_at, zone),
        "judged_at": local(item.judged_at, zone),
        "pinned_at": local(item.pinned_at, zone),
        "expires_at": local(item.expires_at, zone),
        "review_by": item.review_by,
        "confirmed": item.confirmed,
        "evergreen": item.evergreen,
        "rounds": item.rounds,
        "versions": [asdict(version) for version in item.versions],
        "posts": [post_row(post, zone) for post in posts],
    }


def post_row(post: Post, zone: ZoneInfo) -> dict[str, object]:
    """Return a post for a listing."""
    from content_queue.item import item_name, post_name

    return {
        "id": post_name(post.id),
        "item": item_name(post.item),
        "channel": post.channel,
        "network": post.network,
        "state": post.state.value,
        "due_at": local(post.due_at, zone),
        "text": post.message.text,
        "remote_id": post.remote_id or None,
        "remote_url": post.remote_url or None,
        "attempts": post.attempts,
        "error": post.error or None,
    }


def post_rows(posts: Iterable[Post], settings: Settings, *, whole: bool) -> list[dict[str, object]]:
    """Return posts for a listing: ``whole`` for scripts, else as people read them in a table."""
    rows = [post_row(post, settings.bot.timezone) for post in posts]
    return rows if whole else in_short(rows, settings)


def in_short(rows: Iterable[Mapping[str, object]], settings: Settings) -> list[dict[str, object]]:
    """Return rows for a table: of each text the first line as readers see it, a cost in short."""
    from bot import assemble

    styles = assemble.styles(settings)
    return [{**row, **_short(row, styles.get(str(row["channel"])))} for row in rows]


def _short(row: Mapping[str, object], style: Style | None) -> dict[str, object]:
    first = as_read(str(row["text"]), style).partition("\n")[0]
    cost = row.get("cost")
    return {"text": first} if cost is None else {"text": first, "cost": f"{cost:.3f}"}


def as_read(text: str, style: Style | None) -> str:
    """Return a text without the markup of its network."""
    from bot.compose.measure import html_text

    return html_text(text) if style and style.limits.escape("&") == "&amp;" else text


def message_row(item: int, message: Message) -> dict[str, object]:
    """Return what an item says on a channel."""
    from content_queue.item import item_name

    return {
        "item": item_name(item),
        "channel": message.channel,
        "network": message.network,
        "language": message.language,
        "variant": message.variant or None,
        "text": message.text,
        "length": message.length,
        "limit": message.limit,
        "link": message.link or None,
        "pictures": [asdict(picture) for picture in message.pictures],
        "cost": dollars(message.cost),
        "refusal": None,
    }


def refusal_row(item: int, channel: str, why: str) -> dict[str, object]:
    """Return why an item says nothing on a channel, in the shape of :func:`message_row`."""
    from content_queue.item import item_name

    nothing = ("network", "language", "variant", "text", "length", "limit", "link", "cost")
    return {
        "item": item_name(item),
        "channel": channel,
        **dict.fromkeys(nothing),
        "pictures": [],
        "refusal": why,
    }


def hold_row(hold: Hold, zone: ZoneInfo) -> dict[str, object]:
    """Return a hold for a listing."""
    return {
        "scope": hold.scope.value,
        "target": target_name(hold) or None,
        "reason": hold.reason,
        "who": hold.who,
        "since": local(hold.since, zone),
        "until": local(hold.until, zone),
    }


def target_name(hold: Hold) -> str:
    """Return what a hold is on, as people write it: ``i12`` for an item."""
    from content_queue.item import Scope, item_name, post_name

    names = {Scope.ITEM: item_name, Scope.POST: post_name}
    name = names.get(hold.scope)
    return name(int(hold.target)) if name else hold.target


def happening_row(line: Happening, zone: ZoneInfo) -> dict[str, object]:
    """Return one line of the history."""
    from content_queue.item import item_name, post_name

    return {
        "at": local(line.at, zone),
        "who": line.who,
        "what": line.what,
        "why": str(line.why) or None,
        "item": None if line.item is None else item_name(line.item),
        "post": None if line.post is None else post_name(line.post),
    }
