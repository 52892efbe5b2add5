"""A session on Bluesky: kept, refreshed before it ends, and signed in for seldom.

An account may sign in 30 times in 5 minutes and 300 times a day (docs.bsky.app, "Rate limits"); a session
lives two hours and its refresh token 90 days, so signing in is for the first start and for after a loss.
"""

from __future__ import annotations

import asyncio
import base64
import re
from collections import deque
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from bot.channels.answer import json_object, mapping
from bot.channels.network import Wiring
from bot.channels.wire import Good, Wire, json_body
from bot.http_client.api import Call
from bot.message import LockedOut, Refused, TryLater

HOME = "https://bsky.social"
_BEFORE_THE_END = timedelta(minutes=10)
_MEANWHILE = timedelta(seconds=5)
"""So soon we look whether another worker has renewed the session."""
_WINDOW = timedelta(minutes=5)
_SIGN_INS = 10
"""In a window: a third of what the network allows, for the command line signs in as well."""
_DID = re.compile(r"did:(?:plc:[a-z2-7]{24}|web:[a-z0-9.-]{1,253})")
_TOKEN = re.compile(r"[\w.~+/=-]{1,8192}", re.ASCII)


class EndedError(TryLater):
    """A token has ended, so that nothing was done: with a new session it will be."""

    def __init__(self, reason: str) -> None:
        """Keep the one line that people will read."""
        super().__init__(f"the session had ended: nothing was done ({reason})", timedelta(seconds=5))


@dataclass(frozen=True, slots=True)
class Session:
    """Who we are, where our records live, and the two tokens."""

    did: str
    handle: str
    server: str
    access: str = field(repr=False)
    refresh: str = field(repr=False)

    def signed(self) -> dict[str, str]:
        """Return the header that a call of this session carries."""
        return {"Authorization": f"Bearer {self.access}"}

    def ends(self) -> datetime | None:
        """Return when the access token ends; None where it does not say."""
        coded = self.access.split(".")[1] if self.access.count(".") == 2 else ""  # noqa: PLR2004  a JWT's parts
        try:
            claims = json_object(base64.urlsafe_b64decode(coded + "=" * (-len(coded) % 4)))
            return datetime.fromtimestamp(float(claims["exp"]), tz=None).astimezone()  # type: ignore[arg-type]
        except (KeyError, TypeError, ValueError, OverflowError):
            return None


class SignedIn:
    """Gives the channel a session that holds; one call at a time asks for a new one."""

    def __init__(self, wiring: Wiring[Any], wire: Wire, handle: str) -> None:
        self._wiring = wiring
        self._wire = wire
        self._handle = handle
        self._home = wiring.api.rstrip("/") or HOME
        self._session: Session | None = None
        self._spent: Session | None = None
        self._lock = asyncio.Lock()
        self._sign_ins: deque[datetime] = deque()

    async def session(self) -> Session:
        """Return a session that holds; raises TryLater or LockedOut where there is none to be had."""
        async with self._lock:
            present = self._session
            if present is None or not self._holds(present):
                present = self._session = await self._next(present)
            return present

    def spend_present(self) -> None:
        """Take note that the network no longer takes the present access token."""
        self._spent = self._session

    def tokens(self) -> tuple[str, ...]:
        """Return what must not show in any reason."""
        return (self._session.access, self._session.refresh) if self._session else ()

    def _from_kept(self, kept: Mapping[str, str]) -> Session | None:
        """Read a kept session, if it is this account's on this server."""
        try:
            session = Session(**kept)
        except TypeError:
            return None
        here = not self._wiring.api or session.server == self._home
        return session if here and session.handle == self._handle and session.access else None

    def _holds(self, session: Session) -> bool:
        ends = session.ends()
        late = ends is not None and ends - _BEFORE_THE_END <= self._wiring.clock_now()
        return session != self._spent and not late

    async def _next(self, session: Session | None) -> Session:
        """Return the session that is kept, if it holds, or a new one: one worker at a time renews it."""
        kept = self._from_kept(await self._wiring.kept.load())
        if kept is not None and self._holds(kept):
            return kept
        if not await self._wiring.kept.ours():
            raise TryLater("another worker renews the session", _MEANWHILE)
        kept = self._from_kept(await self._wiring.kept.load())  # perhaps saved just before it was our turn
        if kept is not None and self._holds(kept):
            return kept
        renewed = await self._renewed(kept or session)
        await self._wiring.kept.save(asdict(renewed))
        return renewed

    async def _renewed(self, session: Session | None) -> Session:
        if session is not None:
            try:
                headers = {"Authorization": f"Bearer {session.refresh}"}
                url = f"{session.server}/xrpc/com.atproto.server.refreshSession"
                return self._read(await self._wire.read(Call("POST", url, headers)))
            except (EndedError, LockedOut, Refused):  # its refresh token has ended too: sign in
                pass
        return await self._sign_in()

    async def _sign_in(self) -> Session:
        now = self._wiring.clock_now()
        while self._sign_ins and self._sign_ins[0] <= now - _WINDOW:
            self._sign_ins.popleft()
        if len(self._sign_ins) >= _SIGN_INS:
            wait = self._sign_ins[0] + _WINDOW - now
            raise TryLater("signed in to Bluesky too often: waiting before the next time", wait)
        self._sign_ins.append(now)
        secret = self._wiring.secrets["APP_PASSWORD"].reveal()
        body = json_body({"identifier": self._handle, "password": secret})
        url = f"{self._home}/xrpc/com.atproto.server.createSession"
        call = Call("POST", url, {"Content-Type": "application/json"}, body)
        return self._read(await self._wire.once(call))

    def _read(self, good: Good) -> Session:
        words = {
            name: str(good.fields.get(name, "")) for name in ("did", "handle", "accessJwt", "refreshJwt")
        }
        tokens = (words["accessJwt"], words["refreshJwt"])
        if not _DID.fullmatch(words["did"]) or not all(_TOKEN.fullmatch(token) for token in tokens):
            raise TryLater("Bluesky gave no session")
        server = self._home if self._wiring.api else _server_of(good.fields) or self._home
        return Session(words["did"], self._handle, server, *tokens)


def _server_of(fields: Mapping[str, Any]) -> str:
    """Return the server that holds our records, by the account's own document; https only."""
    services = mapping(fields.get("didDoc")).get("service")
    for service in services if isinstance(services, list) else []:
        place = str(mapping(service).get("serviceEndpoint", ""))
        try:
            host = urlsplit(place).hostname
        except ValueError:
            continue
        if (
            str(mapping(service).get("id", "")).endswith("#atproto_pds")
            and place.startswith("https://")
            and host
        ):
            return place.rstrip("/")
    return ""
