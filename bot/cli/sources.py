"""``sources list|add|remove``: where content comes from."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli.context import CliError, JsonOption, Panel, context_settings
from bot.cli.examining import HEALTH, examined
from bot.cli.explaining import explain
from bot.cli.finding import export, found_feed, fresh_name, import_
from bot.cli.output import show
from bot.cli.queue import asked, opened, opened_as_it_is, who
from bot.cli.releasing import release
from bot.cli.rows import local

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from bot.settings import Settings
    from content_queue.operations.listing import SourceRow
    from content_queue.store.database import Store, Transaction

COLUMNS = ("name", "kind", "state", "last_polled", "last_new", "url", "error")
NameArgument = Annotated[str, typer.Argument(metavar="NAME", help="The source's name.")]


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    sources = typer.Typer(help="Where content comes from.", no_args_is_help=True)
    sources.command("list")(list_sources)
    sources.command("import")(import_)
    for command in (add, remove, explain, release, export):
        sources.command()(command)
    app.add_typer(sources, name="sources", rich_help_panel=Panel.CONTENT)


def list_sources(
    ctx: typer.Context,
    health: Annotated[
        bool, typer.Option("--health", help="Examine each: its habit, what is wrong, what to do.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """List the sources: the file's, and those that people added."""
    settings = context_settings(ctx)
    with opened(settings) as store:
        if health:
            show(examined(store, settings), HEALTH, json=as_json)
        else:
            show(_rows(store, settings), COLUMNS, json=as_json)


def add(
    ctx: typer.Context,
    name: Annotated[
        str, typer.Argument(metavar="[NAME]", help="The source's name; made from the address if left out.")
    ],
    url: Annotated[
        str,
        typer.Argument(
            metavar="URL", help="The feed's address; without a NAME also a site's or a YouTube channel's."
        ),
    ] = "",
    *,
    only: Annotated[
        str, typer.Option(metavar="W", help="Of a YouTube channel: only video, short or live.")
    ] = "",
    kind: Annotated[str | None, typer.Option(metavar="K", help="article, video, press ...")] = None,
    lang: Annotated[str | None, typer.Option(metavar="L", help="fr or en.")] = None,
    approval: Annotated[str | None, typer.Option(metavar="A", help="moderator or trusted.")] = None,
    every: Annotated[str | None, typer.Option(metavar="15m", help="How often it is read.")] = None,
    backlog: Annotated[
        int | None, typer.Option(metavar="N", help="How many entries of the first poll come in.")
    ] = None,
    partner: Annotated[
        str | None, typer.Option(metavar="P", help="Whose it is, for fairness and credit.")
    ] = None,
    topics: Annotated[str | None, typer.Option(metavar="T,T", help="Separated by commas.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Add a source; it is kept in the database, beside those of the file."""
    from content_queue.operations import sources

    settings = context_settings(ctx)
    name, url, kind = _named(settings, name, url, only, kind)
    topic_list = [word.strip() for word in topics.split(",") if word.strip()] if topics else None
    given: dict[str, object] = {"url": url, "kind": kind, "approval": approval, "every": every}
    given |= {"language": lang or settings.bot.language, "backlog": backlog}
    given |= {"partner": partner, "topics": topic_list}
    values = _checked(settings, name, {key: value for key, value in given.items() if value is not None})
    with opened(settings) as store:
        with asked(), store.write() as tx:
            sources.add(tx, datetime.now(UTC), who().who, name, values)
        show(_rows(store, settings, only=[name]), COLUMNS, json=as_json)


def _named(
    settings: Settings, name: str, url: str, only: str, kind: str | None
) -> tuple[str, str, str | None]:
    """Return a source's name, feed and kind; find the feed behind an address that stands alone."""
    if only not in {"", "video", "short", "live"}:
        raise CliError(f"--only {only}: a YouTube channel has video, short and live", status=2)
    alone = not url and "://" in name
    if not url and not alone:
        raise CliError(f"say where {name} is read: technopolys sources add {name} URL", status=2)
    if not alone and not only:
        return name, url, kind
    with opened(settings) as store, store.read() as tx:
        taken = {row.name for row in _known(tx)} | set(settings.sources)
    address = name if alone else url
    feed = found_feed(settings, address, only)
    video = "video" if "youtube.com/feeds/" in feed else None
    return (fresh_name(address, taken) if alone else name), feed, kind or video


def _known(tx: Transaction) -> list[SourceRow]:
    from content_queue.operations.listing import sources

    return sources(tx)


def remove(ctx: typer.Context, name: NameArgument, as_json: JsonOption = False) -> None:
    """Remove a source that people added; its items stay."""
    from content_queue.operations import sources

    settings = context_settings(ctx)
    with opened_as_it_is(settings) as store, asked():
        rows = _rows(store, settings, only=[name])
        with store.write() as tx:
            sources.remove(tx, datetime.now(UTC), who().who, name)
    show(rows, COLUMNS, json=as_json)


def _rows(store: Store, settings: Settings, only: Collection[str] | None = None) -> list[dict[str, object]]:
    from content_queue.item import Scope
    from content_queue.operations.holds import active
    from content_queue.operations.listing import sources
    from content_queue.operations.sources import FILE

    with store.read() as tx:
        held = {hold.target for hold in active(tx, datetime.now(UTC)) if hold.scope is Scope.SOURCE}
        known = [row for row in sources(tx) if row.owner != FILE or row.name in settings.sources]
    wanted = [row for row in known if only is None or row.name in only]
    return [_row(row, row.name in held, settings) for row in wanted]


def _row(row: SourceRow, held: bool, settings: Settings) -> dict[str, object]:
    return {
        "name": row.name,
        "url": row.url or None,
        "kind": row.kind,
        "state": _state(row, held),
        "last_polled": local(row.last_polled, settings.bot.timezone),
        "last_new": row.last_new,
        "error": row.wrong or None,
    }


def _state(row: SourceRow, held: bool) -> str:
    words = {"gone": row.gone, "held": held, "failing": row.failures > 0, "new": row.last_polled is None}
    words["mistaken"] = bool(row.mistakes)
    return next((word for word, fits in words.items() if fits), "well")


def _checked(settings: Settings, name: str, values: Mapping[str, object]) -> dict[str, object]:
    """Return a source's keys as the file would have them; every mistake ends with status 2."""
    from bot.settings.channels import check_name
    from bot.settings.mistakes import Mistakes, SettingsError, check_table
    from bot.settings.tables import LEAST_EVERY, SourceTable

    mistakes = Mistakes("technopolys sources add")
    check_name(name, name, mistakes)
    table = check_table(name, values, SourceTable, mistakes)
    if not values["url"]:
        mistakes.add(f"{name}.url", "is missing")
    if table and table.every and table.every < LEAST_EVERY and not settings.fetch.allows(_host(table.url)):
        mistakes.add(
            f"{name}.every", "the least is 15m; only hosts in fetch.allow_private are asked more often"
        )
    try:
        mistakes.raise_if_any()
    except SettingsError as error:
        raise CliError("\n".join(error.mistakes), status=2) from None
    return {"kind": table.kind.value, **table.model_dump(mode="json", exclude_unset=True)} if table else {}


def _host(url: str) -> str:
    from urllib.parse import urlsplit

    return urlsplit(url).hostname or ""
