"""How a request reached the desk: from which address, by which name, over https or not.

Proxies are believed where the configuration names them, and nowhere else. Whether https is spoken is the
public address's word: a header that says so would be anybody's.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Collection
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.types import Scope


@dataclass(frozen=True, slots=True)
class Reached:
    """What tells a request's way from it: the names the desk has, its public address, its proxies.

    ``closed`` means that others could listen on the way in: nobody may sign in.
    """

    hosts: frozenset[str]
    public_url: str = ""
    proxies: tuple[str, ...] = ()
    closed: bool = False
    _nets: tuple[ipaddress.IPv4Network | ipaddress.IPv6Network, ...] = field(init=False)

    def __post_init__(self) -> None:
        """Read the proxies once."""
        object.__setattr__(self, "_nets", tuple(ipaddress.ip_network(one) for one in self.proxies))
        object.__setattr__(self, "hosts", frozenset(host.lower() for host in self.hosts))

    def knows(self, headers: Headers) -> bool:
        """Say whether the desk answers to the name that was asked."""
        return host_name(headers.get("host", "")) in self.hosts

    def secure(self, headers: Headers) -> bool:
        """Say whether the browser speaks https to us: under a public https address."""
        public = urlsplit(self.public_url)
        return public.scheme == "https" and headers.get("host", "").lower() == public.netloc.lower()

    def from_own_page(self, headers: Headers) -> bool:
        """Say whether a request was sent by a page of this very desk, by what the browser swears."""
        if headers.get("sec-fetch-site", "same-origin") != "same-origin":
            return False
        scheme, _, host = headers.get("origin", "").lower().partition("://")
        ours = {"https"} if self.secure(headers) else {"http", "https"}
        return scheme in ours and bool(host) and host == headers.get("host", "").lower()

    def client(self, scope: Scope) -> str:
        """Return the address that asks: the first, from our side, that is no proxy of ours."""
        client = scope.get("client")
        address = str(client[0]) if client else ""
        passed = Headers(scope=scope).getlist("x-forwarded-for")
        way = [part.strip() for line in passed for part in line.split(",")]
        while way and self._is_proxy(address):
            address = way.pop()
        return address

    def _is_proxy(self, address: str) -> bool:
        try:
            ip = ipaddress.ip_address(address)
        except ValueError:
            return False
        return any(ip in net for net in self._nets)


def host_name(host: str) -> str:
    """Return the name in a Host header, without port, or ""."""
    try:
        return urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return ""


def beyond_this_machine(host: str) -> bool:
    """Say whether an address that is listened on can be reached from elsewhere."""
    try:
        return not ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host not in {"localhost", ""}


def is_exposed(host: str, public_url: str) -> bool:
    """Say whether others could listen on the way in: reachable from elsewhere, and not by https.

    A public address on this very machine is its operator's word that a container publishes it here alone.
    """
    public = urlsplit(public_url)
    here_alone = bool(public.hostname) and not beyond_this_machine(public.hostname or "")
    return beyond_this_machine(host) and public.scheme != "https" and not here_alone


def names(host: str, public_url: str) -> Collection[str]:
    """Return the names that a desk at this address answers to."""
    public = urlsplit(public_url).hostname
    return frozenset({"127.0.0.1", "localhost", "::1", host, *([public] if public else [])})


def reached(host: str, public_url: str, proxies: tuple[str, ...]) -> Reached:
    """Return how a desk that listens on ``host`` is reached."""
    return Reached(frozenset(names(host, public_url)), public_url, proxies, is_exposed(host, public_url))
