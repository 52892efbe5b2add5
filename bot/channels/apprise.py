"""Everything that Apprise reaches and that has no file of its own here: Discord, Slack, Matrix, many more.

Apprise says whether a service took a message, and nothing else: no id, no address, no list of what is out. So
a message goes out at most once, an unknown outcome is put before a person at once, and nothing is taken back.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Collection
from contextlib import suppress
from datetime import datetime, timedelta

from pydantic import BaseModel, ConfigDict, Field

from bot.channels.answer import by_status, status_line, wait_of
from bot.channels.apprise_process import Child, Come, EndedError, Errand, Service
from bot.channels.network import Network, Recovery, Wiring
from bot.message import (
    Account,
    Channel,
    ChannelError,
    Frozen,
    Limits,
    LockedOut,
    Message,
    Progress,
    Receipt,
    Refused,
    TryLater,
    Uncertain,
)
from bot.secret import variable

_PATIENCE = 4
"""So many deadlines a message may go on in the background: that it was taken is evidence, however late."""
_START = timedelta(seconds=20)
"""So long the library may take to load; it is no part of a request's deadline."""
_WAIT = timedelta(minutes=5)
"""Where a service says that it is asked too often, and not for how long to leave it alone."""
_NATIVE = {
    "bluesky": {"bluesky", "bsky"},
    "mastodon": {"mastodon", "mastodons", "toot", "toots"},
    "telegram": {"tgram"},
    "x": {"tweet", "twitter", "x"},
}
"""The networks that are spoken to without Apprise, and its words for them."""


