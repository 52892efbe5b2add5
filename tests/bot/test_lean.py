"""Libraries load without what nobody here uses, and stay whole for whoever loaded it before."""

import subprocess
import sys

import pytest

from bot.lean import without
from tests.surroundings import ROOT

RUNNING = """
import sys
from bot.lean import without
with without("rich"):
    import structlog
from bot.channels.session import loading_requests
from bot.channels.telegram_client import careful_request
from datetime import timedelta
second = timedelta(seconds=1)
careful_request(connect=second, write=second, read=second, kept_alive=False)
with loading_requests():
    import tweepy
print(*sorted({"rich", "cryptography", "charset_normalizer", "chardet", "click"} & set(sys.modules)))
import cryptography.fernet, rich.console, charset_normalizer
print("found")
"""


def test_what_is_left_out_is_not_loaded_and_can_be_had_afterwards() -> None:
    command = [sys.executable, "-W", "error", "-c", RUNNING]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert result.stdout.splitlines() == ["", "found"], result.stderr


def test_a_module_that_is_loaded_already_stays() -> None:
    import json

    with without("json", "no_such_module_here"):
        import json as again

        assert again is json
        with pytest.raises(ImportError):
            __import__("no_such_module_here")
    assert "no_such_module_here" not in sys.modules
