"""LinkedIn, for an organisation's page or a member, through its REST API.

Rules and errors: learn.microsoft.com/linkedin (Posts API, Images API, little text format, versioning, error
handling). There is no key. An organisation's posts can be listed and so a lost answer read back; a member's
cannot, since the permission for it is closed.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote, urlencode

from pydantic import BaseModel, ConfigDict, Field, field_validator

from bot.channels.answer import AnswerError, by_status, checked_id, mapping, status_line, wait_of
from bot.channels.linkedin_media import place, uploaded
from bot.channels.linkedin_sign_in import LinkedInSignIn
from bot.channels.linkedin_text import bare, little, shown
from bot.channels.linkedin_token import FURTHER, NoTokenError, Tokens
from bot.channels.network import Network, Recovery, Signing, Wiring
from bot.channels.wire import Good, Wire, json_body
from bot.http_client.api import Call
from bot.message import (
    Account,
    Channel,
    ChannelError,
    Frozen,
    Limits,
    LockedOut,
    Message,
    NotYet,
    Picture,
    PictureLimits,
    Progress,
    Receipt,
    Refused,
    Seen,
    TryLater,
)

_HOME = "https://api.linkedin.com"
_PUBLIC = "https://www.linkedin.com"
_LENGTH = 2900  # of 3,000, since nobody says whether escapes count
_LOOK_BEFORE = timedelta(seconds=120)  # LinkedIn's clock and ours may differ
_SETTLING = timedelta(seconds=5)
_QUOTA = timedelta(minutes=15)  # quotas are of a day and unpublished; a 429 does not say when
_PAGE = 50
_PAGES = 10
_AUTHOR = re.compile(r"urn:li:(?:organization:[1-9]\d{0,18}|person:[A-Za-z0-9_-]{1,50})")
_POST = re.compile(r"urn:li:(share|ugcPost):(\d{1,19})")
_VANITY = re.compile(r"[\w-]{1,100}")
_ORGANISATION = "urn:li:organization:"


class Options(BaseModel):
    """LinkedIn's own keys: ``author`` is the page's or the member's URN, ``version`` the API's month.

    A version lives about a year; after that LinkedIn answers 426 to everything until a later one is named.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    author: str
    version: str = Field(default="202605", pattern=r"^20\d\d(0[1-9]|1[0-2])$")

    @field_validator("author")
    @classmethod
    def _an_author(cls, value: str) -> str:
        author = value.strip()
        if not _AUTHOR.fullmatch(author):
            raise ValueError('an author is written "urn:li:organization:12345" or "urn:li:person:AbC_12"')
        return author


class AbsentError(LockedOut):
    """What was asked for is not there."""


class ClosedError(LockedOut):
    """The token does not open this: a scope, a role or a product is missing."""


def _measure(text: str) -> int:
    """Return a text's length in UTF-16 units, which is never less than what LinkedIn counts."""
    from bot.compose.measure import utf16

    return utf16(text)


def _limits(_options: Options) -> Limits:
    """Return what LinkedIn takes. The link is in the article's card, so that no text needs it."""
    return Limits(
        maximum=_LENGTH,
        measure=_measure,
        escape=str,
        templates={
            "default": "{title}\n\n{summary}\n\n{hashtags}",
            "fact": "{title}\n\n{credit}\n\n{hashtags}",
            "quote": "{title}\n\n{credit}\n\n{hashtags}",
            "press": "{title}\n\n{lead}",
        },
        hashtags=4,
        pictures=20,
        alt_maximum=4086,
        picture=PictureLimits(maximum=5_000_000, side=4096),
        card=PictureLimits(maximum=5_000_000, side=2400),
    )


