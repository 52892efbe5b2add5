"""What a form sent: small, plain fields, checked before any page sees them."""

from __future__ import annotations

import codecs
import re
from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from urllib.parse import parse_qsl
from zoneinfo import ZoneInfo

from starlette.datastructures import FormData, Headers, UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.types import Message, Receive, Scope

from bot.desk.web.address import is_web
from bot.desk.web.refusal import RefusalError
from content_queue.operations.pictures import KEPT

LARGEST = 256 * 1024
"""Bytes."""
MOST_FIELDS = 200
TYPE = "application/x-www-form-urlencoded"
WITH_FILE_TYPE = "multipart/form-data"
WITH_SHEET = frozenset({"/add/file"})
WITH_PICTURE = re.compile(r"/add|/items/[^/]+/edit")
"""Where a file may be sent: everywhere else forms are plain."""
LARGEST_PICTURE = 20_000_000
"""Bytes of a form that brings a picture."""
CSRF = "csrf"
_BROUGHT = re.compile(rf"{KEPT}[0-9a-f]{{64}}")
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


def whole(text: str, digits: int = 9) -> int | None:
    """Read a whole number of so many digits at most: nine fit every column. None for anything else."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= digits else None


@dataclass(frozen=True, slots=True)
class Form:
    """A form's fields, each with its values in order."""

    fields: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    as_sent: Mapping[str, str] = field(default_factory=dict, repr=False)
    picture: bytes = field(default=b"", repr=False)

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
        number = whole(self.one(name))
        if number is None:
            raise RefusalError(422, "this form is not complete: load the page again")
        return number

    def address(self, name: str) -> str:
        """Return a field's web address or ""; raise RefusalError unless it is http or https."""
        text = self.one(name)
        if text and not is_web(text):
            raise RefusalError(422, "an address begins with https:// or http://")
        return text

    def source(self, name: str) -> str:
        """Return a field's picture: a web address, one that somebody brought, or ""."""
        text = self.one(name)
        return text if _BROUGHT.fullmatch(text) else self.address(name)

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
    """Read a request's form; raise RefusalError for one that is no form, or too large.

    Of a sheet, ``NAME.text`` is what stands in it and ``NAME.name`` how it is called.
    """
    headers = Headers(scope=scope)
    kind = headers.get("content-type", "").split(";")[0].strip().lower()
    if kind == TYPE:
        return _plain_form(await _body(receive, LARGEST))
    if kind == WITH_FILE_TYPE and scope["path"] in WITH_SHEET:
        return await _form_with_file(headers, await _body(receive, LARGEST))
    if kind == WITH_FILE_TYPE and brings_a_picture(scope):
        return await _form_with_picture(headers, await _body(receive, LARGEST_PICTURE))
    raise RefusalError(415, "only forms are read here")


def brings_a_picture(scope: Scope) -> bool:
    """Say whether a picture may come with the form that is sent here."""
    return WITH_PICTURE.fullmatch(scope["path"]) is not None


def _plain_form(body: bytes) -> Form:
    try:
        text = body.decode("ascii")  # a urlencoded form is ASCII
        pairs = parse_qsl(text, keep_blank_values=True, max_num_fields=MOST_FIELDS, errors="strict")
    except ValueError:
        raise RefusalError(400, "this form cannot be read") from None
    return _form_of(pairs)


async def _form_with_file(headers: Headers, body: bytes) -> Form:
    sent = await _parts(headers, body)
    try:
        return _form_of([pair for name, value in sent.multi_items() for pair in await _pairs(name, value)])
    finally:
        await sent.close()


async def _form_with_picture(headers: Headers, body: bytes) -> Form:
    sent = await _parts(headers, body)
    try:
        words = [(name, value) for name, value in sent.multi_items() if isinstance(value, str)]
        brought = [value for _, value in sent.multi_items() if isinstance(value, UploadFile)]
        return replace(_form_of(words), picture=b"".join([await each.read() for each in brought]))
    finally:
        await sent.close()


async def _parts(headers: Headers, body: bytes) -> FormData:
    parser = MultiPartParser(headers, _at_once(body), max_files=1, max_fields=40, max_part_size=LARGEST)
    try:
        return await parser.parse()
    except (MultiPartException, KeyError, ValueError):
        raise RefusalError(400, "this form cannot be read") from None


async def _pairs(name: str, value: UploadFile | str) -> list[tuple[str, str]]:
    if isinstance(value, str):
        return [(name, value)]
    return [(f"{name}.text", _text_in(await value.read())), (f"{name}.name", value.filename or "")]


async def _at_once(body: bytes) -> AsyncGenerator[bytes, None]:
    yield body


def _text_in(content: bytes) -> str:
    """Read a file as sheets write them: UTF-8, UTF-16 with its mark, else as Windows did in French."""
    codes = (
        ("utf-16",) if content[:2] in {codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE} else ("utf-8-sig", "cp1252")
    )
    for code in codes:
        try:
            text = content.decode(code)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text
    raise RefusalError(422, "this file is no text: save the sheet as CSV, or paste its cells")


def _form_of(pairs: list[tuple[str, str]]) -> Form:
    fields: dict[str, tuple[str, ...]] = {}
    for name, value in pairs:
        fields[name] = (*fields.get(name, ()), _plain(value))
    return Form(fields, dict(reversed(pairs)))


async def _body(receive: Receive, most: int) -> bytes:
    body = bytearray()
    while True:
        message: Message = await receive()
        if message["type"] == "http.disconnect":
            raise RefusalError(400, "the form did not arrive whole")
        body += message.get("body", b"")
        if len(body) > most:
            raise RefusalError(413, "this form is too large")
        if not message.get("more_body"):
            return bytes(body)


def _plain(value: str) -> str:
    return _CONTROLS.sub("", value.replace("\r\n", "\n").replace("\r", "\n"))
