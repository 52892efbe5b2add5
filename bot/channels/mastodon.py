"""Mastodon and what speaks its API, through Mastodon.py.

Rules and errors: https://docs.joinmastodon.org (statuses, media, instance, rate limits). Mastodon itself maps
an Idempotency-Key to one post for an hour; other servers of its API may not, so one that is not known to
honour the key is treated as having none.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from functools import partial
from typing import Any

from pydantic import BaseModel, ConfigDict

from bot.channels.answer import (
    AnswerError,
    by_status,
    checked_id,
    first_cause,
    is_list_or_object,
    mapping,
    status_line,
    wait_of,
    wait_until,
)
from bot.channels.calls import Calls
from bot.channels.mastodon_server import Server, own_status, says
from bot.channels.mastodon_sign_in import MastodonSignIn
from bot.channels.network import App, Network, Recovery, SignIn, Signing, Wiring
from bot.channels.session import loading_requests, make_careful, quieten
from bot.message import (
    Account,
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

_HOME = "https://mastodon.social"
_LOOK_BEFORE = timedelta(seconds=120)  # the server's clock and ours may differ
_PAGE = 40
_PAGES = 10
_PROCESSING = timedelta(seconds=5)
_KEEP = timedelta(days=1)
_URL_LENGTH = 23
_URL = re.compile(r"https?://[^\s<>\"]+", re.IGNORECASE)
_HANDLE = re.compile(r"(?<![\w/@])@(\w+(?:[\w.-]*\w)?)@[\w.-]+\w", re.IGNORECASE)

# What a 403 says about the account rather than about the post.
_ACCOUNT_WORDS = ("disabled", "suspended", "not allowed", "authorized scopes", "moved", "pending", "confirm")


class Visibility(StrEnum):
    """Who sees a post."""

    PUBLIC = "public"
    UNLISTED = "unlisted"
    PRIVATE = "private"


class Options(BaseModel):
    """Mastodon's own key; the instance is the common key ``api``."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    visibility: Visibility = Visibility.PUBLIC


def _measure(text: str) -> int:
    """Return a text's length in graphemes; a link counts 23, a mention without its server.

    Only an address with its scheme is a link here (StatusLengthValidator, extract_url_without_protocol).
    """
    from bot.compose.link import find
    from bot.compose.measure import graphemes

    spans = [(start, end) for start, end in find(text) if _URL.match(text, start)]
    if not spans and "://" not in text:
        return graphemes(_HANDLE.sub(r"@\1", text))
    shown, at = "", 0
    for start, end in spans:
        shown += text[at:start] + "x" * _URL_LENGTH
        at = end
    return graphemes(_HANDLE.sub(r"@\1", shown + text[at:]))


def _limits(_options: Options) -> Limits:
    """Return what Mastodon takes; what the server itself says is asked before a post goes out."""
    return Limits(
        maximum=500,
        measure=_measure,
        escape=str,
        templates={
            "default": "{title}\n\n{summary}\n\n{url}\n\n{hashtags}",
            "plain": "{title}\n\n{summary}\n\n{hashtags}",
            "fact": "{title}\n\n{credit}\n\n{hashtags}",
            "quote": "{title}\n\n{credit}\n\n{hashtags}",
            "video": "{title}\n\n{url}\n\n{hashtags}",
            "press": "{title}\n\n{url}",
        },
        hashtags=4,
        pictures=4,
        alt_maximum=1500,
        keyed=True,
        picture=PictureLimits(maximum=8_000_000, side=4096),
    )


