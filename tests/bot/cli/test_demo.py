"""``technopolys demo`` as a newcomer meets it: the real command, watched from outside."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any
from urllib.request import HTTPCookieProcessor, build_opener, urlopen

import pytest

from bot.cli.demo import ACCOUNTS, SANDBOX_PORT

DESK_PORT = 8080
PATIENCE = 45.0
"""Seconds; a visitor is promised 60."""
END = 20.0


@dataclass(frozen=True)
class Demo:
    process: "subprocess.Popen[str]"
    desk: str
    sandbox: str
    folder: Path

    def posts(self) -> list[dict[str, Any]]:
        with urlopen(f"{self.sandbox}/timeline.json") as answer:  # noqa: S310  our own sandbox
            found: list[dict[str, Any]] = json.load(answer)
        return found

    def kept(self) -> list[Path]:
        return list(self.folder.iterdir())

    def stop(self, *signals: signal.Signals) -> int:
        for number in signals:
            self.process.send_signal(number)
        return self.process.wait(END)


@contextmanager
def running(folder: Path) -> Iterator[Demo]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("TECHNOPOLYS_")}
    command = [sys.executable, "-m", "bot", "demo"]
    environment |= {"TMPDIR": str(folder), "http_proxy": "http://127.0.0.1:9"}  # a visitor behind a proxy
    pipe = subprocess.PIPE
    process = subprocess.Popen(command, env=environment, stdout=pipe, stderr=pipe, text=True)
    with process:
        assert process.stdout is not None
        desk, sandbox = (process.stdout.readline().split() for _ in range(2))
        assert (desk[0], sandbox[0]) == ("desk", "sandbox")
        try:
            yield Demo(process, desk[1], sandbox[1], folder)
        finally:
            process.kill()


def what(post: dict[str, Any]) -> tuple[str, str, str]:
    """Say of a post on which network, in which language and of which kind it is."""
    link = post["link"] or ""
    kind = "article" if "/press/" in link else "video" if "youtube.com" in link else "fact"
    return post["network"], ACCOUNTS[post["account"]][-2:], kind


EVERYWHERE = set(product(("x", "telegram"), ("FR", "EN"), ("fact", "video")))
TRUSTED = {("x", "FR", "article"), ("telegram", "FR", "article")}


def test_within_a_minute_feeds_and_facts_are_out_in_both_languages_on_both_networks(tmp_path: Path) -> None:
    with running(tmp_path) as demo:
        seen: set[tuple[str, str, str]] = set()
        until = time.monotonic() + PATIENCE
        while not seen >= EVERYWHERE | TRUSTED and time.monotonic() < until:
            time.sleep(0.2)
            seen = set(map(what, demo.posts()))
        assert seen == EVERYWHERE | TRUSTED  # English articles wait for the visitor
        with build_opener(HTTPCookieProcessor).open(demo.desk) as page:
            assert page.status == 200
        assert demo.kept() != []
        assert demo.stop(signal.SIGTERM) == 0
        assert demo.kept() == []
        assert demo.process.stderr is not None
        assert demo.process.stderr.read() == ""


def test_it_takes_free_ports_where_the_usual_ones_are_taken(tmp_path: Path) -> None:
    with taken(DESK_PORT), taken(SANDBOX_PORT), running(tmp_path) as demo:
        assert f":{DESK_PORT}/" not in demo.desk
        assert demo.sandbox != f"http://127.0.0.1:{SANDBOX_PORT}"
        assert {post["account"] for post in demo.posts()} <= set(ACCOUNTS)


def test_a_second_signal_does_not_cut_the_end_short(tmp_path: Path) -> None:
    with running(tmp_path) as demo:
        assert demo.stop(signal.SIGINT, signal.SIGTERM, signal.SIGINT) == 0
        assert demo.kept() == []


@contextmanager
def taken(port: int) -> Iterator[None]:
    """Take a port, unless somebody has."""
    with socket.socket() as door:
        door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        with suppress(OSError):
            door.bind(("127.0.0.1", port))
            door.listen()
        yield


def test_the_accounts_are_those_of_the_channels() -> None:
    from bot.cli import demo

    text = Path(demo.__file__).with_suffix(".toml").read_text(encoding="utf-8")
    assert all(f'"{name}"' in text for name in ACCOUNTS if name.startswith("@"))


@pytest.mark.parametrize("speed", ["0", "601", "fast"])
def test_a_speed_out_of_reach_is_refused_in_one_line(speed: str) -> None:
    command = [sys.executable, "-m", "bot", "demo", "--speed", speed]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    assert run.returncode == 2
    assert len(run.stderr.splitlines()) == 1
