"""Telegram's library over a careful client, for its channels and for the moderators' chat.

Rules: https://core.telegram.org/bots/api.
"""

from __future__ import annotations

import logging
from datetime import timedelta
from functools import cache
from typing import TYPE_CHECKING

from bot.channels.answer import AnswerError, mapping, wait_of
from bot.channels.session import only_good
from bot.lean import without

if TYPE_CHECKING:
    import ssl
    from collections.abc import Mapping

    import telegram as ptb
    from telegram.request import HTTPXRequest

    from bot.secret import Secret

API = "https://api.telegram.org"
_LEVELS: Mapping[str, int] = {"httpx": logging.WARNING, "httpcore": logging.WARNING, "telegram": logging.INFO}
"""Below these they print addresses, and the token is part of those."""


def careful_request(
    *, connect: timedelta, write: timedelta, read: timedelta, kept_alive: bool, most: int = 256
) -> HTTPXRequest:
    """Return a client that heeds no proxy and raises :class:`AnswerError` for whatever is no success.

    It waits ``connect`` for a connection, of which it has ``most`` at a time, and as long for a free one.
    """
    for name, level in _LEVELS.items():
        logger = logging.getLogger(name)
        logger.setLevel(max(logger.level, level))

    with without("cryptography", "httpx._main"):  # 10 MB for passports and a command line
        from telegram.request import HTTPXRequest

    return HTTPXRequest(
        connection_pool_size=most,
        connect_timeout=connect.total_seconds(),
        pool_timeout=connect.total_seconds(),
        write_timeout=write.total_seconds(),
        read_timeout=read.total_seconds(),
        httpx_kwargs={
            "trust_env": False,  # a proxy of the environment is nobody's word here
            "verify": _trusted(),
            "event_hooks": {"response": [only_good]},
            "headers": {"Accept-Encoding": "identity"} | ({} if kept_alive else {"Connection": "close"}),
        },
    )


@cache
def _trusted() -> ssl.SSLContext:
    """Return whose certificates are believed: one for all clients, for each would weigh 0.7 MB."""
    import httpx

    return httpx.create_ssl_context(trust_env=False)


def bot_over(token: Secret, api: str, asking: HTTPXRequest, hearing: HTTPXRequest) -> ptb.Bot:
    """Return the library's bot; ``hearing`` carries getUpdates, ``asking`` the rest."""
    from telegram import Bot

    where = api.rstrip("/") or API
    return Bot(
        token.reveal(),
        base_url=f"{where}/bot",
        base_file_url=f"{where}/file/bot",
        request=asking,
        get_updates_request=hearing,
    )


def parameters(answer: AnswerError) -> Mapping[str, object]:
    """Return what an answer that is no success adds for programs (Bot API, ResponseParameters)."""
    return mapping(answer.fields.get("parameters"))


def asked_wait(answer: AnswerError) -> timedelta | None:
    """Return how long an answer asks us to wait, None where it does not."""
    return wait_of(parameters(answer).get("retry_after", answer.headers.get("retry-after")))
