"""What the project contains belongs to no machine and no registry."""

import re
import subprocess
from pathlib import Path

from tests.surroundings import ROOT

# Written in pieces, so that this file does not find itself.
HOSTS = re.compile(r"py" r"pi\.org|python" r"hosted\.org|--(?:extra-)?index" r"-url|--find" r"-links")
PLACES = re.compile(r"(?<![\w.~}*])/(?:work|root|Users|home/\w+|opt/(?:py" r"pi|wheels))/")


def tracked() -> list[Path]:
    """Every file that git knows or would take."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listing = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return [path for name in listing.split("\0") if name and (path := ROOT / name).is_file()]


def found(pattern: re.Pattern[str]) -> list[str]:
    texts = ((path, path.read_bytes().decode("utf-8", "replace")) for path in tracked())
    return [
        f"{path.relative_to(ROOT)}: {match[0]}" for path, text in texts for match in pattern.finditer(text)
    ]


def test_no_file_names_a_registry() -> None:
    assert found(HOSTS) == []


def test_no_file_names_a_place_on_a_machine() -> None:
    assert found(PLACES) == []


def test_no_secret_or_database_is_tracked() -> None:
    kept_out = re.compile(r"^\.env$|^technopolys\.toml$|\.(?:db|pem|key|sqlite3?)$")
    assert [path.name for path in tracked() if kept_out.search(path.name)] == []
