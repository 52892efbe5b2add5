"""What a form sent: small, plain fields, checked before any page sees them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from urllib.parse import parse_qsl
from zoneinfo import ZoneInfo

from starlette.types import Message, Receive, Scope

from bot.desk.web.address import is_web
from bot.desk.web.refusal import RefusalError

LARGEST = 256 * 1024
"""Bytes."""
MOST_FIELDS = 200
TYPE = "application/x-www-form-urlencoded"
CSRF = "csrf"
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


@dataclass(frozen=True, slots=True)
class Form:
    """A form's fields, each with its values in order."""

    fields: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    as_sent: Mapping[str, str] = field(default_factory=dict, repr=False)

    def one(self, name: str) -> str:
        """Return a field's first value, trimmed, or ""."""
        return next(iter(self.fields.get(name, ())), "").strip()

    def exact(self, name: str) -> str:
        """Return a field's first value to the letter, for passwords, or ""."""
        return self.as_sent.get(name, "")

    def all(self, name: str) -> tuple[str, ...]:
        """Return every value of a field."""
        return self.fields.get(name, ())

    def number(self, name: str) -> int:
        """Return a field's whole number; raise RefusalError for anything else."""
        text = self.one(name)
        if not (text.isascii() and text.isdigit() and len(text) < 10):  # noqa: PLR2004  fits every column
            raise RefusalError(422, "this form is not complete: load the page again")
        return int(text)

    def address(self, name: str) -> str:
        """Return a field's web address or ""; raise RefusalError unless it is http or https."""
        text = self.one(name)
        if text and not is_web(text):
            raise RefusalError(422, "an address begins with https:// or http://")
        return text

    def moment(self, name: str, zone: ZoneInfo) -> datetime | None:
        """Return a field's wall time in ``zone``, None where it is empty; raise RefusalError."""
        text = self.one(name)
        if not text:
            return None
        try:
            return datetime.fromisoformat(text).replace(tzinfo=zone)
        except ValueError:
            raise RefusalError(422, "a time is written like 2026-11-22T08:30") from None

    def day(self, name: str) -> date | None:
        """Return a field's day, None where it is empty; raise RefusalError."""
        text = self.one(name)
        if not text:
            return None
        try:
            return date.fromisoformat(text)
        except ValueError:
            raise RefusalError(422, "a day is written like 2026-11-22") from None


async def read_form(scope: Scope, receive: Receive) -> Form:
    """Read a request's form; raise RefusalError for one that is no form, or too large."""
    headers = dict(scope["headers"])
    if headers.get(b"content-type", b"").split(b";")[0].strip().lower() != TYPE.encode():
        raise RefusalError(415, "only forms are read here")
    try:
        text = (await _body(receive)).decode("ascii")  # a urlencoded form is ASCII
        pairs = parse_qsl(text, keep_blank_values=True, max_num_fields=MOST_FIELDS, errors="strict")
    except ValueError:
        raise RefusalError(400, "this form cannot be read") from None
    fields: dict[str, tuple[str, ...]] = {}
    for name, value in pairs:
        fields[name] = (*fields.get(name, ()), _plain(value))
    return Form(fields, dict(reversed(pairs)))


async def _body(receive: Receive) -> bytes:
    body = bytearray()
    while True:
        message: Message = await receive()
        if message["type"] == "http.disconnect":
            raise RefusalError(400, "the form did not arrive whole")
        body += message.get("body", b"")
        if len(body) > LARGEST:
            raise RefusalError(413, "this form is too large")
        if not message.get("more_body"):
            return bytes(body)


def _plain(value: str) -> str:
    return _CONTROLS.sub("", value.replace("\r\n", "\n").replace("\r", "\n"))
