"""Which channels are on one account: the same network, server, secrets and place there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot.channels.network import Network
from bot.settings import ChannelSettings


def accounts(
    channels: Mapping[str, ChannelSettings], networks: Mapping[str, Network[Any]]
) -> dict[str, tuple[str, ...]]:
    """Return for each channel all that are on its account, itself among them, in the file's order."""
    together: dict[object, list[str]] = {}
    for name, channel in channels.items():
        together.setdefault(_account(channel, networks), []).append(name)
    return {name: tuple(names) for names in together.values() for name in names}


def _account(channel: ChannelSettings, networks: Mapping[str, Network[Any]]) -> object:
    """Return what tells an account from others; it stays in memory, for it holds the secrets."""
    needed = networks[channel.network].secrets  # what renews them tells no account from another
    secrets = sorted((name, one.reveal()) for name, one in channel.secrets.items() if name in needed)
    if not secrets:
        return channel.name  # nothing to sign in with: nothing to share
    place = networks[channel.network].place(channel.options)
    return (channel.network, channel.api, place, *secrets)
