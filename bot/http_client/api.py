"""Calls to a network's own API, at an address that the operator or the network's own code names.

One request each: no redirect is followed, no POST is sent twice (aiohttp itself asks once more where the
connection of a GET, PUT or DELETE was cut), no connection is kept, no proxy of the environment is asked, and
what comes back is bounded.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import aiohttp


class NotSent(Exception):  # noqa: N818  named by what happened
    """The connection was never made: no byte of the request has left."""


class Lost(Exception):  # noqa: N818  named by what happened
    """The request may have left, and no whole answer came; ``str()`` names the kind of trouble alone."""


@dataclass(frozen=True, slots=True)
class Call:
    """One request. ``body`` may hold secrets, as headers do: neither prints."""

    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: bytes = field(default=b"", repr=False)


@dataclass(frozen=True, slots=True)
class ApiAnswer:
    """What came back: header names in lower case; ``body`` is empty where it was encoded or too long."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class ApiClient:
    """Makes calls; the session opens with the first one. ``maximum`` bounds an answer in bytes."""

    def __init__(self, maximum: int = 1_000_000) -> None:
        self._maximum = maximum
        self._session: aiohttp.ClientSession | None = None

    async def send(self, call: Call) -> ApiAnswer:
        """Make one request and read its answer, whatever the status. Raises NotSent or Lost.

        It waits for ever: the caller sets the deadline.
        """
        import aiohttp

        try:
            async with self._opened().request(
                call.method, call.url, headers=call.headers, data=call.body or None, allow_redirects=False
            ) as response:
                names = {name.lower(): value for name, value in response.headers.items()}
                return ApiAnswer(response.status, names, await self._body(response))
        except (aiohttp.ClientConnectorError, aiohttp.InvalidURL) as error:
            raise NotSent(type(error).__name__) from None
        except (aiohttp.ClientError, OSError, ValueError) as error:
            raise Lost(type(error).__name__) from None

    async def close(self) -> None:
        """Close every connection."""
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    async def _body(self, response: aiohttp.ClientResponse) -> bytes:
        if response.headers.get("Content-Encoding", "identity").lower() != "identity":
            return b""  # it was not asked for
        body = bytearray()
        async for part in response.content.iter_any():
            body += part
            if len(body) > self._maximum:
                return b""
        return bytes(body)

    def _opened(self) -> aiohttp.ClientSession:
        if self._session is None:
            import aiohttp

            self._session = aiohttp.ClientSession(
                # A connection kept alive may be dead: a create sent into it would be uncertain for nothing.
                connector=aiohttp.TCPConnector(force_close=True),
                cookie_jar=aiohttp.DummyCookieJar(),
                headers={"Accept-Encoding": "identity"},
                auto_decompress=False,
                trust_env=False,
                timeout=aiohttp.ClientTimeout(total=None, connect=None, sock_connect=None),
            )
        return self._session
