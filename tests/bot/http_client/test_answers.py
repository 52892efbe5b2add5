"""What comes back is bounded in time, bytes and shape: hostile cases F21, F28 to F39, F41."""

import asyncio
import gzip
import resource
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from bot.http_client import Answer, BadAnswer, FetchError, HttpClient, TooBig, TooSlow, Unreachable
from bot.http_client.gunzip import gunzip
from tests.bot.http_client.servers import answer, endless, redirect, saying, serving

LIMIT = 1_000_000


@pytest.fixture
async def http() -> AsyncIterator[HttpClient]:
    client = HttpClient(
        user_agent="technopolys (+mailto:bot@example.org)",
        allow_private=["127.0.0.1"],
        max_bytes=LIMIT,
        deadline=timedelta(seconds=0.4),
    )
    yield client
    await client.close()


async def read(http: HttpClient, *parts: bytes, then_wait: bool = False) -> Answer:
    async with serving(saying(*parts, then_wait=then_wait)) as server:
        return await http.get(server.url("/feed"))


async def test_an_answer_carries_status_headers_body_and_address(http: HttpClient) -> None:
    async with serving(saying(answer(b"hello", b'ETag: "1"', b"Content-Type: text/xml"))) as server:
        found = await http.get(server.url("/feed"), headers={"If-None-Match": '"0"'})
        head = server.requests[0]
    assert (found.status, found.body, found.url, found.permanent) == (
        200,
        b"hello",
        server.url("/feed"),
        None,
    )
    assert (found.headers["etag"], found.headers["content-type"]) == ('"1"', "text/xml")
    assert b"User-Agent: technopolys (+mailto:bot@example.org)" in head
    assert b"Accept-Encoding: gzip\r\n" in head
    assert b'If-None-Match: "0"' in head


@pytest.mark.parametrize(
    ("statuses", "permanent"),
    [(("301 Moved", "308 Moved"), True), (("301 Moved", "302 Found"), False), (("307 Other",), False)],
)
async def test_a_move_is_permanent_only_when_every_hop_is(
    http: HttpClient, statuses: tuple[str, ...], permanent: bool
) -> None:
    async def onward(head: bytes, writer: asyncio.StreamWriter) -> None:
        step = int(head.split(b" ")[1].strip(b"/"))
        said = redirect(f"/{step + 1}", statuses[step].encode()) if step < len(statuses) else answer(b"end")
        await saying(said)(head, writer)

    async with serving(onward) as server:
        found = await http.get(server.url("/0"))
        assert found.url == server.url(f"/{len(statuses)}")
        assert found.permanent == (found.url if permanent else None)


async def test_cookies_are_neither_kept_nor_carried(http: HttpClient) -> None:
    cookies = [b"Set-Cookie: a%d=secret" % n for n in range(50)]
    async with serving(saying(answer(b"", *cookies, b"Location: /next", status=b"302 Found"))) as server:
        with pytest.raises(FetchError):
            await http.get(server.url("/"))
        assert not any(b"cookie" in head.lower() for head in server.requests)
        assert len(server.requests) == 2


async def test_a_server_that_never_answers_meets_the_deadline(http: HttpClient) -> None:
    with pytest.raises(TooSlow, match=r"within 0\.4 s"):
        await read(http, then_wait=True)


