"""Measures what docs/performance.md states: the bot beside its peers and its limits, in one run.

`make bench`, or `python -m tests.bench NAME...` for some. No test lives here: a figure is looked at by
people, and a slow machine is no fault.
"""
