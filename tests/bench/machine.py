"""What the figures stand on, and what a tree of processes weighs."""

import os
import platform
from datetime import UTC, datetime
from pathlib import Path

from content_queue.store.database import best_sqlite

PROC = Path("/proc")


def facts() -> str:
    """The machine in one line, without its name."""
    cores = len(os.sched_getaffinity(0))
    load = os.getloadavg()[0]
    sqlite = best_sqlite().sqlite_version
    when = datetime.now(UTC).date().isoformat()
    return (
        f"{when}, {cores} cores, Python {platform.python_version()}, SQLite {sqlite}, load {load:.1f} before"
    )


def tree(root: int) -> list[int]:
    """A process and all below it."""
    found = [root]
    for pid in found:
        for task in (PROC / str(pid) / "task").glob("*/children"):
            found += [int(child) for child in task.read_text().split()]
    return found


def computing(pid: int) -> float:
    """Seconds of computing that a process has used."""
    fields = (PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def pss(root: int) -> float:
    """Proportional set size of a process and all below it, in MB (1,000,000 bytes)."""
    return sum(_pss(pid) for pid in tree(root)) * 1024 / 1e6


def _pss(pid: int) -> int:
    lines = (PROC / str(pid) / "smaps_rollup").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
