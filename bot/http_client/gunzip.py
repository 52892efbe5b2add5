"""One gzip layer, decoded under a bound: a small bomb must not become a big string."""

from __future__ import annotations

import zlib

from bot.http_client.errors import BadAnswer, TooBig

_GZIP = 16 + zlib.MAX_WBITS


def gunzip(body: bytes, limit: int) -> bytes:
    """Decode ``body``; raise TooBig past ``limit`` bytes, BadAnswer for damaged or cut gzip."""
    parts: list[bytes] = []
    room = limit
    while body[:2] == b"\x1f\x8b" or not parts:
        decoder = zlib.decompressobj(_GZIP)
        try:
            # one byte more than allowed tells "just fits" from "too long"
            part = decoder.decompress(body, room + 1)
        except zlib.error:
            raise BadAnswer("the gzip body is damaged") from None
        room -= len(part)
        if room < 0:
            raise TooBig(f"more than {limit:,} bytes once decompressed")
        if not decoder.eof:
            raise BadAnswer("the gzip body ends too early")
        parts.append(part)
        body = decoder.unused_data
    return b"".join(parts)
