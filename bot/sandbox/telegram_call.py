"""One call of a Bot API method, however it came: query, form, multipart or JSON."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from aiohttp import web

from bot.sandbox.pictures import picture_type
from bot.sandbox.published import Media
from bot.sandbox.telegram_rules import MAXIMUM_PHOTO, bad_request

_ATTACHED = "attach://"


@dataclass(frozen=True, slots=True)
class Call:
    """The parameters as text (objects as JSON) and the files by name."""

    bot_id: int
    params: Mapping[str, str]
    files: Mapping[str, bytes] = field(default_factory=dict, repr=False)


async def read_call(request: web.Request, bot_id: int) -> Call:
    """Read a request. Raises Refusal 400 if its body cannot be read."""
    params = dict(request.query)
    files: dict[str, bytes] = {}
    if request.content_type == "application/json":
        params.update(await _json_params(request))
    else:
        for name, value in (await request.post()).items():
            if isinstance(value, web.FileField):
                files[name] = value.file.read()
            else:
                params[name] = value if isinstance(value, str) else bytes(value).decode(errors="replace")
    return Call(bot_id, params, files)


def read_photo(call: Call) -> Media:
    """Return the picture of a call: a file, or an address, which is not fetched. Raises Refusal 400."""
    named = call.params.get("photo", "")
    content = call.files.get(named.removeprefix(_ATTACHED) if named.startswith(_ATTACHED) else "photo")
    if content is None:
        return Media(address=_photo_address(named))
    if len(content) > MAXIMUM_PHOTO:
        raise bad_request("file is too big")
    kind = picture_type(content)
    if kind is None:
        raise bad_request("IMAGE_PROCESS_FAILED")
    return Media(content=content, content_type=kind)


def _photo_address(named: str) -> str:
    if not named:
        raise bad_request("there is no photo in the request")
    try:
        parts = urlsplit(named)
    except ValueError:
        parts = urlsplit("")
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise bad_request("wrong remote file identifier specified: Wrong string length")
    return named


async def _json_params(request: web.Request) -> dict[str, str]:
    try:
        body = json.loads(await request.read() or b"{}")
    except (ValueError, RecursionError):
        raise bad_request("can't parse JSON") from None
    if not isinstance(body, dict):
        raise bad_request("object expected")
    return {name: _as_text(value) for name, value in body.items() if value is not None}


def _as_text(value: Any) -> str:  # noqa: ANN401 - any JSON value
    return value if isinstance(value, str) else json.dumps(value)