@pytest.mark.parametrize(
    "start", [b"HTTP/1.1 200 OK\r\nContent-Length: 999\r\n\r\n", b"HTTP/1.1 200 OK\r\nX-A: "]
)
async def test_one_byte_at_a_time_meets_the_deadline_too(http: HttpClient, start: bytes) -> None:
    async def drip(_head: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(start)
        for _ in range(100):
            await asyncio.sleep(0.05)
            writer.write(b"x")
            await writer.drain()

    async with serving(drip) as server:
        with pytest.raises(TooSlow):
            await http.get(server.url())


async def test_half_a_body_is_no_answer(http: HttpClient) -> None:
    with pytest.raises(BadAnswer):
        await read(http, b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n" + b"x" * 50)


@pytest.mark.parametrize(
    "headers",
    [
        b"Content-Length: -5",
        b"Content-Length: 5\r\nContent-Length: 7",
        b"X: " + b"y" * 60_000,
        b"\r\n".join(b"X%d: " % n + b"y" * 8_000 for n in range(200)),
    ],
)
async def test_headers_that_lie_or_never_end_are_refused(http: HttpClient, headers: bytes) -> None:
    with pytest.raises(FetchError) as refusal:
        await read(http, b"HTTP/1.1 200 OK\r\n" + headers + b"\r\n\r\nhello")
    assert isinstance(refusal.value, BadAnswer | Unreachable)


async def test_no_more_is_read_than_the_length_says(http: HttpClient) -> None:
    try:
        found = await read(http, b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n" + b"x" * 100_000)
    except BadAnswer:
        return  # the rest was seen before the body was read
    assert found.body == b"x" * 10


async def test_a_body_that_never_ends_is_cut_off(http: HttpClient) -> None:
    async with serving(endless(b"200 OK")) as server:
        with pytest.raises(TooBig, match="1,000,000 bytes"):
            await http.get(server.url())


async def test_a_huge_body_is_not_held_in_memory(http: HttpClient) -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 100000000\r\n\r\n"
    with pytest.raises(TooBig):
        await read(http, head, *[b"x" * 65536] * 1500)
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert grown < 30_000  # kilobytes


async def test_gzip_is_decoded(http: HttpClient) -> None:
    body = gzip.compress(b"first, ") + gzip.compress(b"second")
    assert (await read(http, answer(body, b"Content-Encoding: gzip"))).body == b"first, second"


async def test_a_gzip_bomb_is_bounded_while_decoding(http: HttpClient) -> None:
    bomb = gzip.compress(b"\0" * 50_000_000)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(TooBig, match="once decompressed"):
        await read(http, answer(bomb, b"Content-Encoding: gzip"))
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 30_000


@pytest.mark.parametrize(
    "encoding", [b"gzip, gzip", b"br", b"zstd", b"deflate", b"x-unknown", b"gzip\r\nContent-Encoding: gzip"]
)
async def test_only_one_layer_of_gzip_is_accepted(http: HttpClient, encoding: bytes) -> None:
    with pytest.raises(BadAnswer, match="not asked for"):
        await read(http, answer(gzip.compress(b"x"), b"Content-Encoding: " + encoding))


@pytest.mark.parametrize(
    "body",
    [b"not gzip", gzip.compress(b"x" * 1000)[:-12], b"\x1f\x8b"],
    ids=["no gzip", "cut", "its first bytes"],  # gzip writes the time into its head
)
async def test_damaged_gzip_is_a_bad_answer(http: HttpClient, body: bytes) -> None:
    with pytest.raises(BadAnswer, match="gzip"):
        await read(http, answer(body, b"Content-Encoding: gzip"))


def test_a_body_that_just_fits_is_taken() -> None:
    assert len(gunzip(gzip.compress(b"x" * 1000), 1000)) == 1000
    with pytest.raises(TooBig):
        gunzip(gzip.compress(b"x" * 1001), 1000)


async def test_a_304_is_an_answer_whatever_follows_it(http: HttpClient) -> None:
    async def late(_head: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 304 Not Modified\r\nContent-Encoding: gzip\r\nContent-Length: 3\r\n\r\n")
        await writer.drain()
        await asyncio.sleep(0.05)
        writer.write(b"odd")

    async with serving(late) as server:
        found = await http.get(server.url())
    assert (found.status, found.body) == (304, b"")


@pytest.mark.parametrize(
    "bytes_", [b"\xff\xfe nothing like HTTP\r\n\r\n", b"SSH-2.0-x\r\n", b"HTTP/1.1 abc\r\n\r\n"]
)
async def test_what_is_no_http_is_a_bad_answer(http: HttpClient, bytes_: bytes) -> None:
    with pytest.raises(BadAnswer):
        await read(http, bytes_)


async def test_odd_bytes_in_a_header_harm_nothing(http: HttpClient) -> None:
    found = await read(http, answer(b"ok", b"X-Name: \xe9t\xe9"))
    assert found.body == b"ok"


async def test_a_connection_lost_before_the_answer_is_unreachable(http: HttpClient) -> None:
    with pytest.raises(Unreachable):
        await read(http, b"")


async def test_a_closed_client_opens_again_when_asked(http: HttpClient) -> None:
    assert (await read(http, answer(b"1"))).body == b"1"
    await http.close()
    assert (await read(http, answer(b"2"))).body == b"2"
