"""Weighing little: libraries without what they load beside themselves, free memory given back."""

from __future__ import annotations

import asyncio
import gc
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager, contextmanager, suppress
from datetime import timedelta
from types import ModuleType
from typing import TYPE_CHECKING, NoReturn, cast

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

GIVE_BACK_EVERY = timedelta(minutes=1)


def without(*modules: str) -> AbstractContextManager[None]:
    """Let the import of ``modules`` fail meanwhile as if they were not installed; what is loaded stays.

    For one thread: another that imports them meanwhile does not find them either.
    """
    # None is how an import is refused: documented beside sys.modules
    return _instead(modules, lambda _name: cast("ModuleType", None))


def hollow(*modules: str) -> AbstractContextManager[None]:
    """Stand something empty in for ``modules`` meanwhile, where a library imports them without asking.

    Whatever it takes from them raises when it is called. What is loaded stays; for one thread, as above.
    """
    return _instead(modules, _Hollow)


@contextmanager
def _instead(modules: Sequence[str], stand_in: Callable[[str], ModuleType]) -> Iterator[None]:
    hidden = [name for name in modules if name not in sys.modules]
    sys.modules.update({name: stand_in(name) for name in hidden})
    try:
        yield
    finally:
        for name in hidden:
            del sys.modules[name]


@contextmanager
def models_built_late() -> Iterator[None]:
    """Let pydantic build what is declared meanwhile when it is first used, and not before."""
    from pydantic import BaseModel

    BaseModel.model_config["defer_build"] = True  # every model takes after this one
    try:
        yield
    finally:
        del BaseModel.model_config["defer_build"]


class _Hollow(ModuleType):
    """A module of which everything can be named and nothing used."""

    def __getattr__(self, name: str) -> Callable[..., NoReturn]:
        if name.startswith("__"):
            raise AttributeError(name)
        whole = f"{self.__name__}.{name}"

        def left_out(*_given: object, **_named: object) -> NoReturn:
            raise ImportError(f"{whole} was left out: nobody here uses it")

        return left_out


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
