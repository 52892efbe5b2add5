"""Builders of the cases F that are answers: servers that lie, stall, flood, never end, or are gone."""

import asyncio
import gzip
import ssl
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from bot.http_client import BadAnswer
from content_queue.operations import listing
from tests.bot.hostile.world import HOSTILE, MAX_BYTES, Builder, Codes, World, used
from tests.bot.http_client.servers import answer, saying
from tests.bot.runtime.sites import UNCHANGED, feed

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
OK_HEAD = b"HTTP/1.1 200 OK\r\n"
CHUNK = b"%x\r\n%s\r\n" % (60_000, b"x" * 60_000)
_PAST = b"Retry-After: Sun, 01 Mar 2020 14:00:00 GMT"


async def gone(world: World) -> Codes:
    async with world.site(saying(answer(b"", status=b"410 Gone"))) as site:
        name = world.source(world.at(site))
        met = await world.polled(name)
        await world.again(name, 30 * DAY)
        assert len(site.requests) == 1
    return met.codes


async def missing_for_a_month(world: World) -> Codes:
    for status in (b"404 Not Found", b"403 Forbidden", b"401 Unauthorized"):
        async with world.site(saying(answer(b"", status=status))) as site:
            name = world.source(world.at(site))
            met = await world.polled(name)
            for _ in range(30 if status.startswith(b"404") else 3):
                met = await world.again(name, DAY)
            assert len(site.requests) <= 31
            assert met.row.next_poll is not None
            assert met.row.next_poll - world.clock.now() <= DAY
            assert met.row.failures >= 3
            world.forget(name)
    return met.codes


def waiting(status: bytes, *headers: bytes, wait: timedelta = HOUR) -> Builder:
    async def build(world: World) -> Codes:
        for header in headers:
            async with world.site(saying(answer(b"", header, status=status))) as site:
                names = [world.source(world.at(site, "/1"))]
                if wait >= HOUR:  # all of the host is left alone
                    names.append(world.source(world.at(site, "/2")))
                met = await world.polled(names[0])
                assert len(site.requests) == 1, "the host's other feed was asked"
                for name in names:
                    due = world.met(name).row.next_poll
                    assert due is not None
                    assert wait <= due - world.clock.now() <= DAY
                    world.forget(name)
        return met.codes

    return build


async def ill_for_a_day(world: World) -> Codes:
    ill_until = world.clock.now() + DAY
    asked: list[datetime] = []

    async def ill(_head: bytes, writer: asyncio.StreamWriter) -> None:
        now = world.clock.now()
        asked.append(now)
        if len(asked) == 1:
            writer.write(feed("Un"))
        elif now < ill_until:
            writer.write(answer(b"", status=b"500 Internal Server Error"))
        else:
            writer.write(feed("Un", "Deux"))

    async with world.site(ill) as site:
        name = world.source(world.at(site))
        met = await world.polled(name)
        for _ in range(50):
            met = await world.again(name, HOUR)
        assert sum(at < ill_until for at in asked) <= 24
        assert sorted(met.titles) == ["Deux", "Un"]
    return met.codes


async def silent(world: World) -> Codes:
    async with world.site(saying(then_wait=True)) as site:
        return await world.refused(world.at(site))


def dripping(start: bytes) -> Builder:
    async def build(world: World) -> Codes:
        async def drip(_head: bytes, writer: asyncio.StreamWriter) -> None:
            writer.write(start)
            while True:
                writer.write(b"x")
                await writer.drain()
                await asyncio.sleep(0.05)

        async with world.site(drip) as site:
            return await world.refused(world.at(site))

    return build


def raw(*answers: bytes) -> Builder:
    """Whole answers as bytes, each refused for the same reason."""

    async def build(world: World) -> Codes:
        found = set[Codes]()
        for one in answers:
            async with world.site(saying(one)) as site:
                found.add(await world.refused(world.at(site)))
        (codes,) = found
        return codes

    return build


async def half_a_feed(world: World) -> Codes:
    cut = b'HTTP/1.1 200 OK\r\nETag: "1"\r\nContent-Length: 100\r\n\r\n<rss><channel><item><title>a'
    async with world.site(saying(cut)) as site:
        codes = await world.refused(world.at(site))
    with world.store.read() as tx:
        assert not [row for row in listing.sources(tx) if row.etag and row.name != "good"]
    return codes


async def lying_length(world: World) -> Codes:
    head = b"HTTP/1.1 200 OK\r\nContent-Length: "
    codes = await raw(head + b"-5\r\n\r\nx", head + b"3\r\nContent-Length: 5\r\n\r\nabc")(world)
    async with world.site(saying(head + b"10\r\n\r\n" + b"<" * 200_000)) as site:
        with suppress(BadAnswer):  # where the rest comes in the same breath
            assert len((await world.http.get(world.at(site))).body) == 10
    return codes


def endless(head: bytes, part: bytes, most: int) -> Builder:
    async def build(world: World) -> Codes:
        sent = 0

        async def flood(_head: bytes, writer: asyncio.StreamWriter) -> None:
            nonlocal sent
            sent = 0
            writer.write(head)
            with suppress(ConnectionError):
                while sent < most:
                    writer.write(part)
                    await writer.drain()
                    sent += len(part)

        before = used()
        async with world.site(flood) as site:
            codes = await world.refused(world.at(site))
        assert sent < MAX_BYTES + 8_000_000  # what the kernel's buffers hold beside ours
        assert used() - before < 30_000_000
        return codes

    return build


