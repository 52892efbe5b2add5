"""What the configuration makes of each channel: how it speaks, and how it wants to be filled."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any

from bot.channels.accounts import accounts
from bot.channels.network import Network
from bot.compose.card import Look
from bot.compose.hashtags import folded
from bot.compose.style import Style, Topic
from bot.settings import Bilingual, Cards, ChannelSettings, Links, Settings, TopicTable
from content_queue.planner import Rules

_Networks = Mapping[str, Network[Any]]


def spoken_styles(given: Settings, networks: _Networks) -> dict[str, Style]:
    """Return how each channel speaks."""
    return {name: _style(channel, given, networks) for name, channel in given.channels.items()}


def rules_of(given: Settings, networks: _Networks) -> dict[str, Rules]:
    """Return how each channel wants to be filled, and what it minds of the others."""
    shared = accounts(given.channels, networks)
    speaking = {name for name, channel in given.channels.items() if "fr" in channel.languages}
    french = frozenset(name for name in speaking if given.channels[name].calendar.slots)
    first = french if given.bot.french_first else frozenset[str]()
    wait = given.bot.pair_wait if _comes_in_two_languages(given) else timedelta(0)
    return {
        name: replace(
            _rules(channel, networks),
            account=shared[name],
            french=frozenset() if name in speaking else first,
            pair_wait=wait,
        )
        for name, channel in given.channels.items()
    }


def _style(channel: ChannelSettings, given: Settings, networks: _Networks) -> Style:
    network = networks[channel.network]
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
        alt_cost=network.alt_cost(channel.options),
        together=channel.bilingual is Bilingual.TOGETHER,
        hashtags=channel.hashtags,
        topics={folded(name): _topic(topic) for name, topic in given.topics.items()},
        partners=_handles(given, channel.network),
        campaign=channel.campaign,
        card=_look(channel.cards, given),
    )


def _look(shape: Cards, given: Settings) -> Look | None:
    return None if shape is Cards.NONE else Look(shape=shape.value, **given.cards.model_dump())


def _topic(table: TopicTable) -> Topic:
    return Topic({"fr": table.fr, "en": table.en}, table.everywhere)


def _handles(given: Settings, network: str) -> dict[str, str]:
    own = {folded(name): handles.get(network, "") for name, handles in given.partners.items()}
    return {name: handle for name, handle in own.items() if handle}


def _rules(channel: ChannelSettings, networks: _Networks) -> Rules:
    network = networks[channel.network]
    return Rules(
        channel=channel.name,
        languages=frozenset(channel.languages),
        calendar=channel.calendar,
        min_gap=channel.min_gap,
        daily_max=channel.daily_max,
        mix=channel.mix,
        jitter=channel.jitter,
        late=channel.late,
        budget=channel.monthly_budget,
        read_cost=network.read_cost(channel.options),
        repeats=network.limits(channel.options).repeats,
    )


def _comes_in_two_languages(given: Settings) -> bool:
    """Say whether both halves of a story may come, each from a source and for a channel of its language."""
    brought = {source.language for source in given.sources.values() if source.url}
    spoken = {language for channel in given.channels.values() for language in channel.languages}
    return {"fr", "en"} <= brought and {"fr", "en"} <= spoken
