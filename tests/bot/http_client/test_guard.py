"""Nothing inside is ever reached: hostile cases F01 to F18, F45."""

import asyncio
import socket
from collections.abc import AsyncIterator, Sequence

import pytest
from aiohttp.abc import AbstractResolver, ResolveResult

from bot.http_client import BadAnswer, HttpClient, RefusedAddress, RefusedUrl, Unreachable
from tests.bot.http_client.servers import Server, answer, redirect, saying, serving


@pytest.fixture
async def http() -> AsyncIterator[HttpClient]:
    client = HttpClient(user_agent="test")
    yield client
    await client.close()


@pytest.fixture
async def inside() -> AsyncIterator[Server]:
    """A listener that must never be reached."""
    async with serving(saying(answer(b"secret")), "127.0.0.2") as server:
        yield server
        assert server.requests == []


class Names(AbstractResolver):
    """A resolver that gives each lookup the next answer of its list, and counts."""

    def __init__(self, *answers: Sequence[str]) -> None:
        self.answers = list(answers)
        self.asked: list[str] = []

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        self.asked.append(host)
        found = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        return [
            ResolveResult(hostname=host, host=a, port=port, family=socket.AF_INET, proto=0, flags=0)
            for a in found
        ]

    async def close(self) -> None:
        self.answers.clear()


@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/passwd",
        "gopher://example.org/",
        "ftp://example.org/x",
        "data:text/plain,x",
        "javascript:alert(1)",
        "unix:///run/x.sock",
        "//example.org/x",
        "example.org",
        "",
        "http://",
        "http:///x",
        "http://exa mple.org/",
        "http://example.org/\r\nHost: evil",
        "http://example.org\\@127.0.0.1/",
        "http://example.org:99999/",
        "http://[::1/",
        "http://example.org/" + "x" * 5000,
    ],
)
async def test_only_readable_web_addresses_are_opened(http: HttpClient, url: str) -> None:
    with pytest.raises(RefusedUrl):
        await http.get(url)


async def test_an_address_with_a_password_is_refused_and_not_echoed(http: HttpClient) -> None:
    with pytest.raises(RefusedUrl) as refusal:
        await http.get("http://user:hunter2@example.org/feed")
    assert "hunter2" not in str(refusal.value)


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "127.0.0.2",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "[::127.0.0.1]",
        "127.1",
        "0x7f.1",
        "2130706433",
        "017700000001",
        "0",
        "localhost",
        "169.254.169.254",
        "192.168.0.1",
        "[fe80::1]",
        "[64:ff9b::7f00:1]",
        "[2002:7f00:1::]",
        "\uff11\uff12\uff17.0.0.1",
    ],
)
async def test_every_spelling_of_an_inside_address_is_refused(
    http: HttpClient, inside: Server, host: str
) -> None:
    with pytest.raises(RefusedAddress):
        await http.get(f"http://{host}:{inside.port}/")


async def test_localhost_with_a_dot_reaches_nothing(http: HttpClient, inside: Server) -> None:
    for host in ("LOCALHOST.", "x.localhost"):  # resolvers differ: some do not know them
        with pytest.raises((RefusedAddress, Unreachable)):
            await http.get(f"http://{host}:{inside.port}/")


async def test_one_private_address_among_public_ones_refuses_the_name() -> None:
    http = HttpClient(user_agent="test", resolver=Names(["93.184.216.34", "127.0.0.1"]))
    with pytest.raises(RefusedAddress):
        await http.get("http://mixed.example/")
    await http.close()


async def test_a_name_is_looked_up_once_and_the_checked_address_is_dialled() -> None:
    names = Names(["127.0.0.1"], ["127.0.0.2"])
    http = HttpClient(user_agent="test", resolver=names, allow_private=["127.0.0.1"])
    async with serving(saying(answer(b"checked"))) as server:
        found = await http.get(f"http://rebind.example:{server.port}/")
    assert (found.body, names.asked) == (b"checked", ["rebind.example"])
    with pytest.raises(RefusedAddress):
        await http.get(f"http://rebind.example:{server.port}/")
    await http.close()


