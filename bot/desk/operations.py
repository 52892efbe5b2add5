"""What people may do, the same through every door. Each runs inside one transaction of the queue.

``who`` is the person: what they may do is asked of ``may`` here, in the same transaction, whatever door
they came by. An operation raises ``NotAllowedError``, ValueError, ``LostRaceError`` or ``UnknownError``
with one line for people when it cannot be done.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta

from bot.compose.render import Style
from bot.compose.spread import Spread, spread
from bot.desk.permission import allow, allow_hold, approvable, place, post_to_act_on, reworded
from content_queue.identity import canonical
from content_queue.item import (
    Hold,
    Item,
    Kind,
    Message,
    Post,
    Scope,
    Version,
    item_name,
    parse_reference,
)
from content_queue.lifecycle import PENDING_ITEM
from content_queue.operations import (
    breaker,
    flood,
    holds,
    intake,
    judgement,
    listing,
    planning,
    posts,
    recalling,
    twins,
)
from content_queue.operations.moves import LostRaceError
from content_queue.operations.recalling import Recalled
from content_queue.operations.rows import item_by_id, post_by_id
from content_queue.people import Action, Person
from content_queue.planner import Need
from content_queue.store.database import Transaction


@dataclass(frozen=True, slots=True)
class Desk:
    """What the operations need of the configuration.

    ``late`` is how late a post of each channel may be, ``grace`` how long after an approval nothing of it
    is sent, ``gaps`` each channel's least time between two posts, ``need`` what a week of slots takes.
    """

    styles: Mapping[str, Style]
    late: Mapping[str, timedelta]
    grace: timedelta
    gaps: Mapping[str, timedelta] = field(default_factory=dict)
    need: Need = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Draft:
    """What a person proposes; ``confirmed`` is the day on which someone confirmed a quote."""

    kind: Kind
    versions: tuple[Version, ...]
    topics: tuple[str, ...] = ()
    channels: tuple[str, ...] = ()
    at: datetime | None = None
    confirmed: date | None = None


@dataclass(frozen=True, slots=True)
class Shown:
    """An item with what it would say, or says, on each channel."""

    item: Item
    messages: tuple[Message, ...]
    refusals: Mapping[str, str]


def approve(  # noqa: PLR0913  an approval has these parts
    tx: Transaction,
    desk: Desk,
    now: datetime,
    who: Person,
    number: int,
    *,
    channels: Collection[str] = (),
    revision: int | None = None,
    any_language: bool = False,
) -> Spread:
    """Approve an item: its messages are stored as they are shown. ``revision`` is the one that was shown.

    ``any_language`` lets ``channels`` take this item in a language that is not theirs.
    """
    item = _as_shown(tx, number, revision)
    if any_language and not channels:
        raise ValueError("name the channels that take the item in a language that is not theirs")
    wanted = approvable(desk.styles, who, item, channels)
    made = spread(item, _speaking(desk.styles, item) if any_language else desk.styles, wanted)
    if not made.messages and made.refusals:
        raise judgement.CannotApproveError("; ".join(made.refusals.values()))
    judgement.approve(tx, now, who.who, item, made.messages, not_before=now + desk.grace)
    return made


def edit(  # noqa: PLR0913  an edit has these parts
    tx: Transaction,
    desk: Desk,
    now: datetime,
    who: Person,
    number: int,
    versions: Sequence[Version],
    *,
    revision: int | None = None,
    approved: bool = True,
    confirmed: date | None = None,
) -> Item:
    """Give an item new words; an editor's own edit approves in the same act unless ``approved`` is False.

    ``confirmed`` is the day on which someone confirmed a quote; None keeps the one that is known.
    """
    item = _as_shown(tx, number, revision)
    _each_once(versions)
    _not_to_come(confirmed, now)
    if not any(version.title.strip() for version in versions):
        raise ValueError(f"{item_name(number)} needs a title in at least one language")
    allow(who, Action.EDIT, item, reworded(item, versions))
    changed = judgement.edit(tx, now, who.who, item, versions, confirmed=confirmed)
    if approved:
        approve(tx, desk, now, who, number)
    return changed


def reject(
    tx: Transaction, now: datetime, who: Person, number: int, why: str, *, revision: int | None = None
) -> None:
    """Say no, with a reason."""
    if not why.strip():
        raise ValueError("a rejection needs its reason: people will ask")
    item = _as_shown(tx, number, revision)
    allow(who, Action.REJECT, item)
    judgement.reject(tx, now, who.who, item, why.strip())


def withdraw(tx: Transaction, now: datetime, who: Person, number: int, why: str = "") -> list[Post]:
    """Take an item out; return its posts that have left and can only be recalled."""
    item = item_by_id(tx, number)
    allow(who, Action.WITHDRAW, item)
    left = judgement.withdraw(tx, now, who.who, item, why)
    return [post_by_id(tx, post) for post in left]


def reopen(tx: Transaction, now: datetime, who: Person, number: int) -> None:
    """Put an item before the moderators again."""
    item = item_by_id(tx, number)
    allow(who, Action.REOPEN, item)
    judgement.reopen(tx, now, who.who, item)


def repeat(tx: Transaction, now: datetime, who: Person, number: int) -> None:
    """Let an item go out once more."""
    item = item_by_id(tx, number)
    allow(who, Action.REPEAT, item)
    judgement.repeat(tx, now, who.who, item)


def pair(tx: Transaction, now: datetime, who: Person, kept: int, merged: int) -> Item:
    """Make one item of two; it is judged again."""
    if kept == merged:
        raise ValueError(f"{item_name(kept)} cannot be paired with itself")
    both = item_by_id(tx, kept), item_by_id(tx, merged)
    for item in both:
        allow(who, Action.PAIR, item)
    return judgement.pair(tx, now, who.who, *both)


def add(tx: Transaction, desk: Desk, now: datetime, who: Person, draft: Draft) -> int:
    """Put a person's own item into the queue, pending; return its id."""
    return intake.add_by_person(tx, now, who.who, _allowed(desk, now, who, draft))


