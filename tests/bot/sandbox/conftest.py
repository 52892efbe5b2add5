"""A sandbox on a free port with a clock that a test moves, and the real clients that talk to it."""

from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import pytest
import requests
import tweepy
from requests.adapters import HTTPAdapter
from telegram import Bot
from telegram.request import HTTPXRequest

from bot.sandbox.server import Sandbox

ACCOUNTS = {"1001": "Technopolys", "@technopolys": "Technopolys Québec"}
OAUTH = (
    'OAuth oauth_consumer_key="key", oauth_token="1001-token", oauth_signature="sign", '
    'oauth_nonce="once", oauth_timestamp="1"'
)
PNG = b"\x89PNG\r\n\x1a\n" + b"a picture"


class HandClock:
    """Stands still until a test moves it."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 22, 8, 30, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def forward(self, time: timedelta) -> None:
        self.now += time


class Rewriting(HTTPAdapter):
    """Sends tweepy's requests, whose host is fixed, to the sandbox."""

    def __init__(self, address: str) -> None:
        super().__init__()
        self._address = urlsplit(address)

    def send(
        self,
        request: requests.PreparedRequest,
        *args: Any,  # noqa: ANN401 - handed on as it came
        **kwargs: Any,  # noqa: ANN401 - the same
    ) -> requests.Response:
        assert request.url is not None
        parts = urlsplit(request.url)
        request.url = parts._replace(scheme=self._address.scheme, netloc=self._address.netloc).geturl()
        return super().send(request, *args, **kwargs)


def x_client(sandbox: Sandbox, token: str = "1001-token") -> tweepy.Client:
    client = tweepy.Client(
        consumer_key="key", consumer_secret="secret", access_token=token, access_token_secret="secret"
    )
    client.session.mount("https://api.twitter.com", Rewriting(sandbox.url))
    client.session.request = partial(client.session.request, timeout=5, allow_redirects=False)
    return client


@pytest.fixture(name="clock")
def hand_clock() -> HandClock:
    return HandClock()


@pytest.fixture(name="sandbox")
async def running_sandbox(clock: HandClock) -> AsyncIterator[Sandbox]:
    sandbox = Sandbox(clock, accounts=ACCOUNTS)
    await sandbox.start()
    yield sandbox
    await sandbox.stop()


@pytest.fixture(name="x")
def tweepy_client(sandbox: Sandbox) -> Iterator[tweepy.Client]:
    client = x_client(sandbox)
    yield client
    client.session.close()


@pytest.fixture(name="bot")
async def telegram_bot(sandbox: Sandbox) -> AsyncIterator[Bot]:
    bot = Bot("42:token", base_url=f"{sandbox.url}/bot", request=HTTPXRequest(read_timeout=5))
    async with bot:
        yield bot


@pytest.fixture(name="http")
async def plain_client(sandbox: Sandbox) -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(sandbox.url) as session:
        yield session
