"""What the suite finds around it: the real documents, a browser, whether this is a CI run."""

import os
import shutil
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

from tests.postgresql import brought

ROOT = Path(__file__).parent.parent
SERVERS = (
    ("bluesky_server", "bluesky", "Bluesky server"),
    ("prism", "prism", "Prism"),
    ("mastodon_server", "mastodon", "Mastodon server"),
    ("websub_hub", "websub", "WebSub hub"),
)
"""Fixture, folder of tests/servers, what it is."""


def under_ci() -> bool:
    """With CI=true nothing may be left out."""
    return os.environ.get("CI") == "true"


def corpus() -> Path | None:
    """The folder of real documents: TECHNOPOLYS_CORPUS, by default ../shared beside the project."""
    folder = ROOT / os.environ.get("TECHNOPOLYS_CORPUS", "../shared")
    return folder.resolve() if folder.is_dir() else None


def chromium() -> Path | None:
    """The system's Chromium or a browser of its family."""
    names = ("chromium", "chromium-browser", "google-chrome")
    found = next((path for name in names if (path := shutil.which(name))), None)
    return Path(found) if found else None


def server(name: str) -> Path | None:
    """The folder of a server that we did not write, as .ci/servers installs it."""
    folder = ROOT / ".venv" / "servers" / name
    return folder if (folder / ".installed").exists() else None


def strace() -> bool:
    """Whether strace is there and may look at our own processes."""
    ask = "import os; os.getppid()"
    words = ("strace", "-f", "-e", "inject=getppid:signal=SIGKILL:when=1", sys.executable, "-Sc", ask)
    with suppress(FileNotFoundError):
        return subprocess.run(words, capture_output=True, check=False).returncode == -signal.SIGKILL
    return False


def absences() -> dict[str, str]:
    """Marker -> the line that says why its tests are left out here."""
    lines = {}
    if corpus() is None:
        lines["corpus"] = (
            "no real documents (TECHNOPOLYS_CORPUS, by default ../shared): their tests are left out"
        )
    if chromium() is None:
        lines["browser"] = "no Chromium: tests that look at pages are left out"
    for fixture, name, what in SERVERS:
        if server(name) is None:
            lines[fixture] = f"no {what} (make servers installs it): its tests are left out"
    if not strace():
        lines["strace"] = "no strace, or it may not trace: no test kills at every system call"
    if not brought():
        lines["postgres"] = "no wheel with a PostgreSQL server: tests on PostgreSQL are left out"
    return lines