def preview(tx: Transaction, desk: Desk, now: datetime, who: Person, draft: Draft) -> Shown:
    """Return what :func:`add` would make of a draft, and what it would say; nothing is kept."""
    item = _allowed(desk, now, who, draft)
    intake.new_addresses(tx, item)
    made = spread(item, desk.styles, ())
    return Shown(item, made.messages, made.refusals)


def _allowed(desk: Desk, now: datetime, who: Person, draft: Draft) -> Item:
    allow(who, Action.ADD)
    unknown = [name for name in draft.channels if name not in desk.styles]
    if unknown:
        known = ", ".join(desk.styles) or "none"
        raise ValueError(f"there is no channel {', '.join(unknown)}; the channels are {known}")
    if not any(version.title.strip() for version in draft.versions):
        raise ValueError("an item needs a title")
    _each_once(draft.versions)
    if draft.at is not None and draft.at <= now:
        raise ValueError(f"{draft.at.isoformat()} is over already: give a time to come")
    _not_to_come(draft.confirmed, now)
    return _drafted(draft, who, now)


def show(tx: Transaction, desk: Desk, number: int, channels: Collection[str] = ()) -> Shown:
    """Return an item with its messages: the stored ones once it is approved, else as they would be."""
    return show_each(tx, desk, [item_by_id(tx, number)], channels)[0]


def show_each(
    tx: Transaction, desk: Desk, items: Sequence[Item], channels: Collection[str] = ()
) -> list[Shown]:
    """Return the same of several items that were read already."""
    stored = listing.messages_of_each(tx, items)
    return [_shown(desk, item, stored[item.id], channels) for item in items]


