"""The clocks: what every one keeps, and what each does for itself."""

import asyncio
from datetime import UTC, datetime, timedelta, timezone

import pytest

from bot.clock import Clock, FakeClock, FastClock, SystemClock

NOON = datetime(2026, 6, 24, 12, 0, tzinfo=UTC)
CLOCKS: tuple[Clock, ...] = (SystemClock(), FastClock(NOON, 60), FakeClock(NOON))


@pytest.mark.parametrize("clock", CLOCKS, ids=lambda clock: type(clock).__name__)
async def test_every_clock_speaks_utc_and_never_runs_back(clock: Clock) -> None:
    first = clock.since_start()
    await clock.sleep_until(clock.now() - timedelta(hours=1))
    assert clock.now().tzinfo is UTC
    assert clock.since_start() >= first


async def test_the_system_clock_sleeps_until_the_moment_has_come() -> None:
    clock = SystemClock()
    moment = clock.now() + timedelta(milliseconds=20)
    await clock.sleep_until(moment)
    assert clock.now() >= moment


async def test_a_fast_clock_lets_an_hour_pass_in_an_instant() -> None:
    clock = FastClock(NOON, factor=360_000)
    await clock.sleep_until(NOON + timedelta(hours=1))
    assert clock.now() >= NOON + timedelta(hours=1)
    assert clock.since_start() >= timedelta(hours=1)


def test_a_fast_clock_runs_by_its_factor() -> None:
    real = iter([100.0, 102.5])
    clock = FastClock(NOON, 60, real=lambda: next(real))
    assert clock.now() == NOON + timedelta(seconds=150)


def test_a_clock_started_in_another_zone_answers_in_utc() -> None:
    start = NOON.astimezone(timezone(timedelta(hours=-4)))
    assert FakeClock(start).now() == NOON
    assert FakeClock(start).now().tzinfo is UTC
    assert FastClock(start, 1, real=lambda: 0.0).now().tzinfo is UTC


async def test_advancing_wakes_those_whose_time_has_come_in_order() -> None:
    clock = FakeClock(NOON)
    woken: list[int] = []

    async def sleeper(minutes: int) -> None:
        await clock.sleep_until(NOON + timedelta(minutes=minutes))
        woken.append(minutes)

    tasks = [asyncio.create_task(sleeper(minutes)) for minutes in (30, 10, 20)]
    await asyncio.sleep(0)
    clock.advance(timedelta(minutes=20))
    await asyncio.gather(*tasks[1:])
    assert woken == [10, 20]
    assert clock.since_start() == timedelta(minutes=20)
    tasks[0].cancel()
    await asyncio.wait([tasks[0]])
    clock.advance(timedelta(minutes=20))
    assert woken == [10, 20]


def test_a_fake_clock_refuses_to_run_back() -> None:
    with pytest.raises(ValueError, match="does not run back"):
        FakeClock(NOON).advance(timedelta(seconds=-1))
