"""What feedparser takes by itself for one document, in a process that does nothing else.

`python -m tests.bench.parsing` prints seconds of computing: asked as the bot asks it, and as it comes.
"""

import io
import subprocess
import sys
import time

import feedparser

from tests.bench.server import document

SAMPLE = 100
"""So many documents tell it; they differ as feeds do that one system writes."""
_AS_ASKED = {"sanitize_html": False, "resolve_relative_uris": False}


def feedparser_alone() -> tuple[float, float]:
    """Measure it: as asked, as it comes."""
    command = [sys.executable, "-m", "tests.bench.parsing"]
    told = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout.split()
    return float(told[0]), float(told[1])


def _computing(**asked: bool) -> float:
    body = document()
    begun = time.process_time()
    for number in range(SAMPLE):
        feedparser.parse(io.BytesIO(body.replace("@@", str(number)).encode()), **asked)
    return (time.process_time() - begun) / SAMPLE


if __name__ == "__main__":
    print(_computing(**_AS_ASKED), _computing())
