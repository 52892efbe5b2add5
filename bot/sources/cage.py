"""Keeps the feed parser in processes of its own, under limits, and sends them home when idle.

A small document can cost feedparser a gigabyte and its event loop many seconds: inside, it costs one
process, and this document alone is a BadFeed.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import signal
import sys
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import bot
from bot.sources.frames import LENGTH, MAX_FRAME, Errand, framed, unpacked
from bot.sources.parsed import BadFeed, Parsed
from content_queue.item import Kind

if TYPE_CHECKING:
    from collections.abc import Callable

_HOME = Path(bot.__file__).parent.parent
_LAST_BREATH = timedelta(seconds=2)


class Cage:
    """Up to ``workers`` processes; each document may use ``cpu`` and ``memory`` bytes, no more.

    ``deadline`` is wall time for one document; a worker without work leaves after ``idle``.
    """

    def __init__(
        self,
        *,
        workers: int = 2,
        idle: timedelta = timedelta(minutes=1),
        cpu: timedelta = timedelta(seconds=5),
        memory: int = 512 * 1024 * 1024,
        deadline: timedelta = timedelta(seconds=30),
    ) -> None:
        self._turns = asyncio.Semaphore(workers)
        self._idle_for = idle
        self._cpu = cpu
        self._memory = memory
        self._deadline = deadline
        self._waiting: list[_Worker] = []
        self._leaving: set[asyncio.Task[int]] = set()

    async def parse(
        self,
        document: bytes,
        *,
        content_type: str,
        url: str,
        kind: Kind,
        language: str,
        otherwise: str = "",
        sheet: bool = False,
    ) -> Parsed:
        """Read ``document`` as :func:`bot.sources.feed.parse` or ``parse_sheet`` does, and name the entries.

        ``otherwise`` is the language of words of which nothing tells it. BadFeed too where reading it died.
        """
        cpu = self._cpu.total_seconds()
        errand = Errand(len(document), cpu, content_type, url, kind.value, language, otherwise, sheet)
        async with self._turns:
            answer = await self._ask(framed(errand.told()) + document)
        if "parsed" not in answer:
            raise BadFeed(str(answer.get("bad", "the feed parser answered nothing")))
        try:
            return unpacked(answer["parsed"])
        except (KeyError, TypeError, ValueError):
            raise BadFeed("the feed parser's answer cannot be read") from None

    async def close(self) -> None:
        """End every worker; a later ``parse`` starts new ones."""
        for worker in self._waiting:
            self._dismiss(worker)
        self._waiting.clear()
        while self._leaving:
            await asyncio.gather(*self._leaving)

    @property
    def workers(self) -> int:
        """How many processes stand ready without work."""
        return len(self._waiting)

    async def _ask(self, message: bytes) -> dict[str, Any]:
        worker = self._waiting.pop() if self._waiting else await _Worker.start(self._memory)
        worker.stay()
        try:
            async with asyncio.timeout(self._deadline.total_seconds()):
                answer = await worker.ask(message)
        except TimeoutError:
            self._dismiss(worker)
            raise BadFeed(f"reading it took longer than {self._deadline.total_seconds():g} s") from None
        except (OSError, EOFError, ValueError):
            raise BadFeed(await self._why_it_died(worker)) from None
        except BaseException:  # cancelled: the worker is in the middle of a document
            self._dismiss(worker)
            raise
        self._wait(worker)
        return answer

    def _wait(self, worker: _Worker) -> None:
        self._waiting.append(worker)
        worker.leave_after(self._idle_for, lambda: self._send_home(worker))

    def _send_home(self, worker: _Worker) -> None:
        self._waiting.remove(worker)
        self._dismiss(worker)

    def _dismiss(self, worker: _Worker) -> None:
        leaving = asyncio.create_task(worker.end())
        self._leaving.add(leaving)
        leaving.add_done_callback(self._leaving.discard)

    async def _why_it_died(self, worker: _Worker) -> str:
        status = await worker.ended_by_itself()
        if status == -signal.SIGXCPU:
            return f"reading it took more than {self._cpu.total_seconds():g} s of computing"
        return "the feed parser died of it"


class _Worker:
    """One process and the pipes to it."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self._timer: asyncio.TimerHandle | None = None

    @classmethod
    async def start(cls, memory: int) -> _Worker:
        """Start a fresh interpreter that knows the project's folder and nothing else of ours."""
        return cls(
            await asyncio.create_subprocess_exec(
                sys.executable,
                "-P",  # the current folder is not ours to import from
                "-m",
                "bot.sources.cage_worker",
                str(memory),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.DEVNULL,
                env={"PYTHONPATH": str(_HOME), "PYTHONIOENCODING": "utf-8"},
                start_new_session=True,  # Ctrl-C is for the bot, which ends its workers itself
            )
        )

    async def ask(self, message: bytes) -> dict[str, Any]:
        """Send one errand with its document and wait for the answer."""
        stdin, stdout = self._process.stdin, self._process.stdout
        if stdin is None or stdout is None:
            raise EOFError
        stdin.write(message)
        await stdin.drain()
        length = int.from_bytes(await stdout.readexactly(LENGTH), "big")
        if length > MAX_FRAME:
            raise ValueError(length)
        answer = json.loads(await stdout.readexactly(length))
        if not isinstance(answer, dict):
            raise ValueError(answer)  # noqa: TRY004  one kind of bad answer
        return answer

    def stay(self) -> None:
        """Call off going home."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def leave_after(self, idle: timedelta, leave: Callable[[], None]) -> None:
        """Go home after ``idle`` unless there is work."""
        self._timer = asyncio.get_running_loop().call_later(idle.total_seconds(), leave)

    async def ended_by_itself(self) -> int:
        """Give a process that fell silent a moment to die of its own cause, and return its status."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_LAST_BREATH.total_seconds()):
                await self._process.wait()
        return await self.end()

    async def end(self) -> int:
        """End the process, whatever it does, and return its status."""
        self.stay()
        if self._process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                self._process.kill()
        if self._process.stdin is not None:
            self._process.stdin.close()
        return await self._process.wait()
