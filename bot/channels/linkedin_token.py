"""LinkedIn's access token: as configured or, with a refresh token, renewed ahead of its end by one worker.

An access token lives 60 days and a refresh token a year, which no renewal makes longer. A renewal leaves the
former access token as it was. Source: learn.microsoft.com, LinkedIn, "Refresh Tokens with OAuth 2.0".
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any, TypeVar
from urllib.parse import urlencode

from bot.channels.answer import AnswerError, by_status, status_line, wait_of
from bot.channels.network import Wiring
from bot.channels.wire import Good, Wire
from bot.http_client.api import Call
from bot.message import ChannelError, LockedOut, Refused, TryLater
from bot.secret import Redactor, Secret

FURTHER = ("REFRESH_TOKEN", "CLIENT_ID", "CLIENT_SECRET")
_HOME = "https://www.linkedin.com"
_AHEAD = timedelta(days=7)
_SELDOM = timedelta(hours=1)
"""So long a renewal that failed is not tried again, and a token that was just renewed is not again."""
_MEANWHILE = timedelta(seconds=5)
"""So soon we look whether another worker has renewed the token."""
_LONGEST = timedelta(days=3650)

Result = TypeVar("Result")


class NoTokenError(LockedOut):
    """LinkedIn does not take the access token: nothing was done."""


@dataclass(frozen=True, slots=True)
class Token:
    """An access token and what renews it; the moments are in ISO 8601, "" where nobody told them.

    ``of`` is the digest of the configured secrets that it comes from.
    """

    of: str
    access: str = field(repr=False)
    refresh: str = field(repr=False)
    access_until: str = ""
    refresh_until: str = ""
    renewed: str = ""


class Tokens:
    """Gives the channel an access token that holds; one call at a time renews it."""

    def __init__(self, wiring: Wiring[Any]) -> None:
        """Take what is needed; ``wiring.api`` leads these calls too."""
        self._wiring = wiring
        self._url = f"{wiring.api.rstrip('/') or _HOME}/oauth/v2/accessToken"
        self._wire = Wire("LinkedIn", wiring, self._judged)
        secrets = {name: secret.reveal() for name, secret in wiring.secrets.items()}
        self._renewable = all(name in secrets for name in FURTHER)
        given = "\0".join(secrets.get(name, "") for name in ("ACCESS_TOKEN", *FURTHER))
        of = sha256(given.encode("utf-8", "surrogatepass")).hexdigest()
        self._configured = Token(of, secrets["ACCESS_TOKEN"], secrets.get("REFRESH_TOKEN", ""))
        self._token: Token | None = None
        self._spent = ""
        self._tried: datetime | None = None
        self._failed: ChannelError | None = None
        self._lock = asyncio.Lock()

    async def access(self) -> str:
        """Return an access token that holds; raises TryLater or LockedOut where there is none to be had."""
        if not self._renewable:
            return self._configured.access
        async with self._lock:
            return (await self._present(ends_needed=False)).access

    async def until(self) -> datetime | None:
        """Return when only a person can go on: the refresh token's end, None where nobody tells one.

        Where LinkedIn renews no more it is the access token's end. Raises TryLater or LockedOut.
        """
        if not self._renewable:
            return None
        async with self._lock:
            token = await self._present(ends_needed=True)
        over = isinstance(self._failed, LockedOut)
        if self._failed is not None and not over and not token.refresh_until:
            raise TryLater(self._failed.reason)  # nobody has told it yet, which is not "no end"
        return _moment(token.access_until if over else token.refresh_until)

    async def used(self, act: Callable[[str], Awaitable[Result]]) -> Result:
        """Do what puts nothing out, and once more where LinkedIn took the token no longer."""
        access = await self.access()
        try:
            return await act(access)
        except NoTokenError as error:
            if isinstance(self.ended(access, error), LockedOut):
                raise
        return await act(await self.access())

    def ended(self, access: str, error: NoTokenError) -> ChannelError:
        """Return what it means that LinkedIn refused this token: that it will be renewed, if it can be."""
        token = self._token
        if not self._renewable or token is None:
            return LockedOut(error.reason)
        renewed = _moment(token.renewed)
        lately = renewed is not None and self._wiring.clock_now() - renewed < _SELDOM
        if access == token.access and lately:
            return LockedOut(error.reason)
        self._spent = access
        return TryLater(
            f"the access token had ended: nothing was done ({error.reason})", timedelta(seconds=5)
        )

    def redact(self, words: str) -> str:
        """Return LinkedIn's words without any secret, configured or renewed."""
        own = (self._token.access, self._token.refresh) if self._token else ()
        return Redactor([*self._wiring.secrets.values(), *map(Secret, own)])(words)

    async def close(self) -> None:
        """Let connections go."""
        await self._wire.close()

    async def _present(self, *, ends_needed: bool) -> Token:
        """Return a token that holds. Where it only ends soon, a renewal that fails leaves it as it is."""
        token = self._token or await self._kept() or self._configured
        self._token = token
        if self._lasts(token, _AHEAD) and (token.access_until or not ends_needed):
            return token
        holds = self._lasts(token, timedelta(0))
        if holds and not self._may_try():
            return token
        try:
            token = await self._renewed(token)
        except ChannelError as error:
            self._failed = error
            if not holds:
                raise
            return token
        self._token, self._failed = token, None
        return token

    def _lasts(self, token: Token, longer: timedelta) -> bool:
        """Tell whether the token holds, and for longer than this; one whose end nobody told does."""
        end = _moment(token.access_until)
        return token.access != self._spent and (end is None or end - longer > self._wiring.clock_now())

    def _may_try(self) -> bool:
        return self._tried is None or self._wiring.clock_now() - self._tried >= _SELDOM

    async def _kept(self) -> Token | None:
        """Return what was kept, if it comes from the secrets that are configured now."""
        try:
            token = Token(**await self._wiring.kept.load())
        except TypeError:
            return None
        return token if token.of == self._configured.of and token.access else None

    async def _renewed(self, token: Token) -> Token:
        """Return the token that another worker has renewed meanwhile, or a new one, which is kept."""
        if theirs := await self._of_another(token):
            return theirs
        if not await self._wiring.kept.ours():
            raise TryLater("another worker renews the token", _MEANWHILE)
        if theirs := await self._of_another(token):  # saved just before it was our turn
            return theirs
        self._tried = self._wiring.clock_now()
        asked = {
            "grant_type": "refresh_token",
            "refresh_token": token.refresh,
            "client_id": self._wiring.secrets["CLIENT_ID"].reveal(),
            "client_secret": self._wiring.secrets["CLIENT_SECRET"].reveal(),
        }
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        try:
            good = await self._wire.once(Call("POST", self._url, headers, urlencode(asked).encode()))
        except (Refused, LockedOut) as error:
            raise LockedOut(f"LinkedIn renews the token no more, sign in again: {error.reason}") from None
        made = self._read(good, token)
        self._token = made  # before it is kept: a disk that does not take it loses no token
        await self._wiring.kept.save(asdict(made))
        return made

    async def _of_another(self, token: Token) -> Token | None:
        """Return what another worker has kept since, if it lasts."""
        kept = await self._kept()
        newer = kept is not None and kept.renewed > token.renewed and self._lasts(kept, _AHEAD)
        return kept if newer else None

    def _read(self, good: Good, former: Token) -> Token:
        access, refresh = good.fields.get("access_token"), good.fields.get("refresh_token")
        if not isinstance(access, str) or not access.isascii() or not access.isprintable() or not access:
            raise TryLater("LinkedIn gave no access token")
        now = self._wiring.clock_now()
        return Token(
            former.of,
            access,
            refresh if isinstance(refresh, str) and refresh else former.refresh,
            _end(good.fields, "expires_in", now),
            _end(good.fields, "refresh_token_expires_in", now) or former.refresh_until,
            now.isoformat(),
        )

    def _judged(self, error: AnswerError) -> ChannelError:
        words = error.fields.get("error_description") or error.fields.get("error")
        reason = status_line("LinkedIn", error.status, words, self.redact)
        return by_status(error.status, reason, wait_of(error.headers.get("retry-after")))


def _end(fields: Mapping[str, Any], name: str, now: datetime) -> str:
    """Return the moment so many seconds from now, "" for what is no such number."""
    seconds = fields.get(name)
    if not isinstance(seconds, int) or not 0 < seconds <= _LONGEST.total_seconds():
        return ""
    return (now + timedelta(seconds=seconds)).isoformat()


def _moment(written: str) -> datetime | None:
    return datetime.fromisoformat(written) if written else None
