"""One file per network: how its requests are made and its answers read.

``registry.py`` names the networks; ``network.py`` says what a network's file declares; ``answer.py``,
``harmless.py`` and ``thread.py`` are bricks that several networks share. Networks must never know each
other, repeat a create request, sleep before or after one, follow a redirect, or decide what goes out
and when. The library of a network loads when a channel uses it, not before.
"""