async def test_a_name_that_the_operator_opened_opens_no_other_name() -> None:
    http = HttpClient(user_agent="test", resolver=Names(["127.0.0.1"]), allow_private=["intranet.example"])
    async with serving(saying(answer(b"mine"))) as server:
        assert (await http.get(f"http://intranet.example:{server.port}/")).body == b"mine"
        for host in ("other.example", "127.0.0.1"):
            with pytest.raises(RefusedAddress):
                await http.get(f"http://{host}:{server.port}/")
        assert len(server.requests) == 1
    await http.close()


async def test_a_public_host_is_only_asked_on_the_ports_of_the_web() -> None:
    http = HttpClient(user_agent="test", resolver=Names(["93.184.216.34"]))
    for host in ("public.example", "93.184.216.34"):
        with pytest.raises(RefusedUrl, match="port 6379"):
            await http.get(f"http://{host}:6379/")
    await http.close()


@pytest.mark.parametrize("target", ["http://127.0.0.2:{}/", "http://169.254.169.254/", "http://[::1]:{}/"])
async def test_each_redirect_is_judged_like_the_first_address(inside: Server, target: str) -> None:
    http = HttpClient(user_agent="test", allow_private=["127.0.0.1"])
    async with serving(saying(redirect(target.format(inside.port)))) as server:
        with pytest.raises(RefusedAddress):
            await http.get(server.url())
    await http.close()


@pytest.mark.parametrize("target", ["file:///etc/passwd", "ftp://example.org/", "http://u:p@example.org/"])
async def test_a_redirect_to_what_is_no_web_address_is_refused(target: str) -> None:
    http = HttpClient(user_agent="test", allow_private=["127.0.0.1"])
    async with serving(saying(redirect(target))) as server:
        with pytest.raises(RefusedUrl):
            await http.get(server.url())
    await http.close()


async def test_a_long_chain_of_redirects_stops_and_names_the_limit() -> None:
    http = HttpClient(user_agent="test", allow_private=["127.0.0.1"])

    async def onward(head: bytes, writer: object) -> None:
        number = int(head.split(b" ")[1].strip(b"/") or 0)
        await saying(redirect(f"/{number + 1}"))(head, writer)  # type: ignore[arg-type]  # the same writer

    async with serving(onward) as server:
        with pytest.raises(BadAnswer, match="more than 5 redirects"):
            await http.get(server.url("/0"))
        assert len(server.requests) == 6
    await http.close()


async def test_a_redirect_to_itself_stops_at_once() -> None:
    http = HttpClient(user_agent="test", allow_private=["127.0.0.1"])
    async with serving(saying(redirect("/"))) as server:
        with pytest.raises(BadAnswer, match="circle"):
            await http.get(server.url("/"))
        assert len(server.requests) == 1
    await http.close()


async def test_proxies_of_the_environment_are_ignored(monkeypatch: pytest.MonkeyPatch) -> None:
    http = HttpClient(user_agent="test", allow_private=["127.0.0.1"])
    async with serving(saying(answer(b"proxy"))) as proxy, serving(saying(answer(b"direct"))) as server:
        for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, proxy.url())
        assert (await http.get(server.url())).body == b"direct"
        assert proxy.requests == []
    await http.close()


async def test_a_refused_connection_is_unreachable() -> None:
    http = HttpClient(user_agent="test", allow_private=["127.0.0.1"])
    async with serving(saying(b"")) as server:
        gone = server.url()
    with pytest.raises(Unreachable, match="no connection"):
        await http.get(gone)
    await http.close()


async def test_a_credential_stays_with_the_host_that_it_was_meant_for() -> None:
    http = HttpClient(user_agent="test", allow_private=["127.0.0.1"])
    sent = {"Authorization": "Bearer secret", "Cookie": "a=secret", "X-Key": "secret", "Accept": "text/csv"}
    async with serving(saying(answer(b"there"))) as other:

        async def script(head: bytes, writer: asyncio.StreamWriter) -> None:
            target = other.url() if b"GET /second" in head else "/second"
            writer.write(redirect(target))
            await writer.drain()

        async with serving(script) as own:
            await http.get(own.url("/first"), headers=sent)
            assert [head.count(b"secret") for head in own.requests] == [3, 3]
        (head,) = other.requests
    await http.close()
    assert b"secret" not in head
    assert b"Accept: text/csv" in head