def _shown(desk: Desk, item: Item, stored: Sequence[Message], channels: Collection[str]) -> Shown:
    if stored:
        chosen = tuple(message for message in stored if not channels or message.channel in channels)
        return Shown(item, chosen, {})
    made = spread(item, desk.styles, channels)
    return Shown(item, made.messages, made.refusals)


def publish_now(
    tx: Transaction, desk: Desk, now: datetime, who: Person, number: int, channels: Sequence[str] = ()
) -> list[Post]:
    """Plan an approved item for now, on ``channels`` or wherever it was approved for and has yet to go."""
    item = item_by_id(tx, number)
    approved = dict.fromkeys(message.channel for message in listing.messages_of(tx, item))
    if not channels and not approved:
        allow(who, Action.PUBLISH, item)
        planning.post_now(tx, now, who.who, number, next(iter(desk.styles), "any channel"), timedelta(0))
    open_ones = [name for name in approved if planning.may_post_now(tx, number, name)]
    wanted = channels or open_ones or tuple(approved)
    for name in wanted:
        allow(who, Action.PUBLISH, item, place(desk.styles, name))
    return [
        planning.post_now(tx, now, who.who, number, name, desk.late.get(name, timedelta(0)))
        for name in wanted
    ]


def announce(
    tx: Transaction, desk: Desk, now: datetime, who: Person, number: int, channels: Sequence[str] = ()
) -> list[Post]:
    """Publish an approved announcement now although everything is paused; nothing else goes out for that."""
    item = item_by_id(tx, number)
    allow(who, Action.PUBLISH_DURING_PAUSE, item)
    if item.kind is not Kind.ANNOUNCEMENT:
        raise ValueError(f"{item_name(number)} is no announcement: nothing else goes out during a pause")
    posts = publish_now(tx, desk, now, who, number, channels)
    holds.pass_pause(tx, now, who.who, posts)
    return posts


def move(tx: Transaction, desk: Desk, now: datetime, who: Person, number: int, when: datetime) -> None:
    """Give a planned post another time."""
    post = post_to_act_on(tx, who, Action.MOVE, number)
    if when <= now:
        raise ValueError(f"{when.isoformat()} is over already: give a time to come")
    posts.move(tx, now, who.who, post, when, desk.late.get(post.channel, timedelta(hours=6)))


def skip(tx: Transaction, now: datetime, who: Person, number: int, why: str = "") -> None:
    """Leave a slot; the item gets a later one."""
    posts.skip(tx, now, who.who, post_to_act_on(tx, who, Action.SKIP, number), why)


def cancel(tx: Transaction, now: datetime, who: Person, number: int, why: str = "") -> None:
    """End a post that has not left; the item does not come back on that channel by itself."""
    posts.cancel(tx, now, who.who, post_to_act_on(tx, who, Action.CANCEL, number), why)


def retry(tx: Transaction, now: datetime, who: Person, number: int) -> None:
    """Send a failed post again."""
    posts.retry(tx, now, who.who, post_to_act_on(tx, who, Action.RETRY, number))


def resolve_found(tx: Transaction, now: datetime, who: Person, number: int, url: str = "") -> None:
    """Answer an uncertain post: it is there. Raises ValueError for a ``url`` that is no web address."""
    if url and not canonical(url):
        raise ValueError(f"{url} is no web address; leave it out if you do not have it")
    posts.answer_found(tx, now, who.who, post_to_act_on(tx, who, Action.RESOLVE, number), url)


def resolve_resend(tx: Transaction, now: datetime, who: Person, number: int) -> None:
    """Answer an uncertain post: it is not there, send it again."""
    posts.answer_resend(tx, now, who.who, post_to_act_on(tx, who, Action.RESOLVE, number))


def resolve_drop(tx: Transaction, now: datetime, who: Person, number: int) -> None:
    """Answer an uncertain post: let it be."""
    posts.answer_drop(tx, now, who.who, post_to_act_on(tx, who, Action.RESOLVE, number))


