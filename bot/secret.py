"""Where secrets enter: values that do not print, and the three places they are read from.

In order: the environment, a ``.env`` file beside the configuration, folders of secret files. A file of
ours that others on the machine may read is a mistake. What platforms hand in (``/run/secrets``, systemd's
credentials) has modes of their own, which the operator cannot set, and is taken as it is.
"""

from __future__ import annotations

import base64
import hmac
import io
import json
import os
import re
import stat
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn
from urllib.parse import quote, quote_plus

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

PREFIX = "TECHNOPOLYS_"
DATABASE_PASSWORD = "TECHNOPOLYS_DATABASE_PASSWORD"  # noqa: S105  a variable's name
DESK_TELEGRAM_TOKEN = "TECHNOPOLYS_DESK_TELEGRAM_TOKEN"  # noqa: S105  a variable's name
ALERTS_URL = "TECHNOPOLYS_ALERTS_URL"
KEY = "TECHNOPOLYS_KEY"
SECRETS_FOLDER = "TECHNOPOLYS_SECRETS_DIR"
KEY_FILE = "technopolys.key"
ENV_FILE = ".env"

HIDDEN = "***"
TELEGRAM_TOKEN = re.compile(r"\d{6,}:[\w-]{30,}")

_OF_THE_PLATFORM = Path("/run/secrets")
_SHORTEST_HIDDEN = 4
_URL_SAFE = str.maketrans("+/", "-_")
_SHAPES = (
    (TELEGRAM_TOKEN, HIDDEN),
    (re.compile(r"(?i)\b(bearer)\s+[\w.~+/=%-]{8,}"), rf"\1 {HIDDEN}"),
    (re.compile(r"\b(?:xox[abprs]-|sk-)[\w-]{10,}"), HIDDEN),
    (re.compile(r"(?i)\b([\w-]*(?:token|secret|password|api_?key)=)[^&\s\"']+"), rf"\1{HIDDEN}"),
    (re.compile(r"(://[^\s/:@]*:)[^\s/@]+(?=@)"), rf"\1{HIDDEN}"),
)


class Secret:
    """A value that shows itself only to who asks by name; ``origin`` says where it was read."""

    __slots__ = ("_value", "origin")

    def __init__(self, value: str, origin: str = "") -> None:
        self._value = value
        self.origin = origin

    def reveal(self) -> str:
        """Return the value itself. Never put it into a message, an exception or a log line."""
        return self._value

    def __repr__(self) -> str:
        return HIDDEN

    def __format__(self, spec: str) -> str:
        return format(HIDDEN, spec)

    def __eq__(self, other: object) -> bool:
        """Compare in constant time."""
        if not isinstance(other, Secret):
            return NotImplemented
        return hmac.compare_digest(_bytes(self._value), _bytes(other._value))

    def __hash__(self) -> int:
        return hash((Secret, self._value))

    def __reduce__(self) -> NoReturn:
        """Refuse to be pickled: a pickle would carry the value."""
        raise TypeError("a secret is not pickled")


def variable(owner: str, name: str) -> str:
    """Name the variable that holds a channel's secret: ``x-fr`` and ``TOKEN`` give TECHNOPOLYS_X_FR_TOKEN."""
    return f"{PREFIX}{owner}_{name}".upper().replace("-", "_")


@dataclass(frozen=True, slots=True)
class Secrets:
    """The secrets of one installation.

    ``folders`` are the operator's own, ``handed_in`` the platform's. ``mistakes`` holds one line for each
    file that is not as it must be; reading adds to it.
    """

    environ: Mapping[str, str]
    env_file: Mapping[str, str]
    folders: tuple[Path, ...]
    handed_in: tuple[Path, ...]
    key_file: Path
    mistakes: list[str] = field(default_factory=list)

    def find(self, name: str) -> Secret | None:
        """Return the secret ``name`` from the first place that has it; an empty one counts as absent."""
        return next(self._everywhere(name), None)

    def names(self) -> set[str]:
        """Return the project's variables that are set in the environment or in ``.env``."""
        return {name for name in (*self.environ, *self.env_file) if name.startswith(PREFIX)}

    def _everywhere(self, name: str) -> Iterator[Secret]:
        if value := self.environ.get(name, "").strip():
            yield Secret(value, "the environment")
        if value := self.env_file.get(name, "").strip():
            yield Secret(value, ENV_FILE)
        paths = [folder / name for folder in (*self.folders, *self.handed_in)]
        paths += [path.with_name(name.lower()) for path in paths]  # Docker's custom
        paths += [self.key_file] if name == KEY else []
        for path in paths:
            ours = path.parent not in self.handed_in
            if value := _read(path, self.mistakes, ours=ours).strip():
                yield Secret(value, str(path))


