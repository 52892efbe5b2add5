"""The thread of a blocking library: deadlines, late results, hung calls."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from bot.channels.thread import CallThread, NotStartedError

AMPLE = timedelta(seconds=20)
SHORT = timedelta(seconds=0.05)


@pytest.fixture
def thread() -> Iterator[CallThread]:
    made = CallThread("test")
    yield made
    made.close()


async def test_a_result_and_an_error_come_back(thread: CallThread) -> None:
    def fail() -> None:
        raise LookupError("gone")

    assert await thread.run(lambda: 6 * 7, AMPLE) == 42
    with pytest.raises(LookupError, match="gone"):
        await thread.run(fail, AMPLE)


async def test_calls_are_made_in_one_daemon_thread_that_is_not_ours(thread: CallThread) -> None:
    seen = [await thread.run(threading.current_thread, AMPLE) for _ in range(3)]
    assert len(set(seen)) == 1
    assert seen[0].daemon
    assert seen[0] is not threading.current_thread()


async def test_a_hung_call_times_out_and_the_next_one_is_made_all_the_same(thread: CallThread) -> None:
    end = threading.Event()
    with pytest.raises(TimeoutError) as caught:
        await thread.run(end.wait, SHORT)
    assert not isinstance(caught.value, NotStartedError)
    assert await thread.run(lambda: "next", AMPLE) == "next"
    end.set()


async def test_a_late_result_is_handed_over(thread: CallThread) -> None:
    end, late = threading.Event(), threading.Event()
    results: list[str] = []

    def answer() -> str:
        end.wait(20)
        return "late"

    def keep(result: str) -> None:
        results.append(result)
        late.set()

    with pytest.raises(TimeoutError):
        await thread.run(answer, SHORT, keep)
    end.set()
    assert late.wait(20)
    assert results == ["late"]


async def test_a_call_whose_waiter_was_cancelled_hands_its_result_over(thread: CallThread) -> None:
    loop, begun = asyncio.get_running_loop(), asyncio.Event()
    end, late = threading.Event(), threading.Event()

    def answer() -> None:
        loop.call_soon_threadsafe(begun.set)
        end.wait(20)

    waiting = asyncio.ensure_future(thread.run(answer, AMPLE, lambda _: late.set()))
    await begun.wait()
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    end.set()
    assert late.wait(20)


async def test_a_call_that_never_had_its_turn_is_never_made(thread: CallThread) -> None:
    end = threading.Event()
    made: list[str] = []
    hung = asyncio.ensure_future(thread.run(lambda: end.wait(20), AMPLE))
    await asyncio.sleep(0)
    with pytest.raises(NotStartedError):
        await thread.run(lambda: made.append("made"), SHORT)
    end.set()
    await hung
    await thread.run(lambda: None, AMPLE)
    assert made == []


async def test_calls_behind_a_hung_one_move_to_another_thread(thread: CallThread) -> None:
    end = threading.Event()
    hung = asyncio.ensure_future(thread.run(end.wait, SHORT))
    await asyncio.sleep(0)
    assert await thread.run(lambda: "moved", AMPLE) == "moved"
    with pytest.raises(TimeoutError):
        await hung
    end.set()


async def test_closing_waits_for_nothing(thread: CallThread) -> None:
    end = threading.Event()
    with pytest.raises(TimeoutError):
        await thread.run(end.wait, SHORT)
    thread.close()
    assert not end.is_set()
    end.set()


def test_a_hung_call_does_not_hold_up_the_exit() -> None:
    program = (
        "import asyncio, threading\n"
        "from datetime import timedelta\n"
        "from bot.channels.thread import CallThread\n"
        "async def main():\n"
        "    try: await CallThread('t').run(threading.Event().wait, timedelta(seconds=0.05))\n"
        "    except TimeoutError: print('left')\n"
        "asyncio.run(main())"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=Path(__file__).parents[3],
        check=True,
        capture_output=True,
        text=True,
        timeout=30,
    )
    assert done.stdout == "left\n"
