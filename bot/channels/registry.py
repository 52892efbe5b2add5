"""The networks that channels may live on. A new one is its file and its line here."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from types import MappingProxyType
from typing import Any

from bot.channels.network import Network

_FILES = (
    "bluesky",
    "linkedin",
    "mastodon",
    "telegram",
    "x",
)

NETWORKS: Mapping[str, Network[Any]] = MappingProxyType(
    {name: import_module(f"bot.channels.{name}").NETWORK for name in _FILES}
)


class UnknownNetwork(KeyError):  # noqa: N818  it names what the configuration asked for
    """No network has this name; the message names those that there are."""

    def __str__(self) -> str:
        """Return the message itself, where KeyError would quote it."""
        return str(self.args[0])


def network(name: str) -> Network[Any]:
    """Return the network called ``name``; raise :class:`UnknownNetwork`."""
    if name not in NETWORKS:
        raise UnknownNetwork(f"{name!r} is no network: there are {', '.join(sorted(NETWORKS))}")
    return NETWORKS[name]
