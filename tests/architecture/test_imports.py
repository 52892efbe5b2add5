"""Libraries that weigh much load when they are used: starting stays quick, idle stays small."""

import subprocess
import sys

from tests.architecture.source import files, name
from tests.surroundings import ROOT

HEAVY = {"PIL", "apprise", "feedparser", "holidays", "mastodon", "telegram", "tweepy"}
PROBE = """
import importlib, sys
for module in sys.argv[1:]:
    importlib.import_module(module)
print(*{module.partition(".")[0] for module in sys.modules})
"""


def modules() -> list[str]:
    """What every start imports, by the name it is imported by."""
    paths = [*files("bot/channels", "bot/cli", "content_queue"), *ROOT.glob("bot/assemble.py")]
    names = [name(path).removesuffix(".py").replace("/", ".").removesuffix(".__init__") for path in paths]
    return [each for each in names if ".migrations" not in each]


def test_no_heavy_library_loads_before_it_is_used() -> None:
    command = [sys.executable, "-c", PROBE, *modules()]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    assert HEAVY & set(result.stdout.split()) == set()
