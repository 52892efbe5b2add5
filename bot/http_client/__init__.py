"""The one guarded door by which every address that content brings is opened.

It sees the address really dialled, at every hop, and bounds what comes back: bytes, headers, time. It
must never follow an environment proxy, keep a cookie, carry a credential or try without checking TLS;
nothing outside this room (and the network libraries in ``bot/channels``) opens a socket.
"""

from __future__ import annotations

import asyncio
import socket
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import timedelta
from ipaddress import ip_address
from types import MappingProxyType
from typing import TYPE_CHECKING, cast
from urllib.parse import urlencode
from weakref import WeakValueDictionary

from bot.http_client.addresses import Allowed, is_public
from bot.http_client.errors import (
    BadAnswer,
    FetchError,
    RefusedAddress,
    RefusedUrl,
    TooBig,
    TooSlow,
    Unreachable,
)
from bot.http_client.gunzip import gunzip
from bot.http_client.url import checked

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    import aiohttp
    from aiohttp import AddrInfoType
    from aiohttp.abc import AbstractResolver, ResolveResult
    from yarl import URL

__all__ = [
    "Answer",
    "BadAnswer",
    "FetchError",
    "HttpClient",
    "RefusedAddress",
    "RefusedUrl",
    "TooBig",
    "TooSlow",
    "Unreachable",
]

MAX_REDIRECTS = 5
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_BODILESS = _REDIRECTS | {304}  # what some send along is not read
_PERMANENT = frozenset({301, 308})
_SENT_ON = frozenset({307, 308})
"""The redirects that a form goes along with: the others turn a POST into a GET (RFC 9110, 15.4)."""
# What goes along to another host; whatever else a caller sends may be a credential.
_FOR_ANYONE = frozenset({"accept", "accept-language", "if-modified-since", "if-none-match"})
_USUAL_PORTS = frozenset({80, 443})
# The host whose connection is being made in this task: the socket factory is told addresses only.
_dialled: ContextVar[str] = ContextVar("dialled")


