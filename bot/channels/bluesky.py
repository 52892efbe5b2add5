"""Bluesky, through XRPC: posts are records that we write into the account's repository.

Rules and errors: https://docs.bsky.app (posts, rate limits) and the lexicons of app.bsky.feed.post,
com.atproto.repo.createRecord and getRecord. The record's key is ours, so one key makes one post: after a
lost answer the record itself is asked for, and only where it is absent do the same bytes go out again.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from pydantic import BaseModel, ConfigDict, field_validator

from bot.channels.answer import (
    AnswerError,
    by_status,
    json_object,
    mapping,
    status_line,
    wait_of,
    wait_until,
)
from bot.channels.bluesky_session import EndedError, Session, SignedIn
from bot.channels.bluesky_text import facets, mentions, own_post, record_key, records
from bot.channels.network import Network, Recovery, Wiring
from bot.channels.wire import Good, Wire, json_body
from bot.http_client.api import Call
from bot.message import (
    Account,
    ChannelError,
    Frozen,
    Image,
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
from bot.secret import Redactor, Secret

_PUBLIC = "https://bsky.app"
_POST = "app.bsky.feed.post"
_PAGES = 10
_GRAPHEMES = 300
_BYTES = 3000
_LANGUAGE = re.compile(r"[a-z]{2,3}(?:-[A-Za-z]{2,4})?")
_HANDLE = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]")

# Codes that speak of the account, whatever their status.
_ACCOUNT = frozenset(
    {
        "AccountDeactivated",
        "AccountSuspended",
        "AccountTakedown",
        "AuthFactorTokenRequired",
        "AuthMissing",
        "AuthenticationRequired",
        "RepoDeactivated",
        "RepoTakendown",
    }
)
_ENDED = frozenset({"ExpiredToken", "InvalidToken"})


class Options(BaseModel):
    """Bluesky's own key: ``handle`` is the account's, such as "technopolys.bsky.social"."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    handle: str

    @field_validator("handle")
    @classmethod
    def _a_handle(cls, value: str) -> str:
        handle = value.strip().removeprefix("@").lower()
        if not _HANDLE.fullmatch(handle):
            raise ValueError('a handle is written like a domain: "technopolys.bsky.social"')
        return handle


class AbsentError(Refused):
    """The record that was asked for is not there."""


