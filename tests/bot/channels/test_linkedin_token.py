"""LinkedIn's token: renewed ahead and where it is refused, kept, and shown nowhere."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pytest

from bot.channels.linkedin import NETWORK
from bot.channels.linkedin_token import FURTHER, NoTokenError, Tokens
from bot.channels.network import InMemory, Wiring
from bot.message import LockedOut, TryLater
from bot.sandbox.faults import Fault
from bot.sandbox.server import Sandbox
from bot.secret import Secret
from tests.bot.channels import contract as c

SECRETS = {
    "ACCESS_TOKEN": "anne-canary",
    "REFRESH_TOKEN": "anne-refresh",
    "CLIENT_ID": "client-1",
    "CLIENT_SECRET": "app-secret",
}
WRONG = {**SECRETS, "CLIENT_SECRET": "canary-secret"}


@dataclass
class Desk:
    """A stand-in, a clock that tests move, and what a channel keeps."""

    now: datetime = c.NOW
    kept: InMemory = field(default_factory=InMemory)
    sandbox: Sandbox = field(init=False)
    made: list[Tokens] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.sandbox = Sandbox(lambda: self.now)

    def tokens(self, secrets: Mapping[str, str] = SECRETS) -> Tokens:
        given = {name: Secret(value) for name, value in secrets.items()}
        wiring = Wiring(
            "channel",
            NETWORK.options(author="urn:li:person:anne"),
            given,
            self.sandbox.url,
            lambda: self.now,
            c.PATIENT,
            kept=self.kept,
            pause=timedelta(0),
        )
        self.made.append(Tokens(wiring))
        return self.made[-1]


@pytest.fixture(name="desk")
async def running_desk() -> AsyncIterator[Desk]:
    made = Desk()
    await made.sandbox.start()
    yield made
    for one in made.made:
        await one.close()
    await made.sandbox.stop()


async def test_the_end_that_is_told_is_the_refresh_tokens_and_no_renewal_moves_it(desk: Desk) -> None:
    tokens, year = desk.tokens(), c.NOW + timedelta(days=365)
    assert await tokens.access() == "anne-canary"  # whoever only looks renews nothing
    assert await tokens.until() == year
    assert await tokens.access() == "anne-access-1"
    desk.now += timedelta(days=52)
    assert await tokens.access() == "anne-access-1"
    desk.now += timedelta(days=2)
    assert await tokens.access() == "anne-access-2"
    assert await tokens.until() == year


async def test_it_is_kept_across_a_start_and_new_secrets_win(desk: Desk) -> None:
    await desk.tokens().until()
    assert await desk.tokens().access() == "anne-access-1"
    assert await desk.tokens({**SECRETS, "ACCESS_TOKEN": "anne-new"}).access() == "anne-new"
    assert await desk.tokens({**SECRETS, "REFRESH_TOKEN": "anne-refresh-2"}).access() == "anne-canary"


async def test_a_renewal_that_fails_leaves_the_token_that_works_and_is_tried_seldom(desk: Desk) -> None:
    tokens = desk.tokens()
    await tokens.until()
    desk.now += timedelta(days=54)
    desk.sandbox.misbehave(Fault("linkedin", "503", 1, "token"))
    assert await tokens.access() == "anne-access-1"
    assert await tokens.access() == "anne-access-1"
    desk.now += timedelta(hours=1)
    assert await tokens.access() == "anne-access-2"


async def test_a_renewal_that_is_refused_locks_out_only_once_the_token_is_over(desk: Desk) -> None:
    await desk.tokens().until()
    kept = dict(await desk.kept.load())
    desk.kept = InMemory({**kept, "refresh": "canary-revoked"})
    tokens = desk.tokens()
    desk.now += timedelta(days=54)
    assert await tokens.access() == "anne-access-1"
    assert await tokens.until() == c.NOW + timedelta(days=60)
    desk.now += timedelta(days=7)
    with pytest.raises(LockedOut, match="renews the token no more, sign in again") as caught:
        await tokens.access()
    assert c.CANARY not in c.told_by(caught.value)


async def test_a_token_that_linkedin_refuses_is_renewed_once(desk: Desk) -> None:
    tokens, seen = desk.tokens(), list[str]()

    async def refused(access: str) -> str:
        seen.append(access)
        raise NoTokenError("401")

    with pytest.raises(NoTokenError):
        await tokens.used(refused)
    assert seen == ["anne-canary", "anne-access-1"]
    assert isinstance(tokens.ended("anne-access-1", NoTokenError("401")), LockedOut)


async def test_no_secret_is_in_what_a_refusal_says(desk: Desk) -> None:
    tokens = desk.tokens(WRONG)
    assert isinstance(tokens.ended(await tokens.access(), NoTokenError("401")), TryLater)
    with pytest.raises(LockedOut, match="Client authentication failed") as caught:
        await tokens.access()
    assert c.CANARY not in c.told_by(caught.value)


async def test_without_a_refresh_token_nothing_is_renewed(desk: Desk) -> None:
    tokens = desk.tokens({name: value for name, value in SECRETS.items() if name not in FURTHER})
    assert (await tokens.access(), await tokens.until()) == ("anne-canary", None)


async def test_what_another_worker_has_renewed_is_taken_instead_of_renewing_again(desk: Desk) -> None:
    ours, theirs = desk.tokens(), desk.tokens()
    await ours.until()
    assert await theirs.access() == "anne-access-1"
    desk.now += timedelta(days=54)
    assert await theirs.access() == "anne-access-2"
    assert await ours.access() == "anne-access-2"
