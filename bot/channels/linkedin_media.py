"""Pictures on LinkedIn: an upload is begun, its bytes are put, and only then does a post name it.

Source: learn.microsoft.com, LinkedIn, Images API.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from bot.channels.answer import mapping
from bot.channels.network import Wiring
from bot.channels.wire import Wire, json_body
from bot.http_client.api import Call
from bot.message import Picture, Progress, Refused, TryLater

_IMAGE = re.compile(r"urn:li:(?:image|digitalmediaAsset):[A-Za-z0-9_-]{1,100}")
_DOMAIN = "linkedin.com"


def place(picture: Picture) -> str:
    """Return under which name the progress knows a picture."""
    return f"image {picture.digest}"


async def uploaded(
    picture: Picture, progress: Progress, wiring: Wiring[Any], wire: Wire, begin: Call, owner: str
) -> str:
    """Upload a picture and return its URN. ``begin`` is the call that begins one, still without a body.

    Raises Refused where the bytes are gone, TryLater where LinkedIn gives no place for them.
    """
    image = await wiring.picture(picture.digest)
    if image is None:
        raise Refused("the picture's bytes are gone: approve the item again")
    asked = json_body({"initializeUploadRequest": {"owner": owner}})
    begun = mapping((await wire.read(Call("POST", begin.url, begin.headers, asked))).fields.get("value"))
    urn, where = str(begun.get("image", "")), str(begun.get("uploadUrl", ""))
    if not _IMAGE.fullmatch(urn) or not _is_linkedins(where, begin.url):
        raise TryLater("LinkedIn gave no place for the picture")
    headers = {**_signed(begin.headers), "Content-Type": image.kind}
    await wire.read(Call("PUT", where, headers, image.content))
    await progress.save({place(picture): urn})
    return urn


def _signed(headers: Mapping[str, str]) -> dict[str, str]:
    return {"Authorization": headers["Authorization"]}


def _is_linkedins(where: str, api: str) -> bool:
    """Tell whether an upload's address is LinkedIn's own, or on the server that stands in for it."""
    try:
        there, here = urlsplit(where), urlsplit(api)
        host = there.hostname or ""
    except ValueError:
        return False
    own = there.scheme == "https" and (host == _DOMAIN or host.endswith(f".{_DOMAIN}")) and not there.username
    return own or (there.scheme, there.netloc) == (here.scheme, here.netloc)
