"""Writing one secret into ``.env``, beside whatever else stands there."""

from __future__ import annotations

import os
import re
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from bot.cli.context import CliError

if TYPE_CHECKING:
    from bot.secret import Secret

_PLAIN = re.compile(r"[A-Za-z0-9._~:|+/=-]+")


def keep(path: Path, name: str, secret: Secret) -> None:
    """Put ``NAME=value`` into the file in place of what it had under the name; nobody else may read it.

    The file is whole at every moment. Raises :class:`CliError` where it cannot be written.
    """
    value = secret.reveal()
    if not _PLAIN.fullmatch(value):
        raise CliError(f"{name}: what the network gave is no token")
    path = path.resolve()  # where .env leads elsewhere, that file is meant
    try:
        before = path.read_text(encoding="utf-8") if path.exists() else ""
        _replace(path, _with(before, name, value))
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or "it is not text in UTF-8"
        raise CliError(f"{path}: cannot be written: {why}") from None


def _with(text: str, name: str, value: str) -> str:
    own = re.compile(rf"\s*(?:export\s+)?{re.escape(name)}\s*=")
    others = [line for line in text.splitlines() if not own.match(line)]
    return "\n".join([*others, f"{name}={value}", ""])


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