def open_secrets(folder: Path, environ: Mapping[str, str]) -> Secrets:
    """Look in ``environ``, then in ``.env`` in the configuration's ``folder``, then in secret files."""
    mistakes: list[str] = []
    own = _named_folder(folder, environ.get(SECRETS_FOLDER, ""), mistakes)
    credentials = environ.get("CREDENTIALS_DIRECTORY")
    platform = (Path(credentials), _OF_THE_PLATFORM) if credentials else (_OF_THE_PLATFORM,)
    return Secrets(
        environ=environ,
        env_file=_read_env(folder / ENV_FILE, mistakes),
        folders=() if own is None or own in platform else (own,),
        handed_in=platform,
        key_file=folder / KEY_FILE,
        mistakes=mistakes,
    )


def _named_folder(beside: Path, name: str, mistakes: list[str]) -> Path | None:
    folder = beside / name
    if name and not folder.is_dir():
        mistakes.append(f"{SECRETS_FOLDER}: {folder} is no folder; make it, or unset the variable")
    return folder if name else None


def _read_env(path: Path, mistakes: list[str]) -> dict[str, str]:
    """Read ``NAME=value`` lines; a line that is none is a mistake."""
    from dotenv.parser import parse_stream

    values = {}
    for binding in parse_stream(io.StringIO(_read(path, mistakes, ours=True))):
        if binding.error:
            mistakes.append(f"{path}: line {binding.original.line} is not written NAME=value")
        elif binding.key and binding.value:
            values[binding.key] = binding.value
    return values


def _read(path: Path, mistakes: list[str], *, ours: bool) -> str:
    """Return what the file holds, "" where there is none. Of a file of ours nobody else may read."""
    try:
        with path.open(encoding="utf-8") as file:
            if ours:
                _note(mistakes, _exposure(path, os.fstat(file.fileno())))
            return file.read()
    except (FileNotFoundError, NotADirectoryError):
        return ""
    except OSError as error:
        _note(mistakes, f"{path}: cannot be read: {error.strerror}")
    except UnicodeDecodeError:
        _note(mistakes, f"{path}: is not text in UTF-8")
    return ""


def _exposure(path: Path, found: os.stat_result) -> str:
    """Say what is wrong with a secret file's owner or mode, and what mends it; "" where nothing is."""
    if found.st_uid not in {0, os.geteuid()}:
        return f"{path}: belongs to another user of this machine; take it over: chown {os.geteuid()} {path}"
    if found.st_mode & 0o077:
        mode = stat.S_IMODE(found.st_mode)
        return f"{path}: others on this machine can read it (mode {mode:04o}); run: chmod 600 {path}"
    return ""


def _note(mistakes: list[str], line: str) -> None:
    if line and line not in mistakes:
        mistakes.append(line)


class Redactor:
    """Takes secrets out of text: the known ones in every dress, and whatever looks like one."""

    def __init__(self, secrets: Iterable[Secret] = ()) -> None:
        values = {secret.reveal() for secret in secrets}
        known = {dress for value in values if len(value) >= _SHORTEST_HIDDEN for dress in _dresses(value)}
        longest_first = sorted(known, key=len, reverse=True)
        self._known = re.compile("|".join(map(re.escape, longest_first)) or r"(?!)")

    def __call__(self, text: str) -> str:
        """Return ``text`` with ``***`` in place of every secret."""
        text = self._known.sub(HIDDEN, text)
        for shape, instead in _SHAPES:
            text = shape.sub(instead, text)
        return text


def _dresses(value: str) -> set[str]:
    """Return the ways a value appears in text: plain, in an address, in JSON, in base64."""
    coded = base64.b64encode(_bytes(value)).decode("ascii").rstrip("=")
    return {
        value,
        quote(value, safe="", errors="replace"),
        quote(value, errors="replace"),
        quote_plus(value, errors="replace"),
        json.dumps(value)[1:-1],
        json.dumps(value, ensure_ascii=False)[1:-1],
        repr(value)[1:-1],
        repr(_bytes(value))[2:-1],
        coded,
        coded.translate(_URL_SAFE),
    }


def _bytes(value: str) -> bytes:
    # An environment that is not UTF-8 reaches us as lone surrogates.
    return value.encode("utf-8", "surrogatepass")
