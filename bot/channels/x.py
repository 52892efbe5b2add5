"""X, through tweepy and API v2.

Rules and errors: https://docs.x.com/x-api (posts, rate limits, response codes and errors). X has no key
that would tell a repeated post from a new one, so a lost answer is only ever read back.
"""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import ROUND_UP, Decimal
from functools import partial
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict, Field

from bot.channels.answer import (
    AnswerError,
    by_status,
    checked_id,
    json_object,
    mapping,
    status_line,
    wait_until,
)
from bot.channels.calls import Calls
from bot.channels.network import Network, Recovery, Signing, Wiring
from bot.channels.session import loading_requests, make_careful, quieten
from bot.channels.x_media import uploaded
from bot.channels.x_sign_in import XSignIn
from bot.channels.x_timeline import bare, next_page, our_post, own_posts, pages
from bot.message import (
    Account,
    ChannelError,
    Frozen,
    Limits,
    LockedOut,
    Message,
    NotYet,
    Progress,
    Receipt,
    Refused,
    Seen,
    TryLater,
)
from content_queue.item import MICROS_PER_DOLLAR

if TYPE_CHECKING:
    import requests


_PUBLIC = "https://x.com"
_POSTS = "/2/tweets"
_LOOK_BEFORE = timedelta(seconds=120)  # X's clock and ours may differ

# What a 403 says about the account rather than about the post; its `type`, `title`, `detail`, `reason`.
_ACCOUNT_WORDS = (
    "suspended",
    "temporarily locked",
    "client-forbidden",
    "client-not-enrolled",
    "not enrolled",
    "oauth1-permissions",
    "app permissions",
    "access level",
    "unsupported-authentication",
    "unsupported authentication",
)


class Prices(BaseModel):
    """What X bills, in US dollars, and since when it does; as below from docs.x.com, pricing.

    ``alt_text`` is for each picture that has one. ``read`` is for each own post that is read back.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    since: date = date(2026, 4, 20)
    post: Decimal = Field(default=Decimal("0.015"), ge=0, le=100)
    link: Decimal = Field(default=Decimal("0.200"), ge=0, le=100)
    alt_text: Decimal = Field(default=Decimal("0.005"), ge=0, le=100)
    read: Decimal = Field(default=Decimal("0.001"), ge=0, le=100)
    delete: Decimal = Field(default=Decimal("0.010"), ge=0, le=100)


class Options(BaseModel):
    """X's own keys. ``limit`` is higher for Premium accounts, in X's weighted characters.

    ``paid_partnership`` and ``made_with_ai`` are what X wants disclosed of the channel's posts.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    prices: Prices = Prices()
    limit: int = Field(default=280, ge=1, le=25_000)
    paid_partnership: bool = False
    made_with_ai: bool = False


def _measure(text: str) -> int:
    """Return a text's weighted length (twitter-text, version 3)."""
    from bot.compose.measure import weighted

    return weighted(text)


def _limits(options: Options) -> Limits:
    """Return what X takes."""
    return Limits(
        maximum=options.limit,
        measure=_measure,
        escape=str,
        templates={
            "default": "{title}\n\n{lead}\n\n{url}\n\n{hashtags}",  # the rest is behind the link
            "plain": "{title}\n\n{summary}\n\n{hashtags}",
            "fact": "{title}\n\n{credit}\n\n{hashtags}",
            "quote": "{title}\n\n{credit}\n\n{hashtags}",
            "video": "{title}\n\n{url}\n\n{hashtags}",
            "press": "{title}\n\n{url}",
        },
        hashtags=2,
        repeats=False,
        pictures=4,
    )


def _cost(options: Options, linked: bool) -> int:  # noqa: FBT001  the shape that Network declares
    """Return what a post costs in millionths of a US dollar; a link makes it dearer."""
    return _micros(options.prices.link if linked else options.prices.post)


def _micros(price: Decimal) -> int:
    return int((price * MICROS_PER_DOLLAR).to_integral_value(ROUND_UP))


