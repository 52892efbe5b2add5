"""Is this an address that we open at all? Asked before every hop, by the parser that also dials."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from bot.http_client.addresses import ends_in_a_number, read_address
from bot.http_client.errors import RefusedAddress, RefusedUrl

if TYPE_CHECKING:
    from yarl import URL

MAX_LENGTH = 4096
_UNSAFE = re.compile(r"[\x00-\x20\x7f\\]")


def checked(text: str) -> URL:
    """Read an http or https address; raise RefusedUrl or RefusedAddress, never echoing a password."""
    from yarl import URL

    if len(text) > MAX_LENGTH:
        raise RefusedUrl(f"the address is longer than {MAX_LENGTH:,} characters")
    if _UNSAFE.search(text):
        raise RefusedUrl("the address has spaces, control characters or backslashes in it")
    try:
        url = URL(text)
        host, _port = url.raw_host, url.port
    except ValueError:
        raise RefusedUrl("the address cannot be read as a URL") from None
    if url.scheme not in {"http", "https"}:
        raise RefusedUrl(
            f"only http and https addresses are read, not {url.scheme[:20] or 'one without a scheme'}"
        )
    if not host:
        raise RefusedUrl("the address names no host")
    if url.raw_user is not None or url.raw_password is not None:
        raise RefusedUrl("the address carries a user name or a password")
    _check_number(host)
    return url


def _check_number(host: str) -> None:
    """Refuse 127.1, 0x7f.1, 2130706433: resolvers make addresses of them that nobody meant to show."""
    if ":" in host or not ends_in_a_number(host):
        return
    try:
        read_address(host)
    except ValueError:
        raise RefusedAddress(f"{host[:60]} is a number in place of an address") from None
