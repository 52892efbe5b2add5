"""The card of an item: the exact text of each channel, and what can be done with it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from hashlib import sha256

from bot.compose.preview import Preview, preview
from bot.desk import operations
from bot.desk.operations import Shown
from bot.desk.telegram.asking import Asking
from bot.desk.telegram.talk import Button, Say, escaped, quoted, says
from content_queue.item import Item, Picture, item_name
from content_queue.lifecycle import ItemEvent, before
from content_queue.operations import overview, pending
from content_queue.operations.resuming import Letting
from content_queue.people import Action, may

MOST = 10
"""So many items in one list."""
MOST_PICTURES = 4
LABEL = 40
"""So many characters of a title on a button."""


def waiting(asking: Asking) -> tuple[Say, ...]:
    """List what waits to be judged, each with a button that opens its card."""
    words = asking.words
    number, _ = overview.counts(asking.tx)
    if not number:
        return (Say(escaped(words.say("Nothing waits to be judged."))),)
    head = words.count("%(n)s item to judge", "%(n)s items to judge", number)
    found = pending.to_judge(asking.tx, MOST, need=asking.parts.desk.need)
    rows = [[_open(asking, item)] for item in found]
    return says([f"<b>{escaped(head)}</b>"], rows)


def card(asking: Asking, number: int) -> tuple[Say, ...]:
    """Show an item as it will look on each channel; its buttons approve exactly that."""
    shown = operations.show(asking.tx, asking.parts.desk, number)
    first, *further = says(_blocks(asking, shown), _rows(asking, shown, ()))
    return (replace(first, pictures=_pictures(shown)), *further)


def choice(asking: Asking, number: int, chosen: Collection[str]) -> tuple[Say, ...]:
    """Show an item as it will look on the chosen channels, with a button for each that it could go to.

    Nothing chosen is every channel.
    """
    channels = _channels_of(operations.show(asking.tx, asking.parts.desk, number))
    chosen = chosen or channels
    shown = operations.show(asking.tx, asking.parts.desk, number, chosen)
    rows = [*_rows(asking, shown, chosen), *_toggles(asking, shown.item, channels, chosen)]
    return says(_blocks(asking, shown), rows)


def _channels_of(shown: Shown) -> list[str]:
    """Return the channels that an item has messages for."""
    return list(dict.fromkeys(message.channel for message in shown.messages))


def _pictures(shown: Shown) -> tuple[tuple[Picture, str], ...]:
    """Return the pictures of an item's messages, each once, as the first channel that has it shows it."""
    found: dict[tuple[str, str], tuple[Picture, str]] = {}
    for message in shown.messages:
        for picture in message.pictures:
            found.setdefault((picture.source, picture.alt), (picture, message.channel))
    return tuple(found.values())[:MOST_PICTURES]


def judged(item: Item) -> bool:
    """Say whether an item waits for nobody any more."""
    return item.state.value not in before(ItemEvent.REJECT)


def shown_digest(shown: Shown) -> str:
    """Return the digest of all that a card shows of an item, and of what it does not show."""
    parts = [str(shown.item.revision), shown.item.state.value]
    for message in shown.messages:
        pictures = [f"{one.source} {one.alt} {one.digest}" for one in message.pictures]
        parts += [message.channel, message.variant, message.text, message.link, *pictures]
    parts += [f"{channel} {why}" for channel, why in sorted(shown.refusals.items())]
    return sha256("\0".join(parts).encode()).hexdigest()


def letting_digest(seen: Letting) -> str:
    """Return the digest of what going on would let out."""
    lifted = " ".join(str(hold.id) for hold in seen.lifted)
    posts = " ".join(str(number) for number in sorted(post.id for post, _ in seen.out))
    return sha256(f"{lifted};{posts}".encode()).hexdigest()


def title_of(item: Item) -> str:
    """Return an item's first title."""
    return next((version.title for version in item.versions if version.title), item_name(item.id))


def _open(asking: Asking, item: Item) -> Button:
    title = title_of(item)
    short = title if len(title) <= LABEL else f"{title[: LABEL - 1].rstrip()}…"
    return asking.button(f"{item_name(item.id)} {short}", "open", item_name(item.id))


def _blocks(asking: Asking, shown: Shown) -> Iterator[str]:
    words, item = asking.words, shown.item
    kind, state = words.say(item.kind.value), words.say(item.state.value)
    yield f"<b>{item_name(item.id)}</b> {escaped(f'{kind}, {state}')}"
    if item.source:
        yield escaped(words.say("from %(source)s", source=item.source))
    for message in shown.messages:
        style = asking.parts.desk.styles.get(message.channel)
        yield from _message(asking, preview(message, style.limits if style else None))
    for channel, why in shown.refusals.items():
        yield f"<b>{escaped(channel)}</b> {escaped(words.line(why))}"


def _message(asking: Asking, seen: Preview) -> Iterator[str]:
    words = asking.words
    variant = "" if seen.variant in {"", "default"} else f", {seen.variant}"
    yield f"<b>{escaped(seen.channel)}</b> {seen.length}/{seen.limit}{escaped(variant)}"
    yield from quoted(seen.text)
    if seen.link:
        yield escaped(words.say("Link: %(link)s", link=seen.link))
    for picture in seen.pictures:
        where = words.say("Picture: %(picture)s", picture=picture.source)
        alt = picture.alt or words.say("no description")
        yield escaped(f"{where} ({alt})")


def _rows(asking: Asking, shown: Shown, chosen: Collection[str]) -> list[list[Button]]:
    item, words = shown.item, asking.words
    if judged(item) or not any(may(asking.who, each, item) for each in (Action.APPROVE, Action.REJECT)):
        return []
    name, bound = item_name(item.id), {"revision": item.revision, "shown": shown_digest(shown)}
    approve = asking.button(words.say("Approve"), "approve", name, detail=" ".join(chosen), **bound)
    first = [approve] if shown.messages else []
    first.append(asking.button(words.say("Reject"), "reject", name, **bound))
    first.append(asking.button(words.say("Later"), "later", name, **bound))
    edits = [
        asking.button(
            words.say("Correct (%(language)s)", language=words.say(version.language)),
            "correct",
            name,
            detail=version.language,
            **bound,
        )
        for version in item.versions
    ]
    several = not chosen and len(_channels_of(shown)) > 1
    channels = [[asking.button(words.say("Channels"), "channels", name, **bound)]] if several else []
    return [first, edits, *channels]


def _toggles(
    asking: Asking, item: Item, channels: Sequence[str], chosen: Collection[str]
) -> Iterator[list[Button]]:
    """Yield a button for each channel, which takes it in or leaves it out; the last one stays."""
    if judged(item):
        return
    for channel in channels:
        rest = [each for each in channels if (each in chosen) != (each == channel)]
        mark = "☑" if channel in chosen else "☐"
        if rest:
            yield [asking.button(f"{mark} {channel}", "channels", item_name(item.id), detail=" ".join(rest))]