def _measure(text: str) -> int:
    """Return a text's length in graphemes, or more than may be where its bytes are too many."""
    from bot.compose.measure import graphemes

    over = len(text.encode("utf-8", "surrogatepass")) - _BYTES
    return graphemes(text) if over <= 0 else max(graphemes(text), _GRAPHEMES - -over // 10)


def _limits(_options: Options) -> Limits:
    """Return what Bluesky takes; older servers still refuse a picture of more than a million bytes."""
    small = PictureLimits(maximum=950_000, side=2000)
    return Limits(
        maximum=_GRAPHEMES,
        measure=_measure,
        escape=str,
        templates={
            # the card carries link, title and picture: the text repeats neither
            "default": "{if summary}{summary}{else}{title}{end}\n\n{credit}\n\n{hashtags}",
            "plain": "{title}\n\n{summary}\n\n{hashtags}",
            "fact": "{title}\n\n{credit}\n\n{hashtags}",
            "quote": "{title}\n\n{credit}\n\n{hashtags}",
            "video": "{title}\n\n{hashtags}",
            "press": "{title}",
        },
        hashtags=3,
        pictures=4,
        alt_maximum=2000,
        keyed=True,
        picture=small,
        card=small,
    )


class BlueskyChannel:
    """One account on Bluesky, on the server that holds its records."""

    def __init__(self, wiring: Wiring[Options]) -> None:
        """Take what the channel needs; asks nothing of the network."""
        self._wiring = wiring
        self._wire = Wire("Bluesky", wiring, self._judged)
        self._signed_in = SignedIn(wiring, self._wire, wiring.options.handle)

    @property
    def name(self) -> str:
        """The channel's name in the configuration."""
        return self._wiring.name

    @property
    def limits(self) -> Limits:
        """What Bluesky takes."""
        return _limits(self._wiring.options)

    async def check(self) -> Account:
        """Sign in; raises LockedOut where Bluesky says no and TryLater where it cannot be asked."""
        session = await self._signed_in.session()
        fields = (await self._ask(session, "com.atproto.server.getSession", {})).fields
        handle = str(fields.get("handle", ""))
        if not _HANDLE.fullmatch(handle.lower()):
            raise TryLater("Bluesky did not say who we are")
        status = str(fields.get("status", "inactive"))
        missing = (f"the account is {status}: restore it first",) if fields.get("active") is False else ()
        return Account(session.did, f"@{handle}", f"{self._pages()}/profile/{handle}", missing)

    async def prepare(self, message: Message, progress: Progress, now: datetime) -> Frozen | NotYet:
        """Upload the pictures, resolve the handles, and freeze the record with its key and its moment."""
        session = await self._signed_in.session()
        known = {
            handle: did for handle in mentions(message.text) if (did := await self._did(session, handle))
        }
        record: dict[str, Any] = {
            "$type": _POST,
            "text": message.text,
            "createdAt": now.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "langs": _LANGUAGE.findall(message.language)[:3],
        }
        if marks := facets(message.text, message.link, known):
            record["facets"] = marks
        if embed := await self._embed(session, message, progress):
            record["embed"] = embed
        body = {
            "repo": session.did,
            "collection": _POST,
            "rkey": record_key(progress.key, now),
            "record": record,
        }
        return Frozen(json_body(body), progress.key)

    async def publish(self, frozen: Frozen) -> Receipt:
        """Make the one create request; raises one of the four errors."""
        session = await self._signed_in.session()
        wanted = json.loads(frozen.body)
        address = f"at://{wanted['repo']}/{_POST}/{wanted['rkey']}"

        def receipt(good: Good) -> Receipt | None:
            return self._receipt(wanted["rkey"]) if good.fields.get("uri") == address else None

        headers = {**session.signed(), "Content-Type": "application/json"}
        url = f"{session.server}/xrpc/com.atproto.repo.createRecord"
        return await self._wire.create(Call("POST", url, headers, frozen.body), frozen, receipt)

    async def find(self, frozen: Frozen, since: datetime, known: Collection[str]) -> Receipt | None:
        """Ask for the record itself; None where the server says that it is not there.

        Raises Refused where another record stands under the key, TryLater or LockedOut where there was no
        looking.
        """
        session = await self._signed_in.session()
        wanted = json.loads(frozen.body)
        which = {"repo": wanted["repo"], "collection": _POST, "rkey": wanted["rkey"]}
        try:
            fields = (await self._ask(session, "com.atproto.repo.getRecord", which)).fields
        except AbsentError:
            return None
        there, ours = mapping(fields.get("value")), mapping(wanted["record"])
        if any(there.get(name) != ours.get(name) for name in ("text", "createdAt")):
            raise Refused("another record stands under the post's key")
        return self._receipt(wanted["rkey"])

    async def recent(self, since: datetime) -> Sequence[Seen]:
        """Return our own posts since ``since``; raises TryLater where there are more than we read."""
        session = await self._signed_in.session()
        which = {"repo": session.did, "collection": _POST, "limit": "100"}
        seen: list[Seen] = []
        for _ in range(_PAGES):
            page = (await self._ask(session, "com.atproto.repo.listRecords", which)).fields
            found = [one for record in records(page) if (one := own_post(record, self._receipt))]
            seen += [one for one in found if one.at >= since]
            cursor = str(page.get("cursor") or "")
            if not cursor or (found and found[-1].at < since):
                return seen
            which["cursor"] = cursor
        raise TryLater("Bluesky shows more posts than we read")

    async def delete(self, remote_id: str) -> None:
        """Delete the record; one that is not there any more is no error."""
        session = await self._signed_in.session()
        body = json_body({"repo": session.did, "collection": _POST, "rkey": remote_id})
        headers = {**session.signed(), "Content-Type": "application/json"}
        await self._wire.read(
            Call("POST", f"{session.server}/xrpc/com.atproto.repo.deleteRecord", headers, body)
        )

    async def close(self) -> None:
        """Let connections go."""
        await self._wire.close()

    async def _embed(self, session: Session, message: Message, progress: Progress) -> dict[str, Any] | None:
        """Return the pictures, or else the link's card with its picture."""
        pictures = [picture for picture in message.pictures if picture.digest]
        blobs = {one.digest: await self._blob(session, one, progress) for one in pictures}
        shown = [_image(*blobs[one.digest], one.alt) for one in pictures if not one.card]
        if shown:
            return {"$type": "app.bsky.embed.images", "images": shown}
        if not message.link:
            return None
        card = {"uri": message.link, "title": message.title, "description": message.summary}
        thumbs = [{"thumb": blobs[one.digest][0]} for one in pictures if one.card][:1]
        return {"$type": "app.bsky.embed.external", "external": {**card, **(thumbs[0] if thumbs else {})}}

    async def _blob(
        self, session: Session, picture: Picture, progress: Progress
    ) -> tuple[dict[str, Any], Image]:
        """Upload a picture, unless that is done; a server keeps what no record names for hours at least."""
        image = await self._wiring.picture(picture.digest)
        if image is None:
            raise Refused("the picture's bytes are gone: approve the item again")
        name = f"blob {picture.digest}"
        if name not in progress.known:
            headers = {**session.signed(), "Content-Type": image.kind}
            url = f"{session.server}/xrpc/com.atproto.repo.uploadBlob"
            good = await self._wire.read(Call("POST", url, headers, image.content))
            blob = mapping(good.fields.get("blob"))
            if not blob:
                raise TryLater("Bluesky gave no receipt for the picture")
            await progress.save({name: json.dumps(blob, sort_keys=True)})
            return dict(blob), image
        return json_object(progress.known[name].encode()), image

    async def _did(self, session: Session, handle: str) -> str:
        """Return whose handle it is, "" for nobody's: the words stay words."""
        try:
            good = await self._ask(session, "com.atproto.identity.resolveHandle", {"handle": handle})
        except Refused:
            return ""
        return str(good.fields.get("did", ""))

    async def _ask(self, session: Session, method: str, params: Mapping[str, str]) -> Good:
        query = f"?{urlencode(params)}" if params else ""
        return await self._wire.read(Call("GET", f"{session.server}/xrpc/{method}{query}", session.signed()))

    def _receipt(self, rkey: str) -> Receipt:
        """Return the receipt for a key of ours; the address is built here, never taken from an answer."""
        return Receipt(rkey, f"{self._pages()}/profile/{self._wiring.options.handle}/post/{rkey}")

    def _pages(self) -> str:
        """Return where the public sees posts: a stand-in on this machine has pages of its own."""
        api = self._wiring.api.rstrip("/")
        return api if api.startswith("http://") else _PUBLIC

    def _judged(self, error: AnswerError) -> ChannelError:
        """Return what an answer of Bluesky means: by its code where that says more than its status."""
        code = str(error.fields.get("error", ""))
        words = error.fields.get("message") or error.fields.get("error")
        reason = status_line("Bluesky", error.status, words, self._redact)
        if code in _ENDED:
            self._signed_in.spend_present()
            return EndedError(reason)
        if code in _ACCOUNT:
            return LockedOut(reason)
        if code == "RecordNotFound":
            return AbsentError(reason)
        return by_status(error.status, reason, _wait(error.headers, self._wiring.clock_now()))

    def _redact(self, words: str) -> str:
        secrets: Iterable[Secret] = (Secret(token) for token in self._signed_in.tokens())
        return Redactor([*self._wiring.secrets.values(), *secrets])(words)


def _image(blob: Mapping[str, Any], image: Image, alt: str) -> dict[str, Any]:
    return {"image": blob, "alt": alt, "aspectRatio": {"width": image.width, "height": image.height}}


def _wait(headers: Mapping[str, str], now: datetime) -> timedelta | None:
    """Return the wait that a 429 asks for."""
    return wait_of(headers.get("retry-after")) or wait_until(headers.get("ratelimit-reset"), now)


NETWORK = Network(
    name="bluesky",
    options=Options,
    secrets=("APP_PASSWORD",),
    limits=_limits,
    cost=lambda _options, _linked: 0,
    recovery=Recovery(
        look_after=timedelta(seconds=5),
        looks=1,
        between=timedelta(seconds=30),
        resend=True,
        resend_within=None,
    ),
    connect=BlueskyChannel,
)
