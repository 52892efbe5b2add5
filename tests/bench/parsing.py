"""What feedparser takes by itself for our documents: a process on each core that does nothing else.

`python -m tests.bench.parsing DOCUMENTS asked|plain` prints seconds of computing: asked as the bot asks it,
or as it comes.
"""

import io
import os
import subprocess
import sys
import time

import feedparser

from tests.bench.server import document

_ASKED = {"sanitize_html": False, "resolve_relative_uris": False}


def over_the_cores(documents: int, how: str) -> float:
    """Seconds of computing for so many documents, shared out among all cores, which work at once."""
    cores = len(os.sched_getaffinity(0))
    command = [sys.executable, "-m", "tests.bench.parsing", str(documents // cores), how]
    at_once = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(cores)]
    return sum(float(each.communicate()[0]) for each in at_once) / cores


def _computing(documents: int, **asked: bool) -> float:
    body = document()
    begun = time.process_time()
    for number in range(documents):
        feedparser.parse(io.BytesIO(body.replace("@@", str(number)).encode()), **asked)
    return time.process_time() - begun


if __name__ == "__main__":
    print(_computing(int(sys.argv[1]), **(_ASKED if sys.argv[2] == "asked" else {})))
