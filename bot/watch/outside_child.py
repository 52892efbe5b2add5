"""The process that speaks through Apprise: one message from standard input, told by the exit status.

0: every service took it. 1: one did not. 2: an address that Apprise does not know. 3: no Apprise.
"""

from __future__ import annotations

import json
import sys


def main() -> int:
    """Deliver the one message on standard input."""
    errand = json.load(sys.stdin)
    try:
        from apprise import Apprise
    except ImportError:
        return 3
    apprise = Apprise()
    if not apprise.add(errand["urls"]):
        return 2
    return 0 if apprise.notify(title=errand["title"], body=errand["body"], body_format="text") else 1


if __name__ == "__main__":
    sys.exit(main())
