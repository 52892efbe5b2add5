"""A Facebook page, through Meta's Graph API.

Rules and errors: developers.facebook.com (Page feed, Page photos, Post, debug_token, error handling). There
is no key: a lost answer is read back from the page's own posts, in two looks. Errors are told by their code
and subcode: nearly all of them come as HTTP 400.
"""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any, Literal, Self
from urllib.parse import urlencode

from pydantic import BaseModel, ConfigDict, Field, model_validator

from bot.channels.answer import AnswerError, checked_id, mapping
from bot.channels.facebook_errors import AbsentError, meaning
from bot.channels.facebook_media import form, place
from bot.channels.facebook_news import NEWS_DOMAINS, NEWS_SINCE, NewsDomain
from bot.channels.facebook_sign_in import FacebookSignIn
from bot.channels.facebook_token import NOTHING, days_left, end_of, missing, proof
from bot.channels.facebook_usage import Ration
from bot.channels.network import App, Network, Recovery, SignIn, Signing, Wiring
from bot.channels.wire import Good, Wire, json_body
from bot.http_client.api import Call
from bot.message import (
    Account,
    Blocked,
    Channel,
    ChannelError,
    Frozen,
    Limits,
    LockedOut,
    Message,
    Picture,
    PictureLimits,
    Progress,
    Receipt,
    Refused,
    Seen,
    TryLater,
)
from bot.settings.values import WebAddress

_HOME = "https://graph.facebook.com"
_PUBLIC = "https://www.facebook.com"
_LENGTH = 63_206  # Meta says so nowhere; it is what people have met
_LOOK_BEFORE = timedelta(seconds=120)  # Facebook's clock and ours may differ
_FIELDS = "id,message,created_time"
_PAGE = 50
_PAGES = 10


class Options(BaseModel):
    """Facebook's own keys: ``page`` is the page's number, ``version`` that of the Graph API.

    A version lives about two years; after that Facebook answers as the oldest one alive, or not at all.
    ``news_domains`` are the sites whose links it shows to nobody in Canada, as known on ``news_since``;
    ``news`` says whether such an item goes out with ``own_page`` in its link's place, or waits.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    page: str = Field(pattern=r"^[1-9][0-9]{0,18}$")
    version: str = Field(default="v25.0", pattern=r"^v[1-9][0-9]\.[0-9]$")
    news_domains: tuple[NewsDomain, ...] = NEWS_DOMAINS
    news_since: date = NEWS_SINCE
    news: Literal["page", "wait"] = "wait"
    own_page: WebAddress = ""

    @model_validator(mode="after")
    def _a_page_to_go_out(self) -> Self:
        if self.news == "page" and not self.own_page:
            raise ValueError('news = "page" needs own_page, the address of a page of yours; or write "wait"')
        return self


def _measure(text: str) -> int:
    """Return a text's length in UTF-16 units, which is never less than what Facebook counts."""
    from bot.compose.measure import utf16

    return utf16(text)


def _limits(options: Options) -> Limits:
    """Return what Facebook takes. It makes the link's card itself, and shows no picture of ours beside it."""
    return Limits(
        maximum=_LENGTH,
        measure=_measure,
        escape=str,
        templates={
            "default": "{title}\n\n{summary}\n\n{hashtags}",
            "fact": "{title}\n\n{credit}\n\n{hashtags}",
            "quote": "{title}\n\n{credit}\n\n{hashtags}",
            "press": "{title}\n\n{lead}",
            "news": "{title}\n\n{summary}\n\n{url}\n\n{hashtags}",
        },
        pictures=10,
        beside_link=False,
        blocked=Blocked(
            domains=frozenset(options.news_domains),
            since=options.news_since,
            page=options.own_page if options.news == "page" else "",
        ),
        picture=PictureLimits(maximum=4_000_000, side=2048),
    )


