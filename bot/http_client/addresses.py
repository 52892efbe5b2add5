"""Which addresses may be dialled: plain global unicast, and what the operator opened.

The table is our own because ``ipaddress.is_global`` lets through multicast, 6to4, NAT64, site-local and
others that lead inside. Source: the IANA special-purpose address registries, IPv4 and IPv6.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection

Address = IPv4Address | IPv6Address

_SPECIAL_V4 = tuple(
    IPv4Network(network)
    for network in (
        "0.0.0.0/8",
        "10.0.0.0/8",
        "100.64.0.0/10",
        "127.0.0.0/8",
        "169.254.0.0/16",
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.0.2.0/24",
        "192.31.196.0/24",
        "192.52.193.0/24",
        "192.88.99.0/24",
        "192.168.0.0/16",
        "192.175.48.0/24",
        "198.18.0.0/15",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/4",
        "240.0.0.0/4",
    )
)
# Everything global lies in 2000::/3; what is special inside it:
_GLOBAL_V6 = IPv6Network("2000::/3")
_SPECIAL_V6 = tuple(
    IPv6Network(network)
    for network in ("2001::/23", "2001:db8::/32", "2002::/16", "2620:4f:8000::/48", "3fff::/20")
)
_HOST_NAME = re.compile(r"[a-z0-9_]([a-z0-9_.-]*[a-z0-9_])?\.?", re.IGNORECASE)


def is_public(address: Address) -> bool:
    """Tell whether ``address`` is plain global unicast; an IPv4 address inside IPv6 is judged as itself."""
    address = _unwrap(address)
    if isinstance(address, IPv4Address):
        return not any(address in network for network in _SPECIAL_V4)
    return address in _GLOBAL_V6 and not any(address in network for network in _SPECIAL_V6)


def _unwrap(address: Address) -> Address:
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        return address.ipv4_mapped
    return address


@dataclass(frozen=True, slots=True)
class Allowed:
    """What the operator opened beside the public internet: names and networks."""

    names: frozenset[str]
    networks: tuple[IPv4Network | IPv6Network, ...]

    @classmethod
    def of(cls, entries: Collection[str]) -> Allowed:
        """Read host names, addresses and networks; raise ValueError that names the first bad one."""
        names: set[str] = set()
        networks: list[IPv4Network | IPv6Network] = []
        for entry in entries:
            try:
                networks.append(ip_network(entry.strip("[]"), strict=False))
            except ValueError:
                names.add(_host_name(entry))
        return cls(frozenset(names), tuple(networks))

    def name(self, host: str) -> bool:
        """Tell whether the operator opened this host by its name."""
        return normal_host(host) in self.names

    def address(self, address: Address) -> bool:
        """Tell whether the operator opened this address by itself or by its network."""
        address = _unwrap(address)
        return any(address in network for network in self.networks if network.version == address.version)

    def host(self, host: str) -> bool:
        """Tell whether a host, written as a name or as an address, was opened."""
        if not self.names and not self.networks:
            return False
        try:
            return self.name(host) or self.address(read_address(host))
        except ValueError:
            return False


@lru_cache(1024)
def read_address(text: str) -> Address:
    """Read an address of any version; raise ValueError. A host's is read again at every request to it."""
    return ip_address(text)


def _host_name(entry: str) -> str:
    if not _HOST_NAME.fullmatch(entry):
        raise ValueError(f"{entry!r} is no host name, address or network such as 10.0.0.0/8")
    return normal_host(entry)


def normal_host(host: str) -> str:
    """Write a host name in the one way it is compared: lower case, without the final dot."""
    return host.lower().rstrip(".")


def ends_in_a_number(host: str) -> bool:
    """Tell whether resolvers would read ``host`` as an IPv4 address (WHATWG URL, "ends in a number")."""
    last = normal_host(host).rpartition(".")[2]
    return last.isdigit() or re.fullmatch(r"0x[0-9a-f]*", last) is not None
