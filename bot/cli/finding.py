"""``sources import`` and ``sources export`` (OPML), and the feed behind an address that a person knows."""

from __future__ import annotations

import asyncio
import re
import unicodedata
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from urllib.parse import urlsplit

import typer

from bot.cli.context import CliError, JsonOption, context_settings
from bot.cli.output import say, show
from bot.cli.queue import asked, opened, who

if TYPE_CHECKING:
    from collections.abc import Collection

    from bot.settings import Settings
    from bot.sources.opml import Outline
    from bot.sources.page import FeedLink
    from content_queue.operations.listing import SourceRow

COLUMNS = ("name", "url", "kind", "state")
FEEDS = ("title", "url")


def import_(
    ctx: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE.opml", help="A list of feeds.")],
    *,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would be added.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Add the feeds of an OPML list that are not known yet; a moderator judges what they bring."""
    from content_queue.operations import listing, sources

    settings, outlines = context_settings(ctx), _read(file)
    with opened(settings) as store, asked(), store.write() as tx:
        known = listing.sources(tx)
        urls, names = {row.url for row in known}, {row.name for row in known}
        rows = []
        for one in outlines:
            state = "known" if one.url in urls else "would be added" if dry_run else "added"
            name = "" if one.url in urls else fresh_name(one.title or one.url, names)
            kind = "video" if "youtube.com/" in one.url else "article"
            rows.append({"name": name or None, "url": one.url, "kind": kind, "state": state})
            if state == "added":
                given = {"url": one.url, "kind": kind, "topics": list(one.topics), "language": _language(one)}
                values = {key: value for key, value in given.items() if value}
                sources.add(tx, datetime.now(UTC), who().who, name, values)
            names.add(name)
    show(rows, COLUMNS, json=as_json)


def export(ctx: typer.Context) -> None:
    """Write every feed as an OPML list to the standard output; a sheet of facts is none."""
    from bot.sources.opml import write_opml
    from content_queue.operations import listing

    settings = context_settings(ctx)
    sheets = {name for name, source in settings.sources.items() if source.is_sheet}
    with opened(settings) as store, store.read() as tx:
        rows = [row for row in listing.sources(tx) if row.url and row.owner and row.name not in sheets]
    say(write_opml(_outline(row, settings) for row in rows).rstrip("\n"))


def _outline(row: SourceRow, settings: Settings) -> Outline:
    from bot.sources.opml import Outline

    written = settings.sources.get(row.name)
    if written is not None:
        return Outline(row.url, row.name, written.language or "", written.topics)
    added = row.settings
    return Outline(row.url, row.name, added.get("language") or "", tuple(added.get("topics") or ()))


def found_feed(settings: Settings, url: str, only: str) -> str:
    """Return the one feed behind an address; where there are several, list them and end with status 1."""
    feeds = [feed for feed in asyncio.run(_find(settings, url, only)) if not feed.comments]
    if len(feeds) == 1:
        return feeds[0].url
    show([{"title": feed.title or None, "url": feed.url} for feed in feeds], FEEDS, json=False)
    raise CliError(f"{url} has {len(feeds)} feeds: choose one, technopolys sources add NAME URL")


def fresh_name(text: str, taken: Collection[str]) -> str:
    """Make a source's name of a title, or of an address's host, that no other source has."""
    words: str | None = text
    if "://" in text:
        parts = urlsplit(text)
        handle = parts.path.strip("/").removeprefix("@").partition("/")[0]
        words = handle if "youtube.com" in (parts.hostname or "") and "@" in parts.path else parts.hostname
    plain = unicodedata.normalize("NFKD", (words or "").removeprefix("www.").casefold())
    ascii_words = re.findall(r"[a-z0-9]+", "".join(c for c in plain if not unicodedata.combining(c)))
    name = "-".join(ascii_words)[:60].strip("-") or "source"
    numbered = (name if number == 1 else f"{name}-{number}" for number in range(1, len(taken) + 3))
    return next(each for each in numbered if each not in taken)


async def _find(settings: Settings, url: str, only: str) -> list[FeedLink]:
    from bot import assemble
    from bot.sources.discovery import NoFeed, find_feeds

    http = assemble.http_client(settings)
    try:
        return await find_feeds(http, url, only)
    except NoFeed as error:
        raise CliError(str(error)) from None
    finally:
        await http.close()


def _read(file: Path) -> list[Outline]:
    from bot.sources.opml import BadOpml, read_opml

    try:
        return read_opml(file.read_bytes())
    except OSError as error:
        raise CliError(f"{file}: {error.strerror}", status=2) from None
    except BadOpml as error:
        raise CliError(f"{file}: {error}", status=2) from None


def _language(one: Outline) -> str:
    return one.language if one.language in {"fr", "en"} else ""