async def gzip_bomb(world: World) -> Codes:
    bomb = gzip.compress(b"\0" * 100_000_000)
    before = used()
    async with world.site(saying(answer(bomb, b"Content-Encoding: gzip"))) as site:
        codes = await world.refused(world.at(site))
    assert used() - before < 30_000_000
    return codes


def encoded(*names: bytes) -> Builder:
    bomb = gzip.compress(gzip.compress(b"\0" * 20_000_000))
    return raw(*(answer(bomb, b"Content-Encoding: " + name) for name in names))


async def odd_headers(world: World) -> Codes:
    heads = [b"X-A: \xe9t\xe9", *(b"Set-Cookie: c%d=%s" % (n, b"x" * 50) for n in range(100))]
    met = await world.document(feed("Un").partition(b"\r\n\r\n")[2], *heads)
    assert met.titles == ["Un"]
    async with world.site(saying(feed("Un"))) as site:
        await world.http.get(world.at(site))
        assert b"cookie" not in site.requests[0].lower()
    nul = saying(answer(b"x", b"X-Nul: a\x00b"))
    async with world.site(nul) as site:
        with suppress(Exception):  # refused or read; nothing else
            await world.http.get(world.at(site))
    return met.codes


async def bad_tls(world: World) -> Codes:
    now = datetime.now(UTC)
    found = set[Codes]()
    for name, until, oldest in (
        (HOSTILE, now - DAY, False),
        ("other.example", now + DAY, False),
        (HOSTILE, now + DAY, False),
        (HOSTILE, now + DAY, True),
    ):
        context = _context(world.folder / f"{world.number}.pem", name, until)
        if oldest:
            with pytest.warns(DeprecationWarning, match="TLSv1"):
                context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1
        listener = await asyncio.start_server(lambda _r, w: w.close(), "127.0.0.1", 0, ssl=context)
        async with listener:
            port = listener.sockets[0].getsockname()[1]
            found.add(await world.refused(f"https://{HOSTILE}:{port}/"))
    (codes,) = found
    return codes


def _context(path: Path, name: str, until: datetime) -> ssl.SSLContext:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(until - 9 * DAY)
        .not_valid_after(until)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    private = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    path.write_bytes(private + made.public_bytes(pem))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    return context


async def unasked_304(world: World) -> Codes:
    async with world.site(saying(UNCHANGED)) as site:
        met = await world.polled(world.source(world.at(site)))

    async def with_a_body(_head: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 304 Not Modified\r\nContent-Length: 3\r\n\r\n")
        await writer.drain()
        await asyncio.sleep(0.05)
        writer.write(b"odd")

    async with world.site(with_a_body) as site:
        again = await world.polled(world.source(world.at(site)))
    assert met.items == again.items == []
    assert met.row.error == again.row.error == ""
    return met.codes & again.codes


async def lying_tags(world: World) -> Codes:
    bodies = iter(
        [
            feed("Un", tag="1"),
            feed("Un", "Deux", tag="1"),
            feed("Un", "Deux", tag="2"),
            feed("Un", "Deux", tag="3"),
        ]
    )

    async def script(_head: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(next(bodies))

    async with world.site(script) as site:
        name = world.source(world.at(site))
        met = await world.polled(name)
        for _ in range(3):
            met = await world.again(name)
    assert sorted(met.titles) == ["Deux", "Un"]
    return met.codes


async def a_page(world: World) -> Codes:
    page = b"<!doctype html><html><head><title>Just a moment...</title></head><body>login</body></html>"
    met = await world.document(page, b"Content-Type: text/html")
    assert met.entries == []
    return met.codes


async def nothing(world: World) -> Codes:
    async def script(_head: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(feed("Un") if len(site.requests) == 1 else answer(b""))

    async with world.site(script) as site:
        name = world.source(world.at(site))
        await world.polled(name)
        met = await world.again(name)
    assert (met.titles, met.row.error) == (["Un"], "it answered with an empty document")
    return met.codes


BUILDERS: dict[str, Builder] = {
    "F22": gone,
    "F23": missing_for_a_month,
    "F24": waiting(b"429 Too Many", b"Retry-After: 3600"),
    "F25": waiting(
        b"429 Too Many",
        _PAST,
        b"Retry-After: -5",
        b"Retry-After: 999999999",
        b"Retry-After: soon",
        b"X-None: 1",
        wait=timedelta(seconds=1),
    ),
    "F26": waiting(b"503 Busy", b"Retry-After: 3600"),
    "F27": ill_for_a_day,
    "F28": silent,
    "F29": dripping(OK_HEAD + b"Content-Length: 99999\r\n\r\n"),
    "F30": dripping(b"HTTP/1.1 200 OK\r\nX-A: "),
    "F31": half_a_feed,
    "F32": lying_length,
    "F33": endless(OK_HEAD + b"Transfer-Encoding: chunked\r\n\r\n", CHUNK, 200_000_000),
    "F34": endless(OK_HEAD + b"Content-Length: 100000000\r\n\r\n", b"x" * 65_536, 100_000_000),
    "F35": gzip_bomb,
    "F36": encoded(b"gzip, gzip", b"gzip\r\nContent-Encoding: gzip"),
    "F37": encoded(b"br", b"zstd", b"deflate", b"x-unknown"),
    "F38": raw(OK_HEAD + b"".join(b"X-%d: %s\r\n" % (n, b"x" * 60_000) for n in range(50)) + b"\r\n"),
    "F39": odd_headers,
    "F40": bad_tls,
    "F41": unasked_304,
    "F42": lying_tags,
    "F43": a_page,
    "F44": nothing,
}