class Options(BaseModel):
    """What is known of the place: its ``account`` as people call it, and how long a text it takes.

    ``limit`` counts code points, as Apprise does; ``check --online`` compares it with what the service takes.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    account: str = Field(default="", max_length=100)
    limit: int = Field(default=2000, ge=40, le=32_768)


def _limits(options: Options) -> Limits:
    """Return what the place takes: words alone, since Apprise carries no alt text."""
    return Limits(
        maximum=options.limit,
        measure=len,
        escape=str,
        templates={
            "default": "{title}\n\n{summary}\n\n{url}\n\n{hashtags}",
            "plain": "{title}\n\n{summary}\n\n{hashtags}",
            "fact": "{title}\n\n{credit}\n\n{hashtags}",
            "quote": "{title}\n\n{credit}\n\n{hashtags}",
            "video": "{title}\n\n{url}\n\n{hashtags}",
            "press": "{title}\n\n{url}",
        },
        hashtags=0,
        pictures=0,
    )


class AppriseChannel:
    """One address of Apprise. Its library lives in a process of its own, made when a post is prepared."""

    def __init__(self, wiring: Wiring[Options]) -> None:
        """Take what the channel needs; loads nothing."""
        self._wiring = wiring
        self._ready: Child | None = None
        self._sending: dict[asyncio.Task[Receipt | ChannelError], Child] = {}

    @property
    def name(self) -> str:
        """The channel's name in the configuration."""
        return self._wiring.name

    @property
    def limits(self) -> Limits:
        """What the place takes."""
        return _limits(self._wiring.options)

    async def check(self) -> Account:
        """Have Apprise read the address; it asks nobody. Raises LockedOut for one that is none."""
        child = self._new_child()
        try:
            service = await self._service(child)
        finally:
            await child.end()
        limit = self._wiring.options.limit
        less = (f"set limit = {service.maximum}: {service.name} takes no more",)
        account = self._wiring.options.account or service.name
        return Account(self.name, account, missing=less if service.maximum < limit else ())

    async def prepare(self, message: Message, progress: Progress, now: datetime) -> Frozen:
        """Have Apprise ready, and freeze the words; raises LockedOut for an address that is not for it."""
        if self._ready is None or not self._ready.alive:
            self._ready = await self._begun_child()
        return Frozen(json.dumps({"text": message.text}).encode(), progress.key)

    async def publish(self, frozen: Frozen) -> Receipt:
        """Have the message delivered, once; raises one of the four errors. The receipt's id is our key."""
        child, self._ready = self._ready or self._new_child(), None
        sending = asyncio.create_task(self._delivered(child, frozen))
        self._sending[sending] = child
        sending.add_done_callback(self._sending.pop)
        try:
            await asyncio.wait({sending}, timeout=self._wiring.deadline.total_seconds())
        finally:
            if not sending.done():
                sending.add_done_callback(lambda task: self._hand_over(frozen, task))
        outcome = sending.result() if sending.done() else self._overdue()
        if isinstance(outcome, ChannelError):
            raise outcome
        return outcome

    async def find(self, frozen: Frozen, since: datetime, known: Collection[str]) -> Receipt | None:
        """Know nothing: Apprise reads nothing back."""
        return None

    async def close(self) -> None:
        """End every process, those of a message under way too."""
        for sending, child in list(self._sending.items()):
            sending.cancel()
            with suppress(asyncio.CancelledError):
                await sending
            await child.end()
        if self._ready is not None:
            await self._ready.end()

    def _new_child(self) -> Child:
        """Return a process that is not begun yet."""
        wiring = self._wiring
        url, account = wiring.secrets["URL"].reveal(), wiring.options.account
        return Child(Errand(url, wiring.api, account, (wiring.deadline * _PATIENCE).total_seconds()))

    async def _begun_child(self) -> Child:
        """Return a process that waits for a message; raises TryLater or LockedOut."""
        child, good = self._new_child(), False
        try:
            await self._service(child)
            good = True
        finally:
            if not good:
                await child.end()
        return child

    async def _service(self, child: Child) -> Service:
        """Begin a process and return what the address leads to; raises TryLater or LockedOut."""
        try:
            async with asyncio.timeout(_START.total_seconds()):
                service = await child.begun()
        except (EndedError, OSError, TimeoutError):
            raise TryLater("Apprise could not be started: nothing was sent") from None
        url = self._wiring.secrets["URL"]
        spoken = service.protocols | {url.reveal().partition("://")[0].strip().lower()}
        for network, words in _NATIVE.items():
            if words & spoken:
                raise LockedOut(f'Apprise is not used for this: write network = "{network}", which does more')
        if service.trouble:
            raise LockedOut(f"{variable(self.name, 'URL')} {service.trouble}")
        return service

    async def _delivered(self, child: Child, frozen: Frozen) -> Receipt | ChannelError:
        """Deliver the message; whatever goes wrong comes back as one of the four errors."""
        try:
            async with asyncio.timeout((self._wiring.deadline * _PATIENCE).total_seconds()):
                if not child.alive:
                    await self._service(child)
                come = await child.deliver(json.loads(frozen.body)["text"])
        except ChannelError as error:
            return error
        except TimeoutError:
            return self._overdue()
        except (EndedError, OSError):
            return Uncertain("Apprise ended before it said what came of the message")
        finally:
            await child.end()
        return Receipt(frozen.key) if come.taken else _meaning(come)

    def _overdue(self) -> Uncertain:
        return Uncertain(f"Apprise gave no answer within {self._wiring.deadline.total_seconds():g} s")

    def _hand_over(self, frozen: Frozen, sending: asyncio.Task[Receipt | ChannelError]) -> None:
        outcome = None if sending.cancelled() else sending.result()
        if isinstance(outcome, Receipt):
            self._wiring.late_receipt(frozen, outcome)


def _meaning(come: Come) -> ChannelError:
    """Return what it means that a service did not take the message.

    Only the answer to a single request says anything of the message: where there were several, the one that
    made it public may have been among those before.
    """
    if not come.connected:
        return Refused("Apprise sent nothing: its service does not take this message")
    if come.never_sent and not come.statuses:
        return TryLater("the service behind Apprise could not be reached: nothing was sent")
    if come.lost or len(come.statuses) != 1:
        return Uncertain(f"the service behind Apprise gave no answer that tells ({come.lost or 'several'})")
    (status,) = come.statuses
    reason = status_line("the service behind Apprise", status, None, str)
    return by_status(status, reason, wait_of(come.retry_after) or _WAIT)


def _connect(wiring: Wiring[Options]) -> Channel:
    return AppriseChannel(wiring)


NETWORK = Network(
    name="apprise",
    options=Options,
    secrets=("URL",),
    limits=_limits,
    cost=lambda _options, _linked: 0,
    recovery=Recovery(looks=0),
    connect=_connect,
    place=lambda _options: "",
)
