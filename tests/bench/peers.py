"""Peers, each in an environment of its own, so that ours stays as it is.

One that cannot be installed is left out.
"""

import os
import subprocess
import sys
import venv
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.bench.server import ENTRIES, feed_url

HOME = Path(sys.prefix) / "peers"
_FEED2TOOT = ("feed2toot==0.17",)
_READER = ("reader==3.26", "sgmllib3k")  # it imports sgmllib and does not ask for it
_INI = """
[mastodon]
instance_url={server}
user_credentials={home}/user
client_credentials={home}/client
toot_visibility=public
[cache]
cachefile={home}/cache
[rss]
uri={feed}
toot={{title}} {{link}}
[hashtaglist]
"""
_SCRIPT = """
import resource, sys, time
from reader import make_reader
def computing():
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime
with make_reader(sys.argv[1]) as reader:
    for url in sys.argv[2:]:
        reader.add_feed(url)
    for _ in range(2):
        wall, cpu = time.perf_counter(), computing()
        reader.update_feeds(scheduled=False)
        print(time.perf_counter() - wall, computing() - cpu, flush=True)
"""


def feed2toot(port: int, wait: int) -> bool:
    """Let it post a feed of twenty entries; False without it."""
    python = _environment("feed2toot", _FEED2TOOT)
    if python is None:
        return False
    with TemporaryDirectory() as name:
        home = Path(name)
        server = f"http://127.0.0.1:{port}/{wait}"
        (home / "client").write_text(f"key\nsecret\n{server}\n", encoding="utf-8")
        (home / "user").write_text(f"token\n{server}\n", encoding="utf-8")
        feed = feed_url(port, 1)
        (home / "f.ini").write_text(_INI.format(server=server, home=home, feed=feed), encoding="utf-8")
        command = [str(python.with_name("feed2toot")), "-c", str(home / "f.ini"), "-l", str(ENTRIES)]
        own = {**os.environ, "PYTHONPATH": ""}
        subprocess.run([*command, "--lockfile", str(home / "lock")], check=True, capture_output=True, env=own)
    return True


def reader(port: int, feeds: int) -> list[tuple[float, float]]:
    """Seconds on the wall and of computing of a first and of an unchanged poll; [] without it."""
    python = _environment("reader", _READER)
    if python is None:
        return []
    with TemporaryDirectory() as home:
        urls = [feed_url(port, number) for number in range(feeds)]
        command = [str(python), "-c", _SCRIPT, str(Path(home) / "reader.db"), *urls]
        told = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return [(float(wall), float(cpu)) for wall, cpu in (line.split() for line in told.splitlines())]


@cache
def _environment(name: str, wanted: tuple[str, ...]) -> Path | None:
    """Make the peer's environment once; None where it cannot be made."""
    python = HOME / name / "bin" / "python"
    ready = HOME / name / "ready"
    if ready.exists():
        return python
    try:
        venv.create(HOME / name, with_pip=True)
        install = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *wanted]
        subprocess.run(install, check=True, capture_output=True, timeout=180)
    except (OSError, subprocess.SubprocessError):
        return None
    ready.touch()
    return python