class LinkedInChannel:
    """One member's account."""

    def __init__(self, wiring: Wiring[Options]) -> None:
        """Take what the channel needs; asks nothing of the network."""
        self._wiring = wiring
        self._author = wiring.options.author
        self._api = wiring.api.rstrip("/") or _HOME
        self._tokens = Tokens(wiring)
        self._wire = Wire("LinkedIn", wiring, self._judged)
        self._reads = Wire("LinkedIn", wiring, self._judged_reading)

    @property
    def name(self) -> str:
        """The channel's name in the configuration."""
        return self._wiring.name

    @property
    def limits(self) -> Limits:
        """What LinkedIn takes."""
        return _limits(self._wiring.options)

    async def check(self) -> Account:
        """Ask who the token belongs to; raises LockedOut or TryLater."""
        me = (await self._ask("/v2/userinfo")).fields
        member, name = f"urn:li:person:{me.get('sub', '')}", str(me.get("name", ""))
        if not _AUTHOR.fullmatch(member):
            raise TryLater("LinkedIn did not say who we are")
        other = (f"the token is of {member}, the channel's author is {self._author}",)
        return Account(member, name or member, missing=() if member == self._author else other)

    async def prepare(self, message: Message, progress: Progress, now: datetime) -> Frozen | NotYet:
        """Upload the pictures and freeze the post; pictures just uploaded are given time to settle."""
        pictures = _pictures(message)
        urns = [await self._image(picture, progress) for picture in pictures]
        if not await self._settled([place(one) for one in pictures], urns, progress):
            return NotYet(_SETTLING)
        post: dict[str, Any] = {
            "author": self._author,
            "commentary": little(message.text),
            "visibility": "PUBLIC",
            "distribution": {
                "feedDistribution": "MAIN_FEED",
                "targetEntities": [],
                "thirdPartyDistributionChannels": [],
            },
            "lifecycleState": "PUBLISHED",
            "isReshareDisabledByAuthor": False,
        }
        if content := _content(message, [(urn, one.alt) for urn, one in zip(urns, pictures, strict=True)]):
            post["content"] = content
        return Frozen(json_body(post), progress.key)

    async def publish(self, frozen: Frozen) -> Receipt:
        """Make the one create request; raises one of the four errors. The id comes in a header."""
        access = await self._tokens.access()
        headers = {**self._signed(access), "Content-Type": "application/json"}
        call = Call("POST", f"{self._api}/rest/posts", headers, frozen.body)
        try:
            return await self._wire.create(
                call, frozen, lambda good: self._receipt(good.headers.get("x-restli-id"))
            )
        except NoTokenError as error:
            raise self._tokens.ended(access, error) from None

    async def find(self, frozen: Frozen, since: datetime, known: Collection[str]) -> Receipt | None:
        """Say that there is no looking: LinkedIn lists no member's posts."""
        raise Refused("LinkedIn lists no member's posts: nothing proves whether it is out")

    async def delete(self, remote_id: str) -> None:
        """Delete the post; one that is not there any more is no error."""
        urn = quote(remote_id, safe="")
        try:
            await self._called("DELETE", f"/rest/posts/{urn}", {"X-RestLi-Method": "DELETE"})
        except AbsentError:
            return

    async def consent_until(self) -> datetime | None:
        """Return the end that no renewal moves; None where LinkedIn does not tell."""
        return await self._tokens.until()

    async def close(self) -> None:
        """Let connections go."""
        await self._tokens.close()
        await self._wire.close()
        await self._reads.close()

    async def _image(self, picture: Picture, progress: Progress) -> str:
        if urn := progress.known.get(place(picture)):
            return urn
        url = f"{self._api}/rest/images?action=initializeUpload"

        async def upload(access: str) -> str:
            begin = Call("POST", url, {**self._signed(access), "Content-Type": "application/json"})
            return await uploaded(picture, progress, self._wiring, self._reads, begin, self._author)

        return await self._tokens.used(upload)

    async def _settled(self, places: Sequence[str], _urns: Sequence[str], progress: Progress) -> bool:
        """Tell whether LinkedIn has had time for the pictures: a member's token cannot ask it."""
        return all(name in progress.known for name in places)

    async def _ask(self, path: str, params: Mapping[str, str] | None = None, **headers: str) -> Good:
        query = f"?{urlencode(params)}" if params else ""
        return await self._called("GET", f"{path}{query}", headers)

    async def _called(self, method: str, path: str, headers: Mapping[str, str]) -> Good:
        return await self._tokens.used(
            lambda access: self._reads.read(
                Call(method, f"{self._api}{path}", {**self._signed(access), **headers})
            )
        )

    def _signed(self, access: str) -> dict[str, str]:
        return {
            "Authorization": f"Bearer {access}",
            "LinkedIn-Version": self._wiring.options.version,
            "X-Restli-Protocol-Version": "2.0.0",
        }

    def _receipt(self, urn: object) -> Receipt | None:
        """Return the receipt for an id that may be one; the address is built here."""
        found = _POST.fullmatch(urn) if isinstance(urn, str) else None
        if found is None or not checked_id(found[2]):
            return None
        pages = self._api if self._api.startswith("http://") else _PUBLIC
        return Receipt(found[0], f"{pages}/feed/update/{found[0]}")

    def _judged(self, error: AnswerError) -> ChannelError:
        """Return what an answer of LinkedIn means: by its status, of which a 403 is never the post's."""
        reason = status_line("LinkedIn", error.status, error.fields.get("message"), self._tokens.redact)
        if error.status == 401:  # noqa: PLR2004  Unauthorized
            return NoTokenError(reason)
        if error.status == 403:  # noqa: PLR2004  Forbidden: of the token, never of the post
            return LockedOut(reason)
        if error.status == 426:  # noqa: PLR2004  Upgrade Required
            return LockedOut(f"{reason}: set a later `version` ({self._wiring.options.version} is over)")
        return by_status(error.status, reason, wait_of(error.headers.get("retry-after")) or _QUOTA)

    def _judged_reading(self, error: AnswerError) -> ChannelError:
        """Return the same for what was asked for, which may be closed to us, or not be there."""
        found = self._judged(error)
        kinds = {403: ClosedError, 404: AbsentError}
        return kinds[error.status](found.reason) if error.status in kinds else found


