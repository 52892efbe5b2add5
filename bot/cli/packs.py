"""What ``check`` says of fact packs: files are read, of a sheet it says what the last poll found."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from bot.cli.database import look_into
from bot.cli.findings import Finding

if TYPE_CHECKING:
    from bot.settings import Settings
    from content_queue.operations.listing import SourceRow


def look_at_packs(settings: Settings) -> Iterator[Finding]:
    """Name every mistake of the packs that are files, and what people have to mend in their sheets."""
    from bot.sources.pack import BadPack, load_pack

    sheets = [name for name, source in settings.sources.items() if source.is_sheet]
    for name, source in settings.sources.items():
        try:
            if source.pack and name not in sheets:
                load_pack(source.pack, settings.path.parent)
        except BadPack as error:
            yield from (Finding(f"sources.{name}.pack", "wrong", mistake) for mistake in error.mistakes)
    if sheets:
        yield from _look_at_sheets(settings, sheets)


def _look_at_sheets(settings: Settings, names: list[str]) -> Iterator[Finding]:
    """Say of each sheet what its last poll found: no command but ``poll`` asks its server."""
    from content_queue.operations.listing import sources_named
    from content_queue.store.database import StoreError

    try:
        rows = look_into(settings, lambda tx: sources_named(tx, names)) or []
    except StoreError:  # who looks at the database has told it
        return
    known = {row.name: row for row in rows}
    for name in names:
        yield from (Finding(f"sources.{name}.pack", *found) for found in _found(name, known.get(name)))


def _found(name: str, row: SourceRow | None) -> Iterator[tuple[str, str]]:
    if row is None or row.last_polled is None:
        yield "note", f"the sheet has not been read yet: technopolys poll {name}"
    elif row.error:
        yield "note", f"the sheet could not be read: {row.error}"
    else:
        yield from (("note", str(mistake)) for mistake in row.mistakes)
        if not row.mistakes:
            yield "good", "every row of the sheet was read"
