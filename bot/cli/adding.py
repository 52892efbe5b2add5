"""``add`` and ``import``: items that people bring themselves."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli.acts import known_channels
from bot.cli.context import CliError, JsonOption, Panel, context_settings
from bot.cli.output import say, show
from bot.cli.queue import asked, opened, who
from bot.cli.rows import ITEMS, item_row

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from bot.desk.batch.drafts import Numbered
    from bot.desk.operations import Desk, Draft
    from bot.settings import Settings
    from content_queue.item import Item, Kind, Version
    from content_queue.store.database import Transaction

MANY = 200
"""From so many items on, an import shows how far it is."""


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.command(rich_help_panel=Panel.CONTENT)(add)
    app.command("import", rich_help_panel=Panel.CONTENT)(import_file)


def add(
    ctx: typer.Context,
    *,
    kind: Annotated[str, typer.Option(metavar="K", help="article, video, fact, announcement ...")],
    lang: Annotated[str, typer.Option(metavar="L", help="fr or en.")],
    title: Annotated[str, typer.Option(metavar="T", help="Its first line.")],
    url: Annotated[str, typer.Option(metavar="U", help="Where it leads.")] = "",
    summary: Annotated[str, typer.Option(metavar="S", help="What the title does not say.")] = "",
    image: Annotated[str, typer.Option(metavar="F", help="A picture: a file or a web address.")] = "",
    alt: Annotated[str, typer.Option(metavar="A", help="What is on the picture.")] = "",
    at: Annotated[str, typer.Option(metavar="WHEN", help="Its own time; else its turn comes.")] = "",
    confirmed: Annotated[
        datetime | None,
        typer.Option(metavar="DAY", formats=["%Y-%m-%d"], help="When a quote was confirmed."),
    ] = None,
    channels: Annotated[
        list[str] | None, typer.Option("--channel", metavar="C", help="Only there; may be repeated.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Put an item of your own before the moderators."""
    from bot import assemble
    from bot.cli.when import read_when
    from bot.desk import operations
    from content_queue.operations.rows import item_by_id

    settings, now = context_settings(ctx), datetime.now(UTC)
    moment = read_when(at, now, settings.bot.timezone) if at else None
    words = _version(lang, title, summary, url, image, alt)
    draft = operations.Draft(
        _kind(kind),
        (words,),
        channels=known_channels(settings, channels),
        at=moment,
        confirmed=confirmed.date() if confirmed else None,
    )
    with opened(settings) as store, asked(), store.write() as tx:
        number = operations.add(tx, assemble.desk(settings), now, who(), draft)
        made = item_by_id(tx, number)
    show([item_row(made, settings.bot.timezone)], ITEMS, json=as_json)


def import_file(
    ctx: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="YAML or CSV, one row a language.")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would come in, and stop.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Put a file of items before the moderators: all of them, or none and every mistake.

    Fields: kind, lang, title, summary, url, image, alt, topics, at, confirmed, channel. Rows that share an
    id (or group) are one item in several languages.
    """
    from bot import assemble

    settings, now = context_settings(ctx), datetime.now(UTC)
    found = _read(file, settings, now)
    with opened(settings) as store, asked(), store.write() as tx:
        made = _add_all(tx, assemble.desk(settings), now, file, found)
        if dry_run:
            tx.rollback()
    both = zip(found, made, strict=True)
    rows = [_import_row(one.line, item, settings, dry_run=dry_run) for one, item in both]
    show(rows, ("line", *ITEMS[:2], "languages", "title", "at"), json=as_json)
    if not as_json:
        outcome = "would come in; nothing was changed" if dry_run else "wait for a moderator"
        say(f"\nitems: {len(rows)} {outcome}")


def _kind(text: str) -> Kind:
    from content_queue.item import Kind

    try:
        return Kind(text.lower())
    except ValueError:
        raise CliError(f'"{text}" is no kind; the kinds are {", ".join(Kind)}', status=2) from None


def _version(lang: str, title: str, summary: str, url: str, image: str, alt: str) -> Version:
    from bot.desk.batch.pictures import picture_at
    from bot.settings.values import read_web_address
    from content_queue.item import Version

    with asked(status=2):
        return Version(language(lang), title, summary, read_web_address(url), picture_at(image, Path()), alt)


def language(text: str) -> str:
    """Read a language; raise :class:`CliError`."""
    if text.lower() not in ("fr", "en"):
        raise CliError(f'"{text}" is no language; write fr or en', status=2)
    return text.lower()


def _read(file: Path, settings: Settings, now: datetime) -> list[Numbered]:
    from bot.desk.batch.drafts import MistakenError, drafts
    from bot.desk.batch.lines import read_lines
    from bot.desk.batch.when import read_when

    try:
        with asked(status=2):
            lines = read_lines(file)
        return drafts(lines, lambda text: read_when(text, now, settings.bot.timezone), file.parent)
    except MistakenError as error:
        raise CliError("\n".join(f"{file}: {each}" for each in error.mistakes), status=2) from None


def _add_all(tx: Transaction, desk: Desk, now: datetime, file: Path, found: Sequence[Numbered]) -> list[Item]:
    from content_queue.operations.rows import item_by_id

    made, mistakes = [], []
    for one in _with_progress(found):
        try:
            with asked():
                made.append(item_by_id(tx, _add(tx, desk, now, one.draft)))
        except CliError as error:
            mistakes.append(f"{file}: line {one.line}: {error}")
    if mistakes:
        raise CliError("\n".join(mistakes))
    return made


def _add(tx: Transaction, desk: Desk, now: datetime, draft: Draft) -> int:
    from bot.desk import operations

    return operations.add(tx, desk, now, who(), draft)


def _with_progress(found: Sequence[Numbered]) -> Iterable[Numbered]:
    if len(found) < MANY or not sys.stderr.isatty():
        return found
    from rich.console import Console
    from rich.progress import track

    return track(found, "reading", console=Console(stderr=True), transient=True)


def _import_row(line: int, item: Item, settings: Settings, *, dry_run: bool) -> dict[str, object]:
    row = item_row(item, settings.bot.timezone)
    at = item.pinned_at.astimezone(settings.bot.timezone) if item.pinned_at else None
    return {"line": line, **row, "id": None if dry_run else row["id"], "at": at}
