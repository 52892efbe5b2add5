"""The inside of the picture's cage: one picture on stdin, the clean one on stdout, then the end.

Started as ``python -m bot.compose.picture_worker MEMORY CPU PIXELS SIDE BYTES`` in a fresh interpreter,
with no secret in its environment. Whatever a picture does, at worst this process dies.
"""

from __future__ import annotations

import json
import resource
import sys

from bot.compose.picture import BadPicture, Bounds, clean


def main() -> None:
    """Take the limits on, decode, answer: a line of JSON, then the picture's bytes."""
    memory, cpu, *bounds = map(int, sys.argv[1:])
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CPU, (cpu, cpu + 1))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    try:
        made = clean(sys.stdin.buffer.read(), Bounds(*bounds))
    except BadPicture as error:
        head: dict[str, object] = {"bad": str(error)}
        data = b""
    else:
        head = {"format": made.format, "width": made.width, "height": made.height}
        data = made.data
    sys.stdout.buffer.write(json.dumps(head).encode() + b"\n" + data)


if __name__ == "__main__":
    main()
