"""The composition root: the only file that names concrete classes, and hands everything in."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

from bot.channels.network import Wiring, forget_late
from bot.channels.registry import NETWORKS
from bot.clock import Clock
from bot.compose.render import Style
from bot.compose.template import check as check_template
from bot.desk.operations import Desk
from bot.message import Channel, Frozen, Receipt
from bot.settings import ChannelSettings, Links, Settings, load
from content_queue.operations import sources
from content_queue.store.database import Store, StoreError
from content_queue.store.schema import upgrade

LateReceipt = Callable[[Frozen, Receipt], None]


def settings(path: Path, environ: Mapping[str, str] | None = None) -> Settings:
    """Read the configuration; raise ``SettingsError`` with every mistake at once."""
    return load(path, os.environ if environ is None else environ, NETWORKS, check_template)


def store(given: Settings) -> Store:
    """Open the database, bring its tables up to date, and make the file's sources known.

    Raises ``StoreError`` when it cannot be opened and ``TwoOwnersError`` when a name has two owners.
    """
    path = given.bot.sqlite_path
    if path is None:
        raise StoreError('PostgreSQL is not there yet: write database = "sqlite:///technopolys.db"')
    opened = Store(path)
    try:
        upgrade(opened)
        named = {name: (str(source.kind), source.url) for name, source in given.sources.items()}
        with opened.write() as tx:
            sources.register(tx, named)
    except BaseException:
        opened.close()
        raise
    return opened


def styles(given: Settings) -> dict[str, Style]:
    """Return how each channel speaks."""
    return {name: _style(channel) for name, channel in given.channels.items()}


def desk(given: Settings) -> Desk:
    """Return what the doors' operations need of the configuration."""
    late = {name: channel.late for name, channel in given.channels.items()}
    return Desk(styles(given), late, given.bot.grace)


def channels(given: Settings, clock: Clock, late: LateReceipt = forget_late) -> dict[str, Channel]:
    """Connect every channel; a network's library loads here, for the networks in use."""
    return {name: _channel(channel, clock, late) for name, channel in given.channels.items()}


def _style(channel: ChannelSettings) -> Style:
    network = NETWORKS[channel.network]
    chosen = channel.links
    if chosen is Links.BUDGET and channel.monthly_budget is None:
        chosen = Links.ALWAYS  # without a cap there is nothing to save
    return Style(
        channel=channel.name,
        network=channel.network,
        languages=channel.languages,
        limits=network.limits(channel.options),
        templates=channel.templates,
        links=chosen.value,
        require_alt=channel.require_alt,
        cost=partial(network.cost, channel.options),
    )


def _channel(channel: ChannelSettings, clock: Clock, late: LateReceipt) -> Channel:
    wiring = Wiring(
        name=channel.name,
        options=channel.options,
        secrets=channel.secrets,
        api=channel.api,
        clock_now=clock.now,
        deadline=channel.deadline,
        late_receipt=late,
    )
    return NETWORKS[channel.network].connect(wiring)