@dataclass(frozen=True, slots=True)
class Answer:
    """What an address answered.

    ``headers`` have lower-case names; ``body`` is decompressed; ``url`` is the final address after all
    redirects; ``permanent`` is that address where every hop was a 301 or 308, else None.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes
    url: str
    permanent: str | None = None


class HttpClient:
    """GET and POST over http and https, to the public internet only, within bounds.

    ``allow_private`` opens host names, addresses or networks ("127.0.0.1", "10.0.0.0/8") beside the
    public internet, on any port. ``max_bytes`` bounds a body as sent and once decompressed; ``deadline``
    is for everything: name, connection, redirects, body.
    """

    def __init__(
        self,
        *,
        user_agent: str,
        allow_private: Collection[str] = (),
        max_bytes: int = 10_000_000,
        deadline: timedelta = timedelta(seconds=20),
        resolver: AbstractResolver | None = None,
    ) -> None:
        self._allowed = Allowed.of(allow_private)
        self._user_agent = user_agent
        self._max_bytes = max_bytes
        self._deadline = deadline
        self._resolver = resolver
        self._session: aiohttp.ClientSession | None = None
        self._turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def get(self, url: str, *, headers: Mapping[str, str] = MappingProxyType({})) -> Answer:
        """Read ``url`` and return what it answered, whatever the status; raise FetchError.

        A host gets one request at a time; waiting for our own turn does not count against the deadline.
        """
        return await self._in_time(checked(url), headers, None)

    async def post(self, url: str, form: Mapping[str, str]) -> Answer:
        """Send ``form`` to ``url`` and return how it was answered, whatever the status; raise FetchError.

        What the answer says is not read: its ``body`` is empty. A redirect is followed where it says that the
        form is to go there as it is (307, 308), and refused where not. Nothing is sent twice.
        """
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        return await self._in_time(checked(url), headers, urlencode(form).encode())

    async def close(self) -> None:
        """Close every connection; a later ``get`` opens new ones."""
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    def allows(self, host: str) -> bool:
        """Tell whether the operator opened ``host`` (a name or an address) with ``allow_private``."""
        return self._allowed.host(host)

    async def _in_time(self, url: URL, headers: Mapping[str, str], form: bytes | None) -> Answer:
        try:
            return await self._follow(url, headers, form)
        except TimeoutError:
            raise TooSlow(f"no complete answer within {self._deadline.total_seconds():g} s") from None

    async def _follow(self, url: URL, headers: Mapping[str, str], form: bytes | None) -> Answer:
        hop, left, now = _Hop(url), self._deadline.total_seconds(), asyncio.get_running_loop().time
        while True:
            async with self._turn(hop.url):
                began = now()
                async with asyncio.timeout(left):
                    answer = await self._request(hop.url, headers, form)
                left -= now() - began
            location = answer.headers.get("location", "")
            if answer.status not in _REDIRECTS:
                moved = str(hop.url) if hop.permanent and hop.seen else None
                return Answer(answer.status, answer.headers, answer.body, str(hop.url), moved)
            if form is not None and answer.status not in _SENT_ON:
                raise BadAnswer(f"it redirects ({answer.status}), where a form is not sent on")
            following = hop.next(location, permanent=answer.status in _PERMANENT)
            if following.url.origin() != hop.url.origin():
                headers = {name: value for name, value in headers.items() if name.lower() in _FOR_ANYONE}
            hop = following

    def _turn(self, url: URL) -> asyncio.Lock:
        """One request at a time goes to a host: its scheme, name and port."""
        return self._turns.setdefault(f"{url.scheme}://{url.authority}", asyncio.Lock())

    async def _request(self, url: URL, headers: Mapping[str, str], form: bytes | None) -> Answer:
        import aiohttp

        _dialled.set(url.raw_host or "")
        sent = {"User-Agent": self._user_agent, "Accept-Encoding": "gzip", **headers}
        method = "GET" if form is None else "POST"
        try:
            async with self._opened().request(
                method, url, headers=sent, data=form, allow_redirects=False
            ) as response:
                unread = form is not None or response.status in _BODILESS
                body = b"" if unread else await self._body(response)
                return Answer(response.status, _headers(response), body, str(url))
        except aiohttp.ClientError as error:
            raise _named(error) from None
        except (UnicodeError, ValueError):
            raise BadAnswer("the answer cannot be read as HTTP") from None

    async def _body(self, response: aiohttp.ClientResponse) -> bytes:
        encoding = ", ".join(response.headers.getall("Content-Encoding", [])).strip().lower()
        if encoding not in {"", "identity", "gzip", "x-gzip"}:
            raise BadAnswer(f"the answer is encoded as {encoding[:40]!r}, which was not asked for")
        parts: list[bytes] = []
        room = self._max_bytes
        async for part in response.content.iter_any():
            room -= len(part)
            if room < 0:
                raise TooBig(f"more than {self._max_bytes:,} bytes")
            parts.append(part)
        body = b"".join(parts)
        # a 304 or an empty body may carry the header and nothing to decode
        return gunzip(body, self._max_bytes) if "gzip" in encoding and body else body

    def _opened(self) -> aiohttp.ClientSession:
        """Make the session inside the running loop, once it is needed."""
        if self._session is None:
            import aiohttp

            guard = _Guard(self._allowed, self._resolver or aiohttp.ThreadedResolver())
            connector = aiohttp.TCPConnector(
                resolver=cast("AbstractResolver", guard), socket_factory=guard.socket, use_dns_cache=False
            )
            self._session = aiohttp.ClientSession(
                connector=connector,
                cookie_jar=aiohttp.DummyCookieJar(),
                auto_decompress=False,
                trust_env=False,
                timeout=aiohttp.ClientTimeout(total=None),  # asyncio.timeout covers it all
            )
        return self._session


@dataclass(frozen=True, slots=True)
class _Hop:
    """Where following redirects has come to."""

    url: URL
    permanent: bool = True
    seen: tuple[URL, ...] = field(default=())

    def next(self, location: str, *, permanent: bool) -> _Hop:
        if not location:
            raise BadAnswer("a redirect without an address")
        if len(self.seen) >= MAX_REDIRECTS:
            raise BadAnswer(f"more than {MAX_REDIRECTS} redirects")
        target = checked(self._joined(location))
        if target in (*self.seen, self.url):
            raise BadAnswer("the redirects lead in a circle")
        if self.url.scheme == "https" and target.scheme == "http":
            raise RefusedUrl("it redirects from https to http, which is not followed")
        return _Hop(target, self.permanent and permanent, (*self.seen, self.url))

    def _joined(self, location: str) -> str:
        from yarl import URL

        try:
            return str(self.url.join(URL(location)))
        except ValueError:
            raise RefusedUrl("it redirects to something that cannot be read as a URL") from None


class _Guard:
    """Stands at both gates: a name is judged by all its addresses, a socket by the one it dials.

    Literals such as ``[::ffff:127.0.0.1]`` never reach a resolver; the socket factory sees them.
    """

    def __init__(self, allowed: Allowed, resolver: AbstractResolver) -> None:
        self._allowed = allowed
        self._resolver = resolver

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        found = await self._resolver.resolve(host, port, family)
        for result in found:
            self._judge(host, result["host"], port)
        return found

    async def close(self) -> None:
        await self._resolver.close()

    def socket(self, info: AddrInfoType) -> socket.socket:
        family, kind, protocol, _name, address = info
        self._judge(_dialled.get(""), address[0], address[1])
        return socket.socket(family=family, type=kind, proto=protocol)

    def _judge(self, host: str, address: str, port: int) -> None:
        parsed = ip_address(address)
        if self._allowed.name(host) or self._allowed.address(parsed):
            return
        if not is_public(parsed):
            raise RefusedAddress(f"{host} leads to {address}, which is not on the public internet")
        if port not in _USUAL_PORTS:
            raise RefusedUrl(f"port {port} of {host} is not a port of the web")


def _headers(response: aiohttp.ClientResponse) -> Mapping[str, str]:
    """Return the headers by lower-case name; links may stand in several of theirs (RFC 8288)."""
    names = {name.lower(): value for name, value in response.headers.items()}
    links = response.headers.getall("Link", [])
    return {**names, "link": ", ".join(links)} if links else names


def _named(error: aiohttp.ClientError) -> FetchError:
    """Say in one line what went wrong: nobody answered, or what answered cannot be read."""
    import aiohttp

    if isinstance(error, aiohttp.ClientConnectorCertificateError | aiohttp.ClientSSLError):
        named: FetchError = Unreachable("its certificate is not valid, or TLS failed")
    elif isinstance(error, aiohttp.ClientConnectorDNSError):
        named = Unreachable("its name is not found")
    elif isinstance(error, aiohttp.ClientConnectorError):
        named = Unreachable(f"no connection: {error.os_error.strerror or 'refused'}")
    elif isinstance(error, aiohttp.InvalidURL):
        named = RefusedUrl("the address cannot be read as a URL")
    elif isinstance(error, aiohttp.ClientPayloadError | aiohttp.ClientResponseError):
        named = BadAnswer("the answer ends too early or is not valid HTTP")
    else:
        named = Unreachable("the connection was lost before the answer")
    return named