class XChannel:
    """One account on X. Every call of tweepy is made in the channel's own thread."""

    def __init__(self, wiring: Wiring[Options]) -> None:
        """Take what the channel needs; tweepy loads with the first call, in the thread."""
        self._wiring = wiring
        self._api = wiring.api.rstrip("/")
        self._calls = Calls("X", wiring, partial(_judged, wiring=wiring))
        self._client: Any = None

    @property
    def name(self) -> str:
        """The channel's name in the configuration."""
        return self._wiring.name

    @property
    def limits(self) -> Limits:
        """What X takes."""
        return _limits(self._wiring.options)

    async def check(self) -> Account:
        """Sign in; raises LockedOut where X says no and TryLater where it cannot be asked."""
        answer = await self._read("/2/users/me", {})
        user = mapping(json_object(answer.content).get("data"))
        handle = str(user.get("username", ""))
        if not (number := checked_id(user.get("id"))) or not re.fullmatch(r"\w{1,20}", handle, re.ASCII):
            raise TryLater("X did not say who we are")
        level = answer.headers.get("x-access-level", "write")
        missing = () if "write" in level else ("the app may only read: allow write, then renew the tokens",)
        return Account(id=number, name=f"@{handle}", url=f"{_PUBLIC}/{handle}", missing=missing)

    async def prepare(self, message: Message, progress: Progress, now: datetime) -> Frozen | NotYet:
        """Upload the pictures with their alt text, and freeze the request: canonical JSON."""
        options = self._wiring.options
        fields: dict[str, object] = {"text": message.text}
        if media := await uploaded(message.pictures, progress, self._wiring.picture, self._post):
            fields["media"] = {"media_ids": media}
        disclosed = {"paid_partnership": options.paid_partnership, "made_with_ai": options.made_with_ai}
        fields |= {name: True for name, yes in disclosed.items() if yes}
        body = json.dumps(fields, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        return Frozen(body.encode(), progress.key)

    async def publish(self, frozen: Frozen) -> Receipt:
        """Make the one create request; raises one of the four errors."""
        return await self._calls.create(frozen, lambda: self._create(frozen))

    async def find(self, frozen: Frozen, since: datetime, known: Collection[str]) -> Receipt | None:
        """Look for the post on our own timeline, from two minutes before ``since``.

        Raises TryLater or LockedOut where there was no looking.
        """
        start = since - _LOOK_BEFORE
        wanted = bare(str(json_object(frozen.body).get("text", "")))
        async for page in self._pages(start):
            if number := our_post(page, wanted, start, known):
                return self._receipt(number)
        return None

    async def recent(self, since: datetime) -> Sequence[Seen]:
        """Return our own posts since ``since``; raises TryLater where there are more than X lets us read."""
        read = [page async for page in self._pages(since)]
        if read and next_page(read[-1]):
            raise TryLater("X shows more posts than we read")
        return [post for page in read for post in own_posts(page, since, self._receipt)]

    async def delete(self, remote_id: str) -> None:
        """Delete the post; one that is not there any more is no error."""

        def gone() -> None:
            try:
                self._request("DELETE", f"{_POSTS}/{remote_id}")
            except AnswerError as answer:
                if answer.status != 404:  # noqa: PLR2004  Not Found
                    raise

        await self._calls.harmless(gone)

    async def close(self) -> None:
        """Let the thread and its connections go; waits for neither."""
        self._calls.close()
        if self._client is not None:
            self._client.session.close()

    async def _own_id(self) -> str:
        """Return our account's id: the access token begins with it, so that asking costs nothing."""
        start, dash, _ = self._wiring.secrets["ACCESS_TOKEN"].reveal().partition("-")
        return (dash and checked_id(start)) or (await self.check()).id

    async def _read(self, path: str, params: Mapping[str, str]) -> requests.Response:
        """Read, again and again while X is out of order."""
        return await self._calls.harmless(lambda: self._request("GET", path, params=params))

    async def _pages(self, start: datetime) -> AsyncIterator[Mapping[str, object]]:
        """Yield our own timeline page by page; X bills each post that it shows."""
        price = _micros(self._wiring.options.prices.read)
        async for page in pages(self._read, await self._own_id(), start):
            posts = page.get("data")
            if isinstance(posts, list) and posts and price:
                self._wiring.spent(len(posts) * price)
            yield page

    async def _post(self, path: str, fields: Mapping[str, Any]) -> Mapping[str, Any]:
        """Post what the public does not see."""
        answer = await self._calls.harmless(lambda: self._request("POST", path, json=dict(fields)))
        return json_object(answer.content)

    def _create(self, frozen: Frozen) -> Receipt:
        """Send the frozen post and read its receipt (in the thread)."""
        answer = self._request("POST", _POSTS, json=json.loads(frozen.body))
        number = checked_id(mapping(json_object(answer.content).get("data")).get("id"))
        if not number:
            raise AnswerError(answer.status_code, answer.headers, b"")
        return self._receipt(number)

    def _request(self, method: str, path: str, **what: object) -> requests.Response:
        """Make one request through tweepy (in the thread)."""
        if self._client is None:
            self._client = _client(self._wiring, self._api)
        answer: requests.Response = self._client.request(method, path, user_auth=True, **what)
        return answer

    def _receipt(self, number: str) -> Receipt:
        """Return the receipt for a checked id; the address is built here, never taken from an answer."""
        return Receipt(number, f"{self._api or _PUBLIC}/i/status/{number}")


def _client(wiring: Wiring[Options], api: str) -> Any:  # noqa: ANN401  tweepy carries no types
    """Build tweepy's client, whose session is as careful as a create request must be."""
    with loading_requests():
        import tweepy

    quieten("tweepy", "requests_oauthlib", "oauthlib", "urllib3")
    client = tweepy.Client(
        consumer_key=wiring.secrets["API_KEY"].reveal(),
        consumer_secret=wiring.secrets["API_SECRET"].reveal(),
        access_token=wiring.secrets["ACCESS_TOKEN"].reveal(),
        access_token_secret=wiring.secrets["ACCESS_TOKEN_SECRET"].reveal(),
        wait_on_rate_limit=False,
    )
    make_careful(client.session, wiring.deadline, api)
    return client


def _judged(answer: AnswerError, wiring: Wiring[Options]) -> ChannelError:
    """Return what an answer of X means: by its words where they say more than its status."""
    fields = answer.fields
    words = _words(fields)
    reason = status_line("X", answer.status, words, wiring.redact)
    about = " ".join([words, *(str(fields.get(key, "")) for key in ("type", "title", "reason"))]).casefold()
    if answer.status == 403:  # noqa: PLR2004  Forbidden
        # A 403 that says nothing of the post (empty, or a page of something before X) is the account's.
        ours = any(word in about for word in _ACCOUNT_WORDS) or words in ("", "Forbidden")
        return LockedOut(reason) if ours else Refused(reason)
    if answer.status == 429 and "usage-capped" in about:  # noqa: PLR2004  the month is used up
        return LockedOut(reason)
    return by_status(answer.status, reason, _reset(answer.headers, wiring.clock_now()))


def _words(fields: Mapping[str, object]) -> str:
    """Return what X says for people: ``detail``, or the first error's message, or the title."""
    errors = fields.get("errors")
    first = mapping(errors[0]) if isinstance(errors, list) and errors else {}
    said = (fields.get("detail"), first.get("message"), first.get("detail"), fields.get("title"))
    return next((words for words in said if isinstance(words, str) and words), "")


def _reset(headers: Mapping[str, str], now: datetime) -> timedelta | None:
    """Return the wait after a 429: till the window's reset, and till the day's where the day is used up.

    The window's reset alone may be minutes away and lead to the same 429 again and again.
    """
    used_up = [who for who in ("user", "app") if headers.get(f"x-{who}-limit-24hour-remaining") == "0"]
    names = ["x-rate-limit-reset", *(f"x-{who}-limit-24hour-reset" for who in used_up)]
    waits = [wait for name in names if (wait := wait_until(headers.get(name), now))]
    return max(waits, default=None)


NETWORK = Network(
    name="x",
    options=Options,
    secrets=("API_KEY", "API_SECRET", "ACCESS_TOKEN", "ACCESS_TOKEN_SECRET"),
    limits=_limits,
    cost=_cost,
    alt_cost=lambda options: _micros(options.prices.alt_text),
    delete_cost=lambda options: _micros(options.prices.delete),
    read_cost=lambda options: _micros(options.prices.read),
    recovery=Recovery(look_after=timedelta(seconds=90), looks=2, between=timedelta(seconds=60)),
    connect=XChannel,
    place=lambda _options: "",  # the tokens are the account's
    sign_in=Signing(
        XSignIn, app="the API key of your app (its consumer key)", app_id="[A-Za-z0-9]+", shows_code=True
    ),
)
