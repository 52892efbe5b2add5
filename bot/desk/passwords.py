"""Passwords: which are taken, how they are kept, and a check that tells a stranger nothing.

argon2id at OWASP's first choice (19 MiB, two passes, one lane). Its library loads with the first password.
Never more than four are computed at once: a crowd at the door must not take the worker's memory.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from argon2 import PasswordHasher

LEAST = 12
"""Characters."""
MOST = 1024
"""Bytes: a longer one is refused before any work."""
AT_ONCE = 4
WAITING = 32
"""More than so many at once are sent away: they would wait longer than anybody does."""
MEMORY = 19 * 1024
"""Kibibytes."""
_EASY = ("password", "motdepasse", "azerty", "qwerty", "1234567", "abcdef", "technopolys", "bonjour")
_FEW = 5


class WeakPasswordError(ValueError):
    """The password is not taken; the message is one line for people."""


class CrowdError(RuntimeError):
    """Too many wait already."""


def check(password: str, *names: str, again: str | None = None) -> None:
    """Raise :class:`WeakPasswordError` for one that is short, long, or among the first that anybody tries.

    ``again`` is the same typed once more, where that was asked for.
    """
    if again is not None and again != password:
        raise WeakPasswordError("the two passwords are not the same")
    if len(password) < LEAST:
        raise WeakPasswordError(f"a password has at least {LEAST} characters; a few words make a good one")
    if len(password.encode("utf-8", "surrogatepass")) > MOST:
        raise WeakPasswordError(f"a password has at most {MOST} bytes")
    plain = password.casefold()
    known = [word for word in (*_EASY, *(name.casefold() for name in names)) if word and word in plain]
    left = len(plain) - max(map(len, known), default=0)
    if left < _FEW or len(set(plain)) < _FEW:
        raise WeakPasswordError("this password is among the first that anybody would try")


@dataclass(slots=False)
class Passwords:
    """Computes and compares hashes, a few at a time, beside the worker's loop."""

    memory: int = MEMORY
    passes: int = 2
    _turns: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(AT_ONCE))
    _inside: int = 0

    async def hashed(self, password: str) -> str:
        """Return what is kept of a password; raise :class:`CrowdError`."""
        async with _Turn(self):
            return await asyncio.to_thread(self._argon.hash, _bytes(password))

    async def fits(self, password: str, kept: str) -> bool:
        """Say whether a password is the one; with ``kept`` empty it takes as long, and is not.

        Raises :class:`CrowdError`.
        """
        if len(_bytes(password)) > MOST:
            return False
        async with _Turn(self):
            same = await asyncio.to_thread(self._verify, kept or self._nobody, _bytes(password))
        return same and bool(kept)

    def _verify(self, kept: str, password: bytes) -> bool:
        from argon2.exceptions import InvalidHashError, VerificationError

        try:
            return self._argon.verify(kept, password)
        except (VerificationError, InvalidHashError):
            return False

    @cached_property
    def _argon(self) -> PasswordHasher:
        from argon2 import PasswordHasher

        return PasswordHasher(time_cost=self.passes, memory_cost=self.memory, parallelism=1)

    @cached_property
    def _nobody(self) -> str:
        """A hash that no password fits, to spend the same time on a name that nobody has."""
        return self._argon.hash(b"nobody")


class _Turn:
    def __init__(self, of: Passwords) -> None:
        self._of = of

    async def __aenter__(self) -> None:
        if self._of._inside >= WAITING:  # noqa: SLF001  one thing in two classes
            raise CrowdError
        self._of._inside += 1  # noqa: SLF001
        await self._of._turns.acquire()  # noqa: SLF001

    async def __aexit__(self, *_: object) -> None:
        self._of._turns.release()  # noqa: SLF001
        self._of._inside -= 1  # noqa: SLF001


def _bytes(password: str) -> bytes:
    return password.encode("utf-8", "surrogatepass")
