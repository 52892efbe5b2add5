"""Keeps the decoding of strangers' pictures in a process of its own, under limits, one for each picture.

A picture of 24 KB can ask its decoder for half a gigabyte: inside, it costs one process, and the answer is
one line. Pictures are few, so the process ends with each, and its memory with it.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import signal
import sys
from dataclasses import astuple
from datetime import timedelta
from hashlib import sha256
from pathlib import Path

import bot
from bot.compose.picture import JPEG, PNG, BadPicture, Bounds, CleanPicture

__all__ = ["BadPicture", "Bounds", "CleanPicture", "cleaned"]

MAX_READ = 20_000_000
"""Bytes of a file that is looked at, at most."""
_CPU = timedelta(seconds=5)
_MEMORY = 384 * 1024 * 1024
_DEADLINE = timedelta(seconds=20)
_HOME = Path(bot.__file__).parent.parent
_KNOWN = Bounds()


async def cleaned(
    data: bytes,
    bounds: Bounds = _KNOWN,
    *,
    cpu: timedelta = _CPU,
    memory: int = _MEMORY,
    deadline: timedelta = _DEADLINE,
) -> CleanPicture:
    """Return ``data`` as a picture made anew within ``bounds``; raise BadPicture with one line.

    ``cpu`` and ``memory`` (bytes of address space) bound the child process, ``deadline`` the wait for it.
    """
    if len(data) > MAX_READ:
        raise BadPicture(f"it has more than {MAX_READ // 1_000_000} MB")
    if not data:
        raise BadPicture("it is empty")
    limits = (memory, round(cpu.total_seconds()), *astuple(bounds))
    process = await _started(limits)
    try:
        async with asyncio.timeout(deadline.total_seconds()):
            told, _ = await process.communicate(data)
    except TimeoutError:
        raise BadPicture(f"decoding it took longer than {deadline.total_seconds():g} s") from None
    finally:
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()
    if process.returncode:
        raise BadPicture(_why_it_died(process.returncode, cpu))
    return _understood(told)


async def _started(limits: tuple[int, ...]) -> asyncio.subprocess.Process:
    """Start a fresh interpreter that knows the project's folder and nothing else of ours."""
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "-P",  # the current folder is not ours to import from
        "-m",
        "bot.compose.picture_worker",
        *map(str, limits),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        env={"PYTHONPATH": str(_HOME), "PYTHONIOENCODING": "utf-8"},
        start_new_session=True,  # Ctrl-C is for the bot, which ends its children itself
    )


def _why_it_died(status: int, cpu: timedelta) -> str:
    if status == -signal.SIGXCPU:
        return f"decoding it took more than {cpu.total_seconds():g} s of computing"
    return "its decoder died of it"


def _understood(told: bytes) -> CleanPicture:
    """Believe the child's bytes only where they are what it may answer with."""
    line, _, data = told.partition(b"\n")
    try:
        head = json.loads(line)
        if "bad" in head:
            raise BadPicture(str(head["bad"])[:200])
        form, width, height = head["format"], int(head["width"]), int(head["height"])
    except (ValueError, KeyError, TypeError):
        raise BadPicture("its decoder answered nothing that can be read") from None
    if form not in {JPEG, PNG} or not data:
        raise BadPicture("its decoder answered nothing that can be read")
    return CleanPicture(sha256(data).hexdigest(), form, width, height, data)