class LinkedInOrganisation(LinkedInChannel):
    """One organisation's page, whose posts can be listed."""

    async def check(self) -> Account:
        """Ask for the page and for its posts: without these a lost answer cannot be read back."""
        number = self._author.removeprefix(_ORGANISATION)
        closed = "the scope r_organization_social, or a role on the page: its posts cannot be read"
        missing = () if await self._may_read() else (closed,)
        page = await self._about(number)
        vanity = str(page.get("vanityName", ""))
        url = f"{_PUBLIC}/company/{vanity if _VANITY.fullmatch(vanity) else number}"
        return Account(self._author, str(page.get("localizedName", "")) or self._author, url, missing)

    async def _may_read(self) -> bool:
        try:
            await self._listed(0, 1)
        except ClosedError:
            return False
        return True

    async def _about(self, number: str) -> Mapping[str, Any]:
        """Return what LinkedIn says of the page; nothing where the token may not ask, which is no harm."""
        try:
            return (await self._ask(f"/rest/organizations/{number}")).fields
        except ClosedError:
            return {}

    async def find(self, frozen: Frozen, since: datetime, known: Collection[str]) -> Receipt | None:
        """Look for the post among the page's latest, from two minutes before ``since``."""
        wanted = bare(json.loads(frozen.body)["commentary"])
        for post in await self._listed(0, _PAGE):
            seen = self._seen(post)
            if seen is None or seen.remote_id in known or seen.at < since - _LOOK_BEFORE:
                continue
            if bare(str(post.get("commentary", ""))) == wanted:
                return Receipt(seen.remote_id, seen.remote_url)
        return None

    async def recent(self, since: datetime) -> Sequence[Seen]:
        """Return the page's posts since ``since``; raises TryLater where there are more than we read."""
        found: list[Seen] = []
        for number in range(_PAGES):
            page = await self._listed(number * _PAGE, _PAGE)
            posts = [seen for post in page if (seen := self._seen(post))]
            found += [one for one in posts if one.at >= since]
            if len(page) < _PAGE or (posts and posts[-1].at < since):
                return found
        raise TryLater("LinkedIn shows more posts than we read")

    async def _settled(self, places: Sequence[str], urns: Sequence[str], progress: Progress) -> bool:
        """Ask whether LinkedIn has finished with the pictures; raises Refused for one that it cannot use."""
        for urn in urns:
            state = (await self._ask(f"/rest/images/{quote(urn, safe='')}")).fields.get("status")
            if state == "PROCESSING_FAILED":
                raise Refused("LinkedIn cannot use the picture")
            if state != "AVAILABLE":
                return False
        return True

    async def _listed(self, start: int, count: int) -> list[Mapping[str, Any]]:
        """Return a page of the organisation's posts, the latest first."""
        asked = {
            "author": self._author,
            "q": "author",
            "start": str(start),
            "count": str(count),
            "sortBy": "CREATED",
        }
        page = (await self._ask("/rest/posts", asked, **{"X-RestLi-Method": "FINDER"})).fields
        elements = page.get("elements")
        if not isinstance(elements, list):
            raise TryLater("LinkedIn did not list the page's posts")
        return [mapping(element) for element in elements]

    def _seen(self, post: Mapping[str, Any]) -> Seen | None:
        """Return a post of the list; None for what is none."""
        receipt, created = self._receipt(post.get("id")), post.get("createdAt")
        if receipt is None or not isinstance(created, int):
            return None
        at = datetime.fromtimestamp(created / 1000, UTC)
        return Seen(receipt.remote_id, receipt.remote_url, shown(str(post.get("commentary", ""))), at)


