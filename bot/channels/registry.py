"""The networks that channels may live on. A new one is its file and its line here."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib import import_module
from typing import Any

from bot.channels.network import Network

_FILES = (
    "apprise",
    "bluesky",
    "facebook",
    "linkedin",
    "manual",
    "mastodon",
    "telegram",
    "x",
)


class _Networks(Mapping[str, Network[Any]]):
    """Each network's file is loaded when it is asked for: a bot speaks to one or two of them."""

    def __getitem__(self, name: str) -> Network[Any]:
        if name not in _FILES:
            raise KeyError(name)
        found: Network[Any] = import_module(f"bot.channels.{name}").NETWORK
        return found

    def __contains__(self, name: object) -> bool:
        return name in _FILES

    def __iter__(self) -> Iterator[str]:
        return iter(_FILES)

    def __len__(self) -> int:
        return len(_FILES)


NETWORKS: Mapping[str, Network[Any]] = _Networks()


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
