"""The queue as commands meet it: opened for one command, its errors turned into one clear line each."""

from __future__ import annotations

import getpass
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, suppress
from typing import TYPE_CHECKING

from bot.cli.context import CliError

if TYPE_CHECKING:
    from bot.settings import Settings
    from content_queue.people import Person
    from content_queue.store.database import Store


@contextmanager
def opened(settings: Settings) -> Iterator[Store]:
    """Open the database for one command; what stands against it ends with status 2."""
    from bot import assemble

    _refuse_hopeless(settings)
    with _opening():
        store = assemble.store(settings)
    with _closing(store):
        yield store


@contextmanager
def _closing(store: Store) -> Iterator[None]:
    """Close in the end; what the database refused meanwhile becomes one line."""
    from content_queue.store.database import StoreError

    try:
        yield
    except StoreError as error:
        raise CliError(str(error)) from None
    finally:
        with suppress(StoreError) if store.broken else nullcontext():
            store.close()


@contextmanager
def opened_as_it_is(settings: Settings) -> Iterator[Store]:
    """Open the database without bringing it to the file: to mend what would stand against that."""
    from bot import assemble
    from content_queue.store.database import Store

    _refuse_hopeless(settings)
    with _opening():
        store = Store(assemble.place(settings))
    with _closing(store):
        yield store


def _refuse_hopeless(settings: Settings) -> None:
    """Say what can never be opened before anything is written beside it."""
    from bot.cli.database import look_at_place

    path = settings.bot.sqlite_path
    for finding in look_at_place(path) if path is not None else ():
        if finding.state == "wrong":
            raise CliError(f"{finding.about}: {finding.text}", status=2)


@contextmanager
def _opening() -> Iterator[None]:
    from content_queue.operations.sources import TwoOwnersError
    from content_queue.store.database import StoreError
    from content_queue.store.locks import BusyError

    try:
        yield
    except StoreError as error:
        raise CliError(f"bot.database: {error}", status=2) from None
    except TwoOwnersError as error:
        raise CliError("\n".join(error.lines), status=2) from None
    except BusyError as error:
        raise CliError(str(error)) from None


@contextmanager
def asked(status: int = 1) -> Iterator[None]:
    """Turn what the queue refuses into one line and ``status``."""
    from content_queue.operations.moves import LostRaceError
    from content_queue.operations.rows import UnknownError
    from content_queue.store.locks import BusyError

    try:
        yield
    except (ValueError, LostRaceError, UnknownError, BusyError) as error:
        raise CliError(str(error), status) from None


def who() -> Person:
    """Return whoever types, whom the history names ``cli:`` and the login name.

    Whoever can open the database could change anything in it: on the command line everybody is an admin.
    """
    from content_queue.people import local

    try:
        return local(f"cli:{getpass.getuser()}")
    except (KeyError, OSError):
        return local("cli")


def item_number(text: str) -> int:
    """Read ``i12``; anything else ends with status 2."""
    return _number(text, "i", "an item is written i12")


def post_number(text: str) -> int:
    """Read ``p34``; anything else ends with status 2."""
    return _number(text, "p", "a post is written p34")


def _number(text: str, letter: str, how: str) -> int:
    from content_queue.item import parse_reference

    try:
        found, number = parse_reference(text)
    except ValueError as error:
        raise CliError(str(error), status=2) from None
    if found != letter:
        raise CliError(f"{text}: {how}", status=2)
    return number
