"""What the API takes and gives, by the names of the command line's ``--json``."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from bot.desk.web.address import is_web
from bot.desk.web.parts import Foreseen
from bot.desk.web.refusal import RefusalError
from content_queue.item import Hold, Item, Kind, Message, Post, Reason, Scope, Version, item_name, post_name
from content_queue.operations.listing import SourceRow

Title = Annotated[str, Field(max_length=500)]
Words = Annotated[str, Field(max_length=4000)]
Url = Annotated[str, Field(max_length=2000)]
Name = Annotated[str, Field(max_length=200)]
Names = Annotated[list[Name], Field(max_length=50)]
Why = Annotated[str, Field(max_length=300)]
Revision = Annotated[int | None, Field(ge=1, le=2**31 - 1)]


class Asked(BaseModel):
    """A body: a name that it does not know is a mistake."""

    model_config = ConfigDict(extra="forbid", strict=False)


class VersionIn(Asked):
    """An item's words in one language."""

    language: Literal["fr", "en"]
    title: Title
    summary: Words = ""
    url: Url = ""
    image: Url = ""
    alt: Title = ""

    def version(self) -> Version:
        """Return the queue's value; raise RefusalError for an address that is none."""
        for address in (self.url, self.image):
            if address and not is_web(address):
                raise RefusalError(422, "an address begins with https:// or http://")
        return Version(self.language, self.title, self.summary, self.url, self.image, self.alt)


class ItemIn(Asked):
    """A proposal: it waits for judgement."""

    kind: Kind
    versions: Annotated[list[VersionIn], Field(min_length=1, max_length=2)]
    topics: Names = []
    channels: Names = []
    at: AwareDatetime | None = None
    confirmed: date | None = None


class EditIn(Asked):
    """Other words for an item; with ``approve`` they are approved in the same act."""

    versions: Annotated[list[VersionIn], Field(min_length=1, max_length=2)]
    revision: Revision = None
    approve: bool = False


class ApproveIn(Asked):
    """An approval, of the revision that was shown; without channels on all that fit."""

    channels: Names = []
    revision: Revision = None


class RejectIn(Asked):
    """A rejection, with its reason."""

    why: Annotated[str, Field(min_length=1, max_length=300)]
    revision: Revision = None


class PairIn(Asked):
    """The item that becomes part of this one."""

    other: Annotated[str, Field(pattern=r"^i[0-9]{1,18}$")]


class WhyIn(Asked):
    """A reason, where there is one."""

    why: Why = ""


class ChannelsIn(Asked):
    """Channels; none: all that it was approved for."""

    channels: Names = []


class PublishIn(ChannelsIn):
    """Channels, and whether an announcement may pass a pause of everything."""

    during_pause: bool = False


class MoveIn(Asked):
    """Another time."""

    at: AwareDatetime


class ResolveIn(Asked):
    """What became of a post of unknown fate."""

    answer: Literal["found", "resend", "drop"]
    url: Url = ""


class HoldIn(Asked):
    """What to hold, and until when; ``target`` is "" for everything, ``i12`` and ``p34`` for those."""

    scope: Scope
    target: Name = ""
    why: Why = ""
    until: AwareDatetime | None = None


class ReleaseIn(Asked):
    """What to let go on."""

    scope: Scope
    target: Name = ""


NO_WHY, ALL_CHANNELS, AS_IT_STANDS = WhyIn(), PublishIn(), ApproveIn()
"""What an act without a body asks for."""


class FloodIn(Asked):
    """How many of the newest come in, all without it; ``seen`` refuses where so many wait no more."""

    newest: Annotated[int, Field(ge=0, lt=10**9)] | None = None
    seen: Annotated[int, Field(ge=0, lt=10**9)] | None = None


class VersionOut(BaseModel):
    """An item's words in one language."""

    language: str
    title: str
    summary: str
    url: str | None
    image: str | None
    alt: str | None


class ItemOut(BaseModel):
    """An item."""

    id: str
    kind: str
    state: str
    source: str | None
    languages: list[str]
    title: str
    url: str | None
    published_at: datetime | None
    topics: list[str]
    revision: int
    versions: list[VersionOut]


