"""All that is known about one thing: the answer to "why?", the same through every door."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from content_queue.identity import canonical
from content_queue.item import Happening, Hold, Item, Post, parse_reference
from content_queue.operations import history, holds, listing
from content_queue.operations.rows import item_by_id, post_by_id
from content_queue.store.database import Transaction


@dataclass(frozen=True, slots=True)
class Story:
    """All that is known about one thing: the answer to "why?"."""

    items: tuple[Item, ...]
    posts: tuple[Post, ...]
    entries: tuple[listing.EntryRow, ...]
    happenings: tuple[Happening, ...]
    holds: tuple[Hold, ...]


def why(tx: Transaction, now: datetime, asked: str) -> Story:
    """Return every decision about an item, a post, or an address. Raises ValueError for anything else."""
    if "://" in asked:
        return _story_of_address(tx, now, asked)
    letter, number = parse_reference(asked)
    if letter == "i":
        item = item_by_id(tx, number)
        own = listing.entries_of_item(tx, number)
        return _story(tx, now, [item], listing.posts_of_item(tx, number), own)
    post = post_by_id(tx, number)
    found = _story(tx, now, [item_by_id(tx, post.item)], [post], ())
    return replace(found, happenings=tuple(history.of_post(tx, number)))


def _story_of_address(tx: Transaction, now: datetime, url: str) -> Story:
    address = canonical(url)
    if not address:
        raise ValueError(f"{url} is no web address")
    items = [item_by_id(tx, number) for number in listing.items_at(tx, [url, address], address)]
    found = [post for item in items for post in listing.posts_of_item(tx, item.id)]
    entries = listing.entries_at(tx, address)
    if not items and not entries:
        raise ValueError(f"{url} has never been seen: no source brought it and nobody added it")
    return _story(tx, now, items, found, entries)


def _story(
    tx: Transaction,
    now: datetime,
    items: Sequence[Item],
    own: Sequence[Post],
    entries: Sequence[listing.EntryRow],
) -> Story:
    happenings = [line for item in items for line in history.of_item(tx, item.id)]
    against = {hold.id: hold for post in own for hold in holds.on_post(tx, post.id, now)}
    return Story(tuple(items), tuple(own), tuple(entries), tuple(happenings), tuple(against.values()))
