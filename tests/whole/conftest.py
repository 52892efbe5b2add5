"""What the tests of this folder share: an installation, a newsroom, the sandbox."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.sandbox.server import Sandbox
from tests.whole.installation import Installation
from tests.whole.networks import networks


@pytest.fixture
def bot(tmp_path: Path) -> Installation:
    """A folder without a configuration yet."""
    return Installation(tmp_path)


@pytest.fixture
async def sandbox() -> AsyncIterator[Sandbox]:
    """The networks' stand-ins, on the machine's clock."""
    async with networks() as made:
        yield made
