"""The inside of the cage: reads one document after another from stdin until stdin ends.

Started as ``python -m bot.sources.cage_worker BYTES`` in a fresh interpreter, with no secret in its
environment. Whatever a document does, at worst this process dies.
"""

from __future__ import annotations

import json
import math
import resource
import sys
from dataclasses import replace
from typing import TYPE_CHECKING, Any, BinaryIO

from bot.sources.feed import parse
from bot.sources.frames import LENGTH, Errand, framed, packed
from bot.sources.parsed import BadFeed, Parsed
from bot.sources.quick import quicken
from bot.sources.sheet import parse_sheet
from content_queue.item import Entry, Kind
from content_queue.naming import names_of

if TYPE_CHECKING:
    from collections.abc import Iterator


def main() -> None:
    """Take the limits on, load the parser, then serve."""
    memory = int(sys.argv[1])
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    quicken()
    for errand, document in _errands(sys.stdin.buffer):
        _grant(errand.cpu)
        sys.stdout.buffer.write(framed(_answer(errand, document)))
        sys.stdout.buffer.flush()


def _errands(stdin: BinaryIO) -> Iterator[tuple[Errand, bytes]]:
    while len(head := stdin.read(LENGTH)) == LENGTH:
        errand = Errand(**json.loads(stdin.read(int.from_bytes(head, "big"))))
        yield errand, stdin.read(errand.size)


def _grant(seconds: float) -> None:
    """Raise the limit for one more document: it counts the process's whole life."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    until = math.ceil(used.ru_utime + used.ru_stime + seconds)
    resource.setrlimit(resource.RLIMIT_CPU, (until, resource.RLIM_INFINITY))


def _answer(errand: Errand, document: bytes) -> dict[str, Any]:
    try:
        return {"parsed": packed(_read(errand, document))}
    except BadFeed as error:
        return {"bad": str(error)}
    except Exception as error:  # noqa: BLE001  one document's trouble must not take the next one along
        return {"bad": f"it cannot be read ({type(error).__name__})"}


def _read(errand: Errand, document: bytes) -> Parsed:
    """Read a document and name its entries, which takes as long again as storing them."""
    parsed = _parsed(errand, document)
    entries = tuple(_spoken(entry, errand.otherwise) for entry in parsed.entries)
    return replace(parsed, entries=entries, names=names_of(entries, whole=errand.sheet))


def _parsed(errand: Errand, document: bytes) -> Parsed:
    kind, content_type, language = Kind(errand.kind), errand.content_type, errand.language
    if errand.sheet:
        return parse_sheet(
            document, content_type=content_type, kind=kind, language=language or errand.otherwise
        )
    return parse(document, content_type=content_type, url=errand.url, kind=kind, language=language)


def _spoken(entry: Entry, language: str) -> Entry:
    if all(version.language for version in entry.versions):
        return entry
    return replace(entry, versions=tuple(replace(v, language=v.language or language) for v in entry.versions))


if __name__ == "__main__":
    main()
