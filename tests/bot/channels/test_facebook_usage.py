"""Facebook's limits: told with each answer, and kept before they are reached."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest

from bot.channels.facebook import NETWORK
from bot.channels.facebook_usage import Ration, regained
from bot.channels.network import Wiring
from bot.message import Channel, Deletes, Frozen, Progress, TryLater
from bot.sandbox.faults import Fault
from bot.sandbox.server import Sandbox
from bot.secret import Secret
from tests.bot.channels import contract as c
from tests.bot.channels import server as s

MINUTE = timedelta(minutes=1)
QUARTER = 15 * MINUTE


@dataclass
class Clock:
    """Stands still until a test moves it."""

    at: datetime = c.NOW

    def now(self) -> datetime:
        return self.at


def header(name: str, told: object) -> dict[str, str]:
    return {name: told if isinstance(told, str) else json.dumps(told)}


def app(**told: object) -> dict[str, str]:
    return header("x-app-usage", {"call_count": 1, "total_time": 1, "total_cputime": 1, **told})


def business(*uses: object) -> dict[str, str]:
    return header("x-business-use-case-usage", {"42": list(uses)})


@pytest.mark.parametrize(
    ("headers", "wait"),
    [
        ({}, None),
        (app(), None),
        (app(call_count=94), None),
        (app(call_count=95), QUARTER),
        (app(total_time=99.5), QUARTER),
        (app(total_cputime=120), QUARTER),
        (app(call_count=True), None),
        (app(call_count="100"), None),
        (header("x-page-usage", {"call_count": 100}), QUARTER),
        (business({"call_count": 100, "estimated_time_to_regain_access": 0}), QUARTER),
        (business({"call_count": 100, "estimated_time_to_regain_access": 9}), 9 * MINUTE),
        (business({"call_count": 3}, {"call_count": 97}), QUARTER),
        (business({"call_count": 3, "estimated_time_to_regain_access": 5000}), timedelta(days=1)),
        ({**app(call_count=3), **business({"call_count": 100})}, QUARTER),
        (header("x-app-usage", "{"), None),
        (header("x-app-usage", "[" * 100_000), None),
        (header("x-app-usage", "[1]"), None),
        (header("x-app-usage", '{"call_count": NaN}'), None),
        (business("?"), None),
        (header("x-business-use-case-usage", {"42": "?"}), None),
    ],
)
def test_the_next_call_waits_where_the_limits_are_as_good_as_used_up(
    headers: Mapping[str, str], wait: timedelta | None
) -> None:
    clock = Clock()
    ration = Ration(clock.now)
    ration.note(headers)
    if wait is not None:
        with pytest.raises(TryLater, match="nothing was sent") as caught:
            ration.check()
        assert caught.value.after == wait
        clock.at += wait
    ration.check()


def test_what_is_told_last_counts_and_silence_changes_nothing() -> None:
    ration = Ration(lambda: c.NOW)
    ration.note(app(call_count=99))
    ration.note({"content-type": "text/html"})
    with pytest.raises(TryLater, match="99 %"):
        ration.check()
    ration.note(app(call_count=20))
    ration.check()


def test_the_longest_wait_that_is_told_is_taken() -> None:
    told = [{"estimated_time_to_regain_access": minutes} for minutes in (3, 9, 0)]
    assert regained(business(*told)) == 9 * MINUTE
    assert regained(app(call_count=100)) is None


def channel(api: str, clock: Clock) -> Channel:
    return NETWORK.connect(
        Wiring(
            name="facebook-fr",
            options=NETWORK.options.model_validate({"page": "42"}),
            secrets={"PAGE_TOKEN": Secret("42-canary")},
            api=api,
            clock_now=clock.now,
            deadline=c.PATIENT,
            pause=timedelta(0),
        )
    )


async def post(of: Channel, text: str) -> Frozen:
    made = await of.prepare(c.message("facebook", text), Progress(key="k1"), c.NOW)
    assert isinstance(made, Frozen)
    return made


async def test_no_call_of_any_kind_is_made_meanwhile() -> None:
    clock = Clock()
    near = s.answering_json(200, {"id": "42_7"}, app(call_count=96))
    async with s.misbehaving(near) as server:
        made = channel(server.url, clock)
        frozen = await post(made, "Deux")
        await made.publish(await post(made, "Une"))
        assert isinstance(made, Deletes)
        acts = (post(made, "Trois"), made.publish(frozen), made.find(frozen, c.NOW, ()), made.delete("42_7"))
        for act in (*acts, made.check()):
            with pytest.raises(TryLater) as caught:
                await act
            assert caught.value.after == QUARTER
        assert len(server.requests) == 1
        clock.at += QUARTER
        await made.publish(frozen)
        assert len(server.requests) == 2
        await made.close()


@pytest.mark.parametrize("code", [4, 17, 32, 613, 80001])
async def test_a_refusal_waits_as_long_as_the_header_says_and_the_next_call_too(code: int) -> None:
    clock, error = Clock(), {"error": {"message": "No", "code": code}}
    use = business({"call_count": 100, "estimated_time_to_regain_access": 7})
    async with s.misbehaving(s.answering_json(400, error, use)) as server:
        made = channel(server.url, clock)
        for _ in range(2):
            with pytest.raises(TryLater) as caught:
                await made.publish(await post(made, "Une"))
            assert caught.value.after == 7 * MINUTE
        assert len(server.requests) == 1
        await made.close()


async def test_the_stand_in_tells_how_much_is_used_and_its_refusal_is_waited_out() -> None:
    clock = Clock()
    sandbox = Sandbox(clock.now, accounts={"facebook.com/42": "Les vagues"})
    await sandbox.start()
    made = channel(sandbox.url, clock)
    sandbox.misbehave(Fault("facebook", "429", 1, retry_after=4 * MINUTE))
    frozen = await post(made, "Une")
    for _ in range(2):
        with pytest.raises(TryLater) as caught:
            await made.publish(frozen)
        assert caught.value.after == 4 * MINUTE
    clock.at += 4 * MINUTE
    await made.publish(frozen)
    assert [one.text for one in sandbox.timeline()] == ["Une"]
    await made.close()
    await sandbox.stop()
