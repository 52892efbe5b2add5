"""Weighing little: libraries without what they load beside themselves, free memory given back."""

from __future__ import annotations

import asyncio
import gc
import sys
from contextlib import contextmanager, suppress
from datetime import timedelta
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import ModuleType

GIVE_BACK_EVERY = timedelta(minutes=1)


@contextmanager
def without(*modules: str) -> Iterator[None]:
    """Let the import of ``modules`` fail meanwhile as if they were not installed; what is loaded stays.

    For one thread: another that imports them meanwhile does not find them either.
    """
    hidden = [name for name in modules if name not in sys.modules]
    nothing = cast("ModuleType", None)  # how an import is refused: documented beside sys.modules
    sys.modules.update(dict.fromkeys(hidden, nothing))
    try:
        yield
    finally:
        for name in hidden:
            del sys.modules[name]


async def keep_giving_back() -> None:
    """Give free memory back to the system every minute, until cancelled: a picture or a page leaves some."""
    await asyncio.sleep(GIVE_BACK_EVERY.total_seconds())
    gc.collect()
    gc.freeze()  # what is here by now stays: later searches for garbage pass it by, and take no time
    while True:
        gc.collect()
        await asyncio.to_thread(_trim)
        await asyncio.sleep(GIVE_BACK_EVERY.total_seconds())


def _trim() -> None:
    import ctypes  # not at every command's start

    with suppress(OSError, AttributeError):  # a C library that is not glibc has no such call
        ctypes.CDLL(None).malloc_trim(0)
