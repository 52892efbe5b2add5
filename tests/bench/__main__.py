"""`python -m tests.bench [NAME...]`: measure, and print one table."""

import argparse
import gc
import sys
from collections.abc import Mapping
from io import StringIO

from bot.__main__ import SELDOM
from bot.watch.logging import set_up
from tests.bench.figures import Benchmark, Figure, table
from tests.bench.judging import judge
from tests.bench.machine import facts
from tests.bench.planning import plan
from tests.bench.polling import poll
from tests.bench.posting import late, post, rate
from tests.bench.starting import idle, start

BENCHMARKS: Mapping[str, Benchmark] = {
    each.__name__: each for each in (start, post, rate, late, plan, judge, poll, idle)
}


def main() -> None:
    """Run the benchmarks named, or all of them in some five minutes."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=main.__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of: {', '.join(BENCHMARKS)}")
    names = parser.parse_args().names or list(BENCHMARKS)
    if unknown := sorted(set(names) - set(BENCHMARKS)):
        parser.error(f"there is no {', '.join(unknown)}; there are {', '.join(BENCHMARKS)}")
    machine = facts()
    gc.set_threshold(SELDOM)  # as every command of the bot begins
    set_up(StringIO(), json=True)  # the lines are written as they would be, and read by nobody
    rows, left_out = [], []
    for name in names:
        print(f"{name} ...", file=sys.stderr, flush=True)
        for each in BENCHMARKS[name]():
            if isinstance(each, Figure):
                rows.append(each.cells())
            else:
                left_out.append(each)
    print(f"{machine}\nmake bench (python -m tests.bench {' '.join(names)})\n\n{table(rows)}")
    print("\n".join(["", *left_out]) if left_out else "", end="")


if __name__ == "__main__":
    main()