class MessageOut(BaseModel):
    """What an item says on one channel, to the letter."""

    channel: str
    network: str
    language: str
    variant: str
    text: str
    length: int
    limit: int
    link: str | None


class PreviewOut(BaseModel):
    """An item's messages, and the channels that get none, each with the reason."""

    messages: list[MessageOut]
    refusals: dict[str, str]


class PostOut(BaseModel):
    """A post."""

    id: str
    item: str
    channel: str
    network: str
    state: str
    due_at: datetime
    text: str
    remote_id: str | None
    remote_url: str | None
    attempts: int
    error: str | None


class PlanOut(BaseModel):
    """A row of the plan; ``post`` is null in the forecast."""

    post: str | None
    due_at: datetime
    channel: str
    item: str
    text: str
    length: int
    limit: int
    link: str | None
    reason: str


class SourceOut(BaseModel):
    """Where content comes from."""

    name: str
    kind: str
    url: str | None
    last_polled: datetime | None
    last_new: int
    error: str | None


class WaitingOut(BaseModel):
    """An entry that appeared at once with many others, and waits for a person."""

    title: str
    url: str | None
    published_at: datetime


class LetInOut(BaseModel):
    """The items that wait for judgement now."""

    items: list[str]


class HoldOut(BaseModel):
    """A reason why something does not go out now."""

    scope: str
    target: str
    reason: str
    who: str
    since: datetime
    until: datetime | None


class HoldsOut(BaseModel):
    """The holds that an act made or lifted."""

    holds: list[HoldOut]


def item_out(item: Item) -> ItemOut:
    """Write an item."""
    return ItemOut(
        id=item_name(item.id),
        kind=item.kind.value,
        state=item.state.value,
        source=item.source or None,
        languages=[version.language for version in item.versions],
        title=item.title,
        url=item.url or None,
        published_at=item.published_at,
        topics=list(item.topics),
        revision=item.revision,
        versions=[_version_out(version) for version in item.versions],
    )


def message_out(message: Message) -> MessageOut:
    """Write a message."""
    names = ("channel", "network", "language", "variant", "text", "length", "limit")
    return MessageOut(**{name: getattr(message, name) for name in names}, link=message.link or None)


def post_out(post: Post) -> PostOut:
    """Write a post."""
    return PostOut(
        id=post_name(post.id),
        item=item_name(post.item),
        channel=post.channel,
        network=post.network,
        state=post.state.value,
        due_at=post.due_at,
        text=post.message.text,
        remote_id=post.remote_id or None,
        remote_url=post.remote_url or None,
        attempts=post.attempts,
        error=post.error or None,
    )


def planned_out(post: Post) -> PlanOut:
    """Write a row of the plan that is fixed."""
    row = _plan_row(post.channel, post.item, post.message, post.reason)
    return row.model_copy(update={"post": post_name(post.id), "due_at": max(post.due_at, post.not_before)})


def foreseen_out(row: Foreseen) -> PlanOut:
    """Write a row of the forecast."""
    return _plan_row(row.channel, row.item, row.message, row.reason).model_copy(update={"due_at": row.due_at})


def _plan_row(channel: str, item: int, message: Message, reason: Reason) -> PlanOut:
    return PlanOut(
        post=None,
        due_at=datetime.min.replace(tzinfo=UTC),
        channel=channel,
        item=item_name(item),
        text=message.text,
        length=message.length,
        limit=message.limit,
        link=message.link or None,
        reason=str(reason),
    )


def source_out(row: SourceRow) -> SourceOut:
    """Write a source."""
    return SourceOut(
        name=row.name,
        kind=row.kind,
        url=row.url or None,
        last_polled=row.last_polled,
        last_new=row.last_new,
        error=row.wrong or None,
    )


def hold_out(hold: Hold) -> HoldOut:
    """Write a hold."""
    names = {Scope.ITEM: "i", Scope.POST: "p"}
    return HoldOut(
        scope=hold.scope.value,
        target=f"{names.get(hold.scope, '')}{hold.target}",
        reason=hold.reason,
        who=hold.who,
        since=hold.since,
        until=hold.until,
    )


def _version_out(version: Version) -> VersionOut:
    return VersionOut(
        language=version.language,
        title=version.title,
        summary=version.summary,
        url=version.url or None,
        image=version.image or None,
        alt=version.alt or None,
    )