class MastodonChannel:
    """One account on one server. Every call of Mastodon.py is made in the channel's own thread."""

    def __init__(self, wiring: Wiring[Options]) -> None:
        """Take what the channel needs; Mastodon.py loads with the first call, in the thread."""
        self._wiring = wiring
        self._api = wiring.api.rstrip("/") or _HOME
        self._calls = Calls("Mastodon", wiring, partial(_judged, wiring=wiring))
        self._client: Any = None
        self._session: Any = None

    @property
    def name(self) -> str:
        """The channel's name in the configuration."""
        return self._wiring.name

    @property
    def limits(self) -> Limits:
        """What Mastodon takes."""
        return _limits(self._wiring.options)

    async def check(self) -> Account:
        """Sign in and ask the server what it is; raises LockedOut or TryLater."""
        server = await self._asked()
        host = self._api.partition("://")[2]
        return Account(server.account, f"@{server.username}@{host}", f"{self._api}/@{server.username}", ())

    async def prepare(self, message: Message, progress: Progress, now: datetime) -> Frozen | NotYet:
        """Upload the pictures and freeze the parameters; a text too long for this server is refused."""
        server = await self._server()
        if (length := server.length(message.text, self.limits.measure)) > server.maximum:
            raise Refused(f"this server takes {server.maximum} characters: the text has {length}")
        media = []
        for picture in [one for one in message.pictures if one.digest and not one.card][: server.pictures]:
            number = await self._uploaded(picture, progress, server)
            if not await self._ready(number):
                return NotYet(_PROCESSING)
            media.append(number)
        parameters = {
            "status": message.text,
            "visibility": self._wiring.options.visibility.value,
            "language": message.language[:2],
            "media_ids": media,
            "keyed": server.keyed,
            "account": server.account,
            "username": server.username,
        }
        body = json.dumps(parameters, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        return Frozen(body.encode(), progress.key)

    async def publish(self, frozen: Frozen) -> Receipt:
        """Make the one create request; raises one of the four errors."""
        return await self._calls.create(frozen, lambda: self._create(frozen))

    async def find(self, frozen: Frozen, since: datetime, known: Collection[str]) -> Receipt | None:
        """Look for the post among our own statuses, from two minutes before ``since``.

        None lets the same key go out again, which only Mastodon itself takes for one post: for any other
        server Refused says that nothing proves the post absent.
        """
        wanted = json.loads(frozen.body)
        page = await self._read(_statuses(wanted["account"]))
        for status in page:
            number = checked_id(status.get("id"))
            if number and number not in known and says(status, wanted["status"], since - _LOOK_BEFORE):
                return self._receipt(number, wanted["username"])
        if not wanted["keyed"]:
            raise Refused(
                "this server is not known to honour our key: nothing proves that the post is absent"
            )
        return None

    async def recent(self, since: datetime) -> Sequence[Seen]:
        """Return our own statuses since ``since``; raises TryLater where there are more than we read."""
        server = await self._server()
        numbered: dict[str, str] = {}
        seen: list[Seen] = []
        for _ in range(_PAGES):
            page = await self._read(_statuses(server.account, **numbered))
            found = [one for status in page if (one := own_status(status, server, self._receipt))]
            seen += [one for one in found if one.at >= since]
            if not found or found[-1].at < since:
                return seen
            numbered["max_id"] = found[-1].remote_id
        raise TryLater("Mastodon shows more posts than we read")

    async def delete(self, remote_id: str) -> None:
        """Delete the status; one that is not there any more is no error."""

        def gone(api: Any) -> None:  # noqa: ANN401  Mastodon.py's types are its own
            try:
                api.status_delete(remote_id)
            except Exception as error:
                answer = first_cause(error, AnswerError)
                if answer is None or answer.status != 404:  # noqa: PLR2004  Not Found
                    raise

        await self._read(gone)

    async def close(self) -> None:
        """Let the thread and its connections go; waits for neither."""
        self._calls.close()
        if self._session is not None:
            self._session.close()

    async def _server(self) -> Server:
        """Return what is known of the server, asked again when it is a day old."""
        kept = Server.from_kept(await self._wiring.kept.load())
        fresh = kept is not None and kept.api == self._api and self._wiring.clock_now() - kept.seen < _KEEP
        return kept if kept is not None and fresh else await self._asked()

    async def _asked(self) -> Server:
        """Ask the server who we are and what it takes, and keep the answer."""
        me = await self._read(lambda api: api.account_verify_credentials())
        about = await self._read(lambda api: api.instance_v2())
        number, username = checked_id(me.get("id")), str(me.get("username", ""))
        if not number or not re.fullmatch(r"[\w.-]{1,100}", username):
            raise TryLater("Mastodon did not say who we are")
        server = Server.from_answer(self._api, self._wiring.clock_now(), number, username, mapping(about))
        await self._wiring.kept.save(server.to_keep())
        return server

    async def _uploaded(self, picture: Picture, progress: Progress, server: Server) -> str:
        """Upload a picture with its alt text, unless that is done."""
        name = f"media {picture.digest}"
        if name in progress.known:
            return progress.known[name]
        image = await self._wiring.picture(picture.digest)
        if image is None:
            raise Refused("the picture's bytes are gone: approve the item again")
        alt = picture.alt[: server.alt]
        media = await self._read(lambda api: api.media_post(image.content, image.kind, description=alt))
        if not (number := checked_id(media.get("id"))):
            raise TryLater("Mastodon gave no receipt for the picture")
        await progress.save({name: number})
        return number

    async def _ready(self, number: str) -> bool:
        """Tell whether the server has finished with a picture; posted before, it would be refused."""
        media = await self._read(lambda api: api.media(number))
        return bool(media.get("url"))

    async def _read(self, ask: Callable[[Any], Any]) -> Any:  # noqa: ANN401  Mastodon.py answers with its own
        """Make a harmless call, repeated while the server is out of order."""
        return await self._calls.harmless(lambda: ask(self._connected()))

    def _create(self, frozen: Frozen) -> Receipt:
        """Send the frozen parameters and read the receipt (in the thread)."""
        what = json.loads(frozen.body)
        status = self._connected().status_post(
            what["status"],
            media_ids=what["media_ids"] or None,
            visibility=what["visibility"],
            language=what["language"],
            idempotency_key=frozen.key,
        )
        if not (number := checked_id(status.get("id"))):
            raise AnswerError(200, {}, b"")
        return self._receipt(number, what["username"])

    def _receipt(self, number: str, username: str) -> Receipt:
        """Return the receipt for a checked id; the address is built here, never taken from an answer."""
        return Receipt(number, f"{self._api}/@{username}/{number}")

    def _connected(self) -> Any:  # noqa: ANN401  Mastodon.py's types are its own
        """Return the client, made with the first call (in the thread)."""
        if self._client is None:
            self._session, self._client = _client(self._wiring, self._api)
        return self._client


def _statuses(account: str, **more: str) -> Callable[[Any], Any]:
    """Return what asks for a page of an account's own statuses."""
    return lambda api: api.account_statuses(account, exclude_reblogs=True, limit=_PAGE, **more)


def _client(wiring: Wiring[Options], api: str) -> tuple[Any, Any]:
    """Build Mastodon.py's client over a session that is as careful as a create request must be."""
    with loading_requests():
        import requests
        from mastodon import Mastodon

    quieten("mastodon", "urllib3")
    session = requests.Session()
    make_careful(
        session, wiring.deadline, "", hide=("x-ratelimit-", "deprecation"), readable=is_list_or_object
    )
    client = Mastodon(
        access_token=wiring.secrets["ACCESS_TOKEN"].reveal(),
        api_base_url=api,
        ratelimit_method="throw",
        session=session,
        mastodon_version="4.5.0",  # with "created": it asks for none and uploads by the present endpoint
        version_check_mode="created",
    )
    return session, client


def _judged(answer: AnswerError, wiring: Wiring[Options]) -> ChannelError:
    """Return what an answer of Mastodon means: by its words where they say more than its status."""
    words = answer.fields.get("error")
    reason = status_line("Mastodon", answer.status, words, wiring.redact)
    told = str(words or "").casefold()
    if answer.status == 403 and (not told or any(word in told for word in _ACCOUNT_WORDS)):  # noqa: PLR2004
        return LockedOut(reason)
    if answer.status == 422 and "finished processing" in told:  # noqa: PLR2004  Unprocessable Content
        return TryLater(reason, _PROCESSING)
    return by_status(answer.status, reason, _reset(answer.headers, wiring.clock_now()))


def _reset(headers: Mapping[str, str], now: datetime) -> timedelta | None:
    """Return the wait after a 429: the reset is an ISO date on Mastodon, unix seconds on GoToSocial."""
    if asked := wait_of(headers.get("retry-after")):
        return asked
    reset = headers.get("x-ratelimit-reset", "")
    try:
        moment = datetime.fromisoformat(reset)
    except ValueError:
        return wait_until(reset, now)
    return wait_of((moment - now).total_seconds()) if moment.tzinfo else None


def _sign_in(wiring: Wiring[Options], _app: App) -> SignIn:
    return MastodonSignIn(wiring, wiring.api.rstrip("/") or _HOME)


NETWORK = Network(
    name="mastodon",
    options=Options,
    secrets=("ACCESS_TOKEN",),
    limits=_limits,
    cost=lambda _options, _linked: 0,
    recovery=Recovery(
        look_after=timedelta(seconds=60),
        looks=1,
        between=timedelta(seconds=60),
        resend=True,
        resend_within=timedelta(minutes=30),
    ),
    connect=MastodonChannel,
    sign_in=Signing(_sign_in, shows_code=True),
)
