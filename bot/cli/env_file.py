"""Writing a channel's secrets into ``.env``, beside whatever else stands there."""

from __future__ import annotations

import io
import os
import re
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from bot.cli.context import CliError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bot.secret import Secret

_PLAIN = re.compile(r"[A-Za-z0-9._~:|+/=-]+")


def keep(path: Path, values: Mapping[str, Secret | None]) -> list[str]:
    """Put ``NAME=value`` lines in place of what the file had under these names; nobody else may read it.

    None takes a name out; those that stood there are returned. All of it is written or nothing: the file is
    whole at every moment. Raises :class:`CliError` where it cannot be written.
    """
    lines = [_line(name, secret) for name, secret in values.items() if secret is not None]
    path = path.resolve()  # where .env leads elsewhere, that file is meant
    try:
        before = path.read_text(encoding="utf-8") if path.exists() else ""
        others, taken = _without(before, values)
        _replace(path, others + "".join(lines))
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or "it is not text in UTF-8"
        raise CliError(f"{path}: cannot be written: {why}") from None
    return [name for name, secret in values.items() if secret is None and name in taken]


def _line(name: str, secret: Secret) -> str:
    value = secret.reveal()
    if not _PLAIN.fullmatch(value):
        raise CliError(f"{name}: nothing is kept: it holds a character that no token or secret has")
    return f"{name}={value}\n"


def _without(text: str, names: Mapping[str, object]) -> tuple[str, set[str]]:
    """Return a file's text without what it says of ``names``, and those of them that it had."""
    from dotenv.parser import parse_stream

    bindings = list(parse_stream(io.StringIO(text)))
    others = "".join(one.original.string for one in bindings if one.key not in names)
    ended = others if not others or others.endswith("\n") else f"{others}\n"
    return ended, {one.key for one in bindings if one.key is not None} & set(names)


def _replace(path: Path, text: str) -> None:
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".env.")  # its owner alone may read it
    made = Path(name)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        made.replace(path)
    except BaseException:
        made.unlink(missing_ok=True)
        raise