def _pictures(message: Message) -> list[Picture]:
    """Return the pictures that go along: one for the article's card, or all of them without an article."""
    kept = [picture for picture in message.pictures if picture.digest]
    if not _as_article(message):
        return [picture for picture in kept if not picture.card]
    return sorted(kept, key=lambda picture: not picture.card)[:1]


def _as_article(message: Message) -> bool:
    """Tell whether the link goes as an article: always, but where the text has it and pictures go along."""
    pictured = any(picture.digest and not picture.card for picture in message.pictures)
    return bool(message.link) and not (pictured and message.link in message.text)


def _content(message: Message, images: Sequence[tuple[str, str]]) -> dict[str, Any]:
    """Return what stands under the words: LinkedIn reads no page, so that all of it is given."""
    if _as_article(message):
        article = {"source": message.link, "title": message.title or message.link}
        article |= {"description": message.summary} if message.summary else {}
        return {"article": article | ({"thumbnail": images[0][0]} if images else {})}
    media = [{"id": urn} | ({"altText": alt} if alt else {}) for urn, alt in images]
    if len(media) == 1:
        return {"media": media[0]}
    return {"multiImage": {"images": media}} if media else {}


def _connect(wiring: Wiring[Options]) -> Channel:
    """Connect as the author's kind can."""
    page = wiring.options.author.startswith(_ORGANISATION)
    return LinkedInOrganisation(wiring) if page else LinkedInChannel(wiring)


NETWORK = Network(
    name="linkedin",
    options=Options,
    secrets=("ACCESS_TOKEN",),
    further=FURTHER,
    limits=_limits,
    cost=lambda _options, _linked: 0,
    recovery=Recovery(look_after=timedelta(seconds=60), looks=2, between=timedelta(seconds=60)),
    connect=_connect,
    sign_in=Signing(
        LinkedInSignIn, app="the client id of your app", app_id="[A-Za-z0-9]+", back="https://localhost/"
    ),
)