def recall(tx: Transaction, now: datetime, who: Person, reference: str, why: str) -> Recalled:
    """Take back a post (``p34``) or all of an item's (``i12``) that is out, and cancel what is planned of it.

    The deletes are rows that the worker carries out. Raises ValueError without a reason, or where nothing of
    the item is out.
    """
    letter, number = parse_reference(reference)
    if not why.strip():
        raise ValueError("say why: people will read it")
    post = post_to_act_on(tx, who, Action.RECALL, number) if letter == "p" else None
    item = item_by_id(tx, post.item if post else number)
    allow(who, Action.RECALL, item)
    begun = recalling.recall(tx, now, who.who, item, why.strip(), post)
    if not begun.posts and not begun.unsure:
        raise ValueError(f"nothing of {item_name(item.id)} is out: withdraw it instead")
    return begun


def pause(
    tx: Transaction,
    now: datetime,
    who: Person,
    scope: Scope = Scope.EVERYTHING,
    target: str = "",
    *,
    why: str = "",
    until: datetime | None = None,
) -> int:
    """Hold everything, or one channel, source, partner, topic, item or post; return the hold's id."""
    allow_hold(tx, who, scope, target, Action.PAUSE, Action.PAUSE_EVERYTHING)
    number = holds.hold(tx, now, who.who, scope, target, why.strip() or "paused", until)
    if scope is Scope.EVERYTHING and until is None:
        twins.answered(tx, now, who.who)  # "stop here": the person's own hold stands in its place
    return number


def resume(
    tx: Transaction, now: datetime, who: Person, scope: Scope = Scope.EVERYTHING, target: str = ""
) -> list[Hold]:
    """Lift the holds on exactly this; return them. Raises ValueError when there is none.

    All that a source's flood brought comes in to be judged: :func:`from_sources.release` has the choice.
    """
    allow_hold(tx, who, scope, target, Action.RESUME, Action.RESUME_EVERYTHING)
    lifted = holds.lift(tx, now, who.who, scope, target)
    if scope is Scope.CHANNEL:
        breaker.answered(tx, now, target)  # a person says that all is well: the count begins anew
    if not lifted:
        raise ValueError(f"nothing holds {scope.value} {target}".rstrip())
    if scope is Scope.SOURCE and flood.waiting(tx, target):
        flood.release(tx, now, who.who, target)
    return lifted


def _speaking(styles: Mapping[str, Style], item: Item) -> dict[str, Style]:
    """Return the styles as if each spoke, behind its own languages, those of the item."""
    spoken = [version.language for version in item.versions]
    both = {name: tuple(dict.fromkeys((*style.languages, *spoken))) for name, style in styles.items()}
    return {name: replace(style, languages=both[name], together=False) for name, style in styles.items()}


def _as_shown(tx: Transaction, number: int, revision: int | None) -> Item:
    item = item_by_id(tx, number)
    if revision is not None and revision != item.revision:
        raise LostRaceError(f"{item_name(number)} has changed since it was shown; look at it again")
    return item


def _each_once(versions: Sequence[Version]) -> None:
    languages = [version.language for version in versions]
    twice = next((language for language in languages if languages.count(language) > 1), None)
    if twice is not None:
        raise ValueError(f"the words in {twice} stand there twice: give each language once")


def _not_to_come(confirmed: date | None, now: datetime) -> None:
    # a day's grace: it may be tomorrow already where the person is
    if confirmed is not None and confirmed > now.date() + timedelta(days=1):
        raise ValueError(f"{confirmed.isoformat()} is yet to come: give the day on which it was confirmed")


def _drafted(draft: Draft, who: Person, now: datetime) -> Item:
    return Item(
        id=0,
        kind=draft.kind,
        state=PENDING_ITEM,
        source="",
        revision=1,
        versions=draft.versions,
        created_at=now,
        topics=draft.topics,
        published_at=now,
        pinned_at=draft.at,
        only_channels=draft.channels,
        confirmed=draft.confirmed,
        added_by=who.who,
    )
