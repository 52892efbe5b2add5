"""The registry: which networks there are, and how cheap it is to know."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from bot.channels.registry import NETWORKS, UnknownNetwork, network

PROJECT = Path(__file__).parents[3]


def run(program: str, where: Path) -> str:
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=where, check=True, capture_output=True, text=True, timeout=60
    )
    return done.stdout.strip()


def test_each_network_stands_under_its_own_name() -> None:
    assert [entry.name for entry in NETWORKS.values()] == list(NETWORKS)
    assert network("x") is NETWORKS["x"]


def test_an_unknown_network_is_refused_with_those_that_there_are() -> None:
    with pytest.raises(UnknownNetwork) as caught:
        network("myspace")
    known = "apprise, bluesky, facebook, linkedin, manual, mastodon, telegram, x"
    assert str(caught.value) == f"'myspace' is no network: there are {known}"


def test_knowing_the_rules_loads_no_library_of_a_network() -> None:
    program = (
        "import sys; from bot.channels.registry import NETWORKS;"
        "x = NETWORKS['x']; o = x.options(); x.limits(o).measure('a b'); x.cost(o, True);"
        "print(sorted({'tweepy', 'telegram', 'requests', 'httpx', 'tenacity'} & set(sys.modules)))"
    )
    assert run(program, PROJECT) == "[]"


def test_with_x_and_telegram_alone_no_other_networks_library_is_loaded() -> None:
    program = """
import asyncio, sys
from datetime import UTC, datetime, timedelta
from bot.channels.network import Wiring
from bot.channels.registry import NETWORKS
from bot.message import ChannelError
from bot.secret import Secret

async def use(name, options):
    network = NETWORKS[name]
    secrets = {key: Secret("7:" + "a" * 35) for key in network.secrets}
    wiring = Wiring(name, network.options.model_validate(options), secrets, "http://127.0.0.1:9",
                    lambda: datetime.now(UTC), timedelta(seconds=5), pause=timedelta(0))
    channel = network.connect(wiring)
    try:
        await channel.check()
    except ChannelError:
        pass
    await channel.close()

asyncio.run(use("x", {}))
asyncio.run(use("telegram", {"chat": "@a"}))
loaded = {name.partition(".")[0] for name in sys.modules}
print(sorted(loaded & {"tweepy", "telegram", "mastodon", "apprise", "atproto"}))
"""
    assert run(program, PROJECT) == "['telegram', 'tweepy']"


def test_a_pretend_network_touches_one_new_file_and_one_line_of_the_registry(tmp_path: Path) -> None:
    for package in ("bot", "content_queue"):
        shutil.copytree(PROJECT / package, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(Path(__file__).with_name("pretend.py"), tmp_path / "bot" / "channels" / "pretend.py")
    registry = tmp_path / "bot" / "channels" / "registry.py"
    before = registry.read_text(encoding="utf-8")
    after = before.replace("_FILES = (\n", '_FILES = (\n    "pretend",\n', 1)
    registry.write_text(after, encoding="utf-8")
    assert len(after.splitlines()) == len(before.splitlines()) + 1
    program = "from bot.channels.registry import NETWORKS, network; print(network('pretend').name, *NETWORKS)"
    assert (
        run(program, tmp_path)
        == "pretend pretend apprise bluesky facebook linkedin manual mastodon telegram x"
    )
