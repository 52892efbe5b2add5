"""Libraries load without what nobody here uses, and stay whole for whoever loaded it before."""

import ssl
import subprocess
import sys
from datetime import timedelta

import pytest
from pydantic import BaseModel

from bot.channels.telegram_client import careful_request
from bot.lean import hollow, models_built_late, without
from tests.surroundings import ROOT

RUNNING = """
import sys
from bot.lean import hollow, without
with without("rich", "greenlet"):
    import structlog
from bot.channels.session import loading_requests
from bot.channels.telegram_client import careful_request
from datetime import timedelta
second = timedelta(seconds=1)
careful_request(connect=second, write=second, read=second, kept_alive=False)
with loading_requests():
    import tweepy
tweepy.Client(consumer_key="1", consumer_secret="1", access_token="1", access_token_secret="1")
from bot.settings.values import read_duration
assert read_duration("2h30m") == timedelta(hours=2.5)
with hollow("apscheduler.executors.pool"):
    from apscheduler.schedulers.asyncio import AsyncIOScheduler
AsyncIOScheduler(timezone="UTC").add_job(print, "interval", seconds=1)
left_out = {"rich", "cryptography", "charset_normalizer", "chardet", "click", "greenlet"}
left_out |= {"dateutil", "oauthlib.oauth2", "multiprocessing", "apscheduler.executors.pool"}
print(*sorted(left_out & set(sys.modules)))
import cryptography.fernet, rich.console, charset_normalizer, dateutil.tz, oauthlib.oauth2, greenlet
from apscheduler.executors.pool import ThreadPoolExecutor
print("found", oauthlib.oauth2.WebApplicationClient.__name__, ThreadPoolExecutor.__name__)
"""


def test_what_is_left_out_is_not_loaded_and_can_be_had_afterwards() -> None:
    command = [sys.executable, "-W", "error", "-c", RUNNING]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    found = "found WebApplicationClient ThreadPoolExecutor"
    assert result.stdout.splitlines() == ["", found], result.stderr


def test_a_module_that_is_loaded_already_stays() -> None:
    import json

    with without("json", "no_such_module_here"):
        import json as again

        assert again is json
        with pytest.raises(ImportError):
            __import__("no_such_module_here")
    assert "no_such_module_here" not in sys.modules


def test_what_is_hollow_can_be_named_and_says_why_it_cannot_be_used() -> None:
    with hollow("no_such_module_here.inside", "json"):
        import json

        from no_such_module_here.inside import Anything  # type: ignore[import-not-found]

        assert json.loads("1") == 1
    with pytest.raises(ImportError, match=r"no_such_module_here.inside.Anything was left out"):
        Anything(1, what=2)
    assert "no_such_module_here.inside" not in sys.modules


def test_a_model_built_late_checks_as_any_other() -> None:
    with models_built_late():

        class Late(BaseModel):
            number: int

    class AtOnce(BaseModel):
        number: int

    assert (Late.__pydantic_complete__, AtOnce.__pydantic_complete__) == (False, True)
    assert Late.model_validate({"number": "1"}).number == 1
    with pytest.raises(ValueError, match="number"):
        Late.model_validate({"number": "one"})


def test_clients_of_telegram_share_the_certificates_that_they_believe() -> None:
    second = timedelta(seconds=1)
    one, other = (
        careful_request(connect=second, write=second, read=second, kept_alive=False)._client_kwargs["verify"]  # noqa: SLF001  told in no other way
        for _ in range(2)
    )
    assert one is other
    assert one.verify_mode is ssl.CERT_REQUIRED
    assert one.check_hostname
