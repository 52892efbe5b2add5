"""``edit``: new words for an item, from options or in the editor."""

from __future__ import annotations

import os
import shlex
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli.acts import naming
from bot.cli.adding import language
from bot.cli.context import CliError, JsonOption, Panel, context_settings, invocation
from bot.cli.items import ItemArgument
from bot.cli.output import say, show
from bot.cli.queue import asked, item_number, opened, who
from bot.cli.rows import ITEMS, item_row

if TYPE_CHECKING:
    from content_queue.item import Item, Version

FIELDS = ("language", "title", "summary", "url", "image", "alt")
_HEAD = "# Change the words, save and close; an empty file changes nothing.\n"


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.command(rich_help_panel=Panel.MODERATION)(edit)


def edit(
    ctx: typer.Context,
    item: ItemArgument,
    *,
    lang: Annotated[str | None, typer.Option(metavar="L", help="Which language; a new one is added.")] = None,
    title: Annotated[str | None, typer.Option(metavar="T")] = None,
    summary: Annotated[str | None, typer.Option(metavar="S")] = None,
    url: Annotated[str | None, typer.Option(metavar="U")] = None,
    image: Annotated[str | None, typer.Option(metavar="F", help="A file or a web address.")] = None,
    alt: Annotated[str | None, typer.Option(metavar="A", help="What is on the picture.")] = None,
    confirmed: Annotated[
        datetime | None,
        typer.Option(metavar="DAY", formats=["%Y-%m-%d"], help="When a quote was confirmed."),
    ] = None,
    pending: Annotated[
        bool, typer.Option("--pending", help="Leave it to be judged, instead of approving it.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Give an item new words and approve them in the same act; without options, in $EDITOR."""
    from bot import assemble
    from bot.desk import operations
    from content_queue.operations.rows import item_by_id

    given = {"title": title, "summary": summary, "url": url, "image": image, "alt": alt}
    changes = {name: value for name, value in given.items() if value is not None}
    number, settings = item_number(item), context_settings(ctx)
    with opened(settings) as store:
        with asked(), store.read() as tx:
            before = item_by_id(tx, number)
        day = confirmed.date() if confirmed else None
        if changes or lang:
            versions = _changed(before, lang, _checked(changes))
        else:
            versions = before.versions if day else _in_editor(before, invocation(ctx).environ)
        if versions == before.versions and day in (None, before.confirmed):
            say("nothing was changed")
            return
        desk, now, shown = assemble.desk(settings), datetime.now(UTC), before.revision
        with naming(item), store.write() as tx:
            approved = not pending
            operations.edit(
                tx, desk, now, who(), number, versions, revision=shown, approved=approved, confirmed=day
            )
            row = item_row(item_by_id(tx, number), settings.bot.timezone)
    show([row], ITEMS, json=as_json)


def _checked(changes: Mapping[str, str]) -> dict[str, str]:
    from bot.desk.batch.pictures import picture_at
    from bot.settings.values import read_web_address

    checked = dict(changes)
    with asked(status=2):
        if "url" in changes:
            checked["url"] = read_web_address(changes["url"])
        if "image" in changes:
            checked["image"] = picture_at(changes["image"], Path())
    return checked


def _with_words(version: Version, words: Mapping[str, str]) -> Version:
    return replace(
        version,
        title=words.get("title", version.title),
        summary=words.get("summary", version.summary),
        url=words.get("url", version.url),
        image=words.get("image", version.image),
        alt=words.get("alt", version.alt),
    )


def _changed(item: Item, lang: str | None, changes: Mapping[str, str]) -> tuple[Version, ...]:
    from content_queue.item import Version

    spoken = [version.language for version in item.versions]
    if lang is None and len(spoken) != 1:
        raise CliError(f"say which language: --lang {' or '.join(spoken)}", status=2)
    chosen = spoken[0] if lang is None else language(lang)
    changed = _with_words(item.version(chosen) or Version(chosen, ""), changes)
    if not changed.title.strip():
        raise CliError(f'the words in "{chosen}" need a title', status=2)
    if chosen not in spoken:
        return (*item.versions, changed)
    return tuple(changed if version.language == chosen else version for version in item.versions)


def _in_editor(item: Item, environ: Mapping[str, str]) -> tuple[Version, ...]:
    import yaml

    words = [{name: asdict(version)[name] for name in FIELDS} for version in item.versions]
    text = _HEAD + yaml.safe_dump(words, allow_unicode=True, sort_keys=False, width=100)
    return _read_back(item, _edited(text, environ))


def _edited(text: str, environ: Mapping[str, str]) -> str:
    editor = environ.get("VISUAL") or environ.get("EDITOR")
    if not editor:
        raise CliError("say what to change (--title ...), or name an editor: export EDITOR=nano", status=2)
    handle, name = tempfile.mkstemp(prefix="technopolys-", suffix=".yaml")
    path = Path(name)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
        done = subprocess.run([*shlex.split(editor), name], check=False)  # noqa: S603  the person's own editor
        if done.returncode:
            raise CliError(f"the editor ended with status {done.returncode}: nothing was changed")
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise CliError(f"{editor}: cannot be started: {error.strerror}") from None
    finally:
        path.unlink(missing_ok=True)


def _read_back(item: Item, text: str) -> tuple[Version, ...]:
    import yaml

    try:
        rows = yaml.load(text, yaml.BaseLoader)  # noqa: S506  every value stays the words it is written in
    except yaml.YAMLError as error:
        raise CliError(
            f"what you wrote is no YAML, so nothing was changed: {' '.join(str(error).split())}"
        ) from None
    if not rows:
        return item.versions
    if not isinstance(rows, Sequence) or not all(
        isinstance(row, dict) and set(row) <= set(FIELDS) for row in rows
    ):
        raise CliError(f"what you wrote is no list with {', '.join(FIELDS)}: nothing was changed")
    return tuple(_version(item, row) for row in rows)


def _version(item: Item, row: Mapping[str, str]) -> Version:
    from content_queue.item import Version

    chosen = language(str(row.get("language", "")))
    words = {name: str(row.get(name, "")) for name in FIELDS[1:]}
    return _with_words(item.version(chosen) or Version(chosen, ""), _checked(words))
