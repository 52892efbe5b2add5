"""The sandbox in the test's own process."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime

from bot.sandbox.server import Sandbox


def real_time() -> datetime:
    """The machine's clock."""
    return datetime.now(UTC)


@asynccontextmanager
async def networks(now: Callable[[], datetime] = real_time) -> AsyncIterator[Sandbox]:
    """Serve the stand-ins on a free port."""
    sandbox = Sandbox(now)
    await sandbox.start()
    try:
        yield sandbox
    finally:
        await sandbox.stop()
