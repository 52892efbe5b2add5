"""Logs: JSON lines for machines, colours for people, secrets for nobody.

Everything passes through here, the lines of libraries too. Values are redacted before they are rendered, and
control characters are written out, so that no feed can forge a line or move a cursor.
"""

from __future__ import annotations

import json as json_module
import logging
import re
import threading
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, TextIO

import structlog

from bot.secret import Redactor, Secret

if TYPE_CHECKING:
    from structlog.typing import EventDict, Processor, WrappedLogger

# Their INFO lines and errors carry whole addresses, and Telegram's token is part of its addresses.
_CHATTY = (
    "apscheduler",
    "httpx",
    "httpcore",
    "telegram",
    "tweepy",
    "urllib3",
    "requests_oauthlib",
    "oauthlib",
    "aiohttp",
)
# C0 and C1, line separators, marks that turn the direction of writing, lone surrogates.
_CONTROLS = re.compile(
    "[\x00-\x1f\x7f-\x9f\u2028\u2029\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]"
)
_DEEPEST = 6


def set_up(stream: TextIO, *, json: bool, secrets: Iterable[Secret] = (), level: int = logging.INFO) -> None:
    """Send every log line of this process to ``stream``; a later call replaces an earlier one.

    ``json`` writes one object a line, else lines for a terminal. ``secrets`` are hidden wherever they
    appear, beside whatever looks like a secret.
    """
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.stdlib.ExtraAdder(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
    ]
    handler = logging.StreamHandler(stream)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                _Cleaner(Redactor(secrets), keep_lines=not json),
                _json_renderer() if json else structlog.dev.ConsoleRenderer(colors=stream.isatty()),
            ],
        )
    )
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            structlog.stdlib.PositionalArgumentsFormatter(),
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        wrapper_class=structlog.stdlib.BoundLogger,
        logger_factory=structlog.stdlib.LoggerFactory(),
    )
    logging.basicConfig(handlers=[handler], level=level, force=True)
    for name in _CHATTY:
        logging.getLogger(name).setLevel(logging.WARNING)
    threading.excepthook = _log_thread_error


def _json_renderer() -> Processor:
    return structlog.processors.JSONRenderer(serializer=json_module.dumps, ensure_ascii=False)


def _log_thread_error(arguments: threading.ExceptHookArgs) -> None:
    """Log what ended a thread: the interpreter would print it past the redactor."""
    if arguments.exc_type is SystemExit or arguments.exc_value is None:
        return
    name = arguments.thread.name if arguments.thread else "unknown"
    logging.getLogger(__name__).error(
        "thread %s ended by an error",
        name,
        exc_info=(arguments.exc_type, arguments.exc_value, arguments.exc_traceback),
    )


class _Cleaner:
    """A processor that leaves only plain values, without secrets and control characters."""

    def __init__(self, redact: Redactor, *, keep_lines: bool) -> None:
        self._redact = redact
        self._keep_lines = keep_lines

    def __call__(self, _logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
        """Clean every key and value of an event; a traceback keeps its lines where people read it."""
        clean = {self._text(str(key)): self._value(value, _DEEPEST) for key, value in event.items()}
        if self._keep_lines and "exception" in event:
            lines = str(event["exception"]).split("\n")
            clean["exception"] = "\n".join(map(self._text, lines))
        return clean

    def _value(self, value: object, depth: int) -> object:
        if value is None or isinstance(value, bool | int | float):
            return value
        if isinstance(value, str):
            return self._text(value)
        if depth and isinstance(value, Mapping):
            return {self._text(str(key)): self._value(one, depth - 1) for key, one in value.items()}
        if depth and isinstance(value, list | tuple | set | frozenset):
            return [self._value(one, depth - 1) for one in value]
        return self._text(str(value) if isinstance(value, BaseException) else repr(value))

    def _text(self, text: str) -> str:
        return _CONTROLS.sub(_written_out, self._redact(text))


def _written_out(match: re.Match[str]) -> str:
    return match[0].encode("unicode_escape").decode("ascii")
