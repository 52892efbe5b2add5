"""What a link says about how its reader came: ours by a rule that is shown, nobody else's."""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import quote, unquote_plus

from content_queue.identity import is_campaign, is_tracker

_NAME = re.compile(r"\{([^{}]*)\}")


def tagged(url: str, campaign: str, values: Mapping[str, str]) -> str:
    """Return ``url`` without others' trackers, and with our ``campaign`` unless it has one of its own.

    The names in braces of the campaign are replaced by ``values``.
    """
    before, hash_sign, fragment = url.partition("#")
    address, _, query = before.partition("?")
    pairs = [pair for pair in query.split("&") if pair and not is_tracker(_name(pair))]
    if campaign and not any(is_campaign(_name(pair)) for pair in pairs):
        pairs.append(_NAME.sub(lambda name: quote(values.get(name[1], ""), safe=""), campaign))
    if not campaign and "&".join(pairs) == query:
        return url
    return "?".join(filter(None, (address, "&".join(pairs)))) + hash_sign + fragment


def _name(pair: str) -> str:
    return unquote_plus(pair.partition("=")[0]).lower()