class FacebookChannel:
    """One page."""

    def __init__(self, wiring: Wiring[Options]) -> None:
        """Take what the channel needs; asks nothing of the network."""
        self._wiring = wiring
        self._page = wiring.options.page
        self._host = wiring.api.rstrip("/") or _HOME
        self._api = f"{self._host}/{wiring.options.version}"
        self._ration = Ration(wiring.clock_now)
        self._wire = Wire("Facebook", wiring, self._judged, self._ration)

    @property
    def name(self) -> str:
        """The channel's name in the configuration."""
        return self._wiring.name

    @property
    def limits(self) -> Limits:
        """What Facebook takes."""
        return _limits(self._wiring.options)

    async def check(self) -> Account:
        """Ask whose the token is, and what it may; raises LockedOut or TryLater.

        "me" is the page itself to the page's own token, and a person to a person's.
        """
        me = (await self._ask("me", {"fields": "id,name"})).fields
        number, name = checked_id(me.get("id")), str(me.get("name", ""))
        if not number:
            raise TryLater("Facebook did not say who we are")
        if number != self._page:
            return Account(number, name or number, missing=(self._not_ours(name or number),))
        token = await self._token()
        lacking = missing(token, self._page) or await self._unreadable()
        return Account(
            number,
            name or number,
            f"{_PUBLIC}/{number}",
            lacking,
            days_left(token, self._wiring.clock_now()),
            f"the app {name_of_app}" if (name_of_app := token.get("application")) else "",
        )

    async def prepare(self, message: Message, progress: Progress, now: datetime) -> Frozen:
        """Upload the pictures and freeze the post; raises Refused where a picture's bytes are gone.

        Raises TryLater while Facebook's limits are used up, before anything is intended.
        """
        self._ration.check()
        pictures = [picture for picture in message.pictures if picture.digest and not picture.card]
        numbers = [await self._photo(picture, progress) for picture in pictures]
        post: dict[str, Any] = {"message": message.text, "published": True}
        if numbers:
            post["attached_media"] = [{"media_fbid": number} for number in numbers]
        elif message.link:
            post["link"] = message.link
        return Frozen(json_body(post), progress.key)

    async def publish(self, frozen: Frozen) -> Receipt:
        """Make the one create request; raises one of the four errors."""
        headers = {**self._signed(), "Content-Type": "application/json"}
        call = Call("POST", self._at(f"{self._page}/feed"), headers, frozen.body)
        return await self._wire.create(call, frozen, lambda good: self._receipt(good.fields.get("id")))

    async def find(self, frozen: Frozen, since: datetime, known: Collection[str]) -> Receipt | None:
        """Look for the post among the page's latest, from two minutes before ``since``."""
        wanted = _bare(json.loads(frozen.body)["message"])
        posts, _ = await self._listed({"limit": str(_PAGE)})
        for seen in posts:
            if seen.remote_id in known or seen.at < since - _LOOK_BEFORE:
                continue
            if _bare(seen.text) == wanted:
                return Receipt(seen.remote_id, seen.remote_url)
        return None

    async def recent(self, since: datetime) -> Sequence[Seen]:
        """Return the page's posts since ``since``; raises TryLater where there are more than we read."""
        found: list[Seen] = []
        asked = {"limit": str(_PAGE), "since": str(int(since.timestamp()))}
        for _ in range(_PAGES):
            posts, after = await self._listed(asked)
            found += [one for one in posts if one.at >= since]
            if not after:
                return found
            asked["after"] = after
        raise TryLater("Facebook shows more posts than we read")

    async def delete(self, remote_id: str) -> None:
        """Delete the post; one that is not there any more is no error."""
        try:
            await self._wire.read(Call("DELETE", self._at(remote_id), self._signed()))
        except AbsentError:
            return

    async def consent_until(self) -> datetime | None:
        """Return when the token, or its right to the page's data, ends; None where Facebook does not say."""
        return end_of(await self._token())

    async def close(self) -> None:
        """Let connections go."""
        await self._wire.close()

    async def _photo(self, picture: Picture, progress: Progress) -> str:
        """Upload a picture that nobody sees yet, and return its number. An upload may be made again."""
        if number := progress.known.get(place(picture)):
            return number
        image = await self._wiring.picture(picture.digest)
        if image is None:
            raise Refused("the picture's bytes are gone: approve the item again")
        kind, body = form(image, picture.alt)
        headers = {**self._signed(), "Content-Type": kind}
        made = await self._wire.read(Call("POST", self._at(f"{self._page}/photos"), headers, body))
        number = checked_id(made.fields.get("id"))
        if not number:
            raise TryLater("Facebook gave no number for the picture")
        await progress.save({place(picture): number})
        return number

    async def _token(self) -> Mapping[str, Any]:
        """Return what Facebook says of the token; nothing where it does not let a token ask about itself.

        Its documentation wants an app's token or a developer's for this; page tokens have been answered too.
        """
        asked = {"input_token": self._wiring.secrets["PAGE_TOKEN"].reveal()}
        try:
            return mapping((await self._ask("debug_token", asked)).fields.get("data"))
        except (LockedOut, Refused):
            return {}

    async def _unreadable(self) -> tuple[str, ...]:
        """Say that the page's posts cannot be read, without which a lost answer cannot be read back."""
        try:
            await self._listed({"limit": "1"})
        except LockedOut as error:
            return (f"the scope pages_read_engagement: its posts cannot be read ({error.reason})",)
        return ()

    def _not_ours(self, whose: str) -> str:
        return (
            f"the page's own token: this one is of {whose}, a person or another page, not of {self._page}; "
            "take the page's access_token from /me/accounts"
        )

    async def _listed(self, asked: Mapping[str, str]) -> tuple[list[Seen], str]:
        """Return a list of the page's posts, the latest first, and the cursor of what follows, "" at the end.

        The address of the next page that Facebook gives would carry the token; it is built here instead.
        """
        try:
            fields = (await self._ask(f"{self._page}/published_posts", {"fields": _FIELDS, **asked})).fields
        except Refused as error:
            raise TryLater(error.reason) from None
        posts, paging = fields.get("data"), mapping(fields.get("paging"))
        if not isinstance(posts, list):
            raise TryLater("Facebook did not list the page's posts")
        after = mapping(paging.get("cursors")).get("after") if paging.get("next") else ""
        return [seen for post in posts if (seen := self._seen(mapping(post)))], str(after or "")

    def _seen(self, post: Mapping[str, Any]) -> Seen | None:
        """Return a post of the list; None for what is none."""
        receipt = self._receipt(post.get("id"))
        try:
            at = datetime.fromisoformat(str(post.get("created_time")))
        except ValueError:
            return None
        if receipt is None or at.tzinfo is None:
            return None
        text = str(post.get("message", ""))
        return Seen(receipt.remote_id, receipt.remote_url, text, at.astimezone(UTC))

    async def _ask(self, path: str, params: Mapping[str, str]) -> Good:
        return await self._wire.read(Call("GET", self._at(path, params), self._signed()))

    def _at(self, path: str, params: Mapping[str, str] = NOTHING) -> str:
        """Return an address of the API, with the proof that we know the app's secret where we do."""
        secrets = self._wiring.secrets
        asked = {**params, **proof(secrets.get("APP_SECRET"), secrets["PAGE_TOKEN"])}
        return f"{self._api}/{path}?{urlencode(asked)}" if asked else f"{self._api}/{path}"

    def _signed(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self._wiring.secrets['PAGE_TOKEN'].reveal()}"}

    def _receipt(self, name: object) -> Receipt | None:
        """Return the receipt for an id that may be one, PAGE_POST; the address is built here."""
        page, _, post = name.partition("_") if isinstance(name, str) else ("", "", "")
        if not (checked_id(page) and checked_id(post)):
            return None
        pages = self._host if self._host.startswith("http://") else _PUBLIC
        return Receipt(f"{page}_{post}", f"{pages}/{page}/posts/{post}")

    def _judged(self, error: AnswerError) -> ChannelError:
        return meaning(error, self._wiring.redact, self._wiring.options.version)


def _bare(text: str) -> str:
    """Return a text with its spaces made one, to tell whether two say the same."""
    return " ".join(unicodedata.normalize("NFC", text).split())


def _connect(wiring: Wiring[Options]) -> Channel:
    return FacebookChannel(wiring)


def _sign_in(wiring: Wiring[Options], app: App) -> SignIn:
    return FacebookSignIn(wiring, wiring.api.rstrip("/") or _HOME, app)


NETWORK = Network(
    name="facebook",
    options=Options,
    secrets=("PAGE_TOKEN",),
    further=("APP_SECRET",),
    limits=_limits,
    cost=lambda _options, _linked: 0,
    recovery=Recovery(look_after=timedelta(seconds=60), looks=2, between=timedelta(seconds=60)),
    connect=_connect,
    place=lambda options: options.page,
    sign_in=Signing(_sign_in, app="the number of your app", app_id="[0-9]+"),
)
