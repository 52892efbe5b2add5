"""Builders of the cases F that are addresses: spellings, names, redirects and proxies that lead inside."""

import asyncio
import os
from datetime import timedelta

import pytest

from tests.bot.hostile.world import Builder, Codes, World
from tests.bot.http_client.servers import redirect, saying
from tests.bot.runtime.sites import feed

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
OK_HEAD = b"HTTP/1.1 200 OK\r\n"
CHUNK = b"%x\r\n%s\r\n" % (60_000, b"x" * 60_000)
_PAST = b"Retry-After: Sun, 01 Mar 2020 14:00:00 GMT"


async def all_refused(world: World, *urls: str) -> Codes:
    """Every address is refused, for the same reason."""
    codes = [await world.refused(url) for url in urls]
    assert len(set(codes)) == 1, dict(zip(urls, codes, strict=True))
    return codes[0]


def inside(*hosts: str) -> Builder:
    """Addresses of the listener that nobody may reach."""

    async def build(world: World) -> Codes:
        return await all_refused(world, *(f"http://{host}:{world.inside.port}/" for host in hosts))

    return build


def urls(*addresses: str) -> Builder:
    async def build(world: World) -> Codes:
        return await all_refused(world, *addresses)

    return build


def networks(*addresses: str) -> Builder:
    return urls(*(f"http://{one}/" for one in addresses))


async def userinfo(world: World) -> Codes:
    codes = await world.refused("http://user:hunter2@good.example/feed")
    assert "hunter2" not in str(await world.error("http://user:hunter2@good.example/feed"))
    return codes


async def mixed_name(world: World) -> Codes:
    world.names.known["mixed.example"] = [["93.184.216.34", "127.0.0.1"]]
    return await world.refused("http://mixed.example/")


async def rebinding(world: World) -> Codes:
    """Public first, inside second: one look-up a hop, and the second answer is judged like the first."""
    world.names.known["rebind.example"] = [["127.0.0.1"]]
    before = world.names.asked.count("rebind.example")
    await world.error("http://rebind.example/")
    assert world.names.asked.count("rebind.example") == before + 1
    return await world.refused("http://rebind.example/")


def led_to(target: str) -> Builder:
    async def build(world: World) -> Codes:
        async with world.site(saying(redirect(target.format(world.inside.port)))) as site:
            return await world.refused(world.at(site))

    return build


async def chain(world: World) -> Codes:
    async def onward(head: bytes, writer: asyncio.StreamWriter) -> None:
        number = int(head.split(b" ")[1].strip(b"/") or 0)
        writer.write(redirect(f"http://h{number}.example:{site.port}/{number + 1}"))

    async with world.site(onward) as site:
        for number in range(8):
            world.names.known[f"h{number}.example"] = [["127.0.0.1"]]
        # only the first host is opened: on a path of ours the limit is met before
        error = await world.error(world.at(site, "/0"))
        assert "not on the public internet" in str(error)

    async def here(head: bytes, writer: asyncio.StreamWriter) -> None:
        number = int(head.split(b" ")[1].strip(b"/") or 0)
        writer.write(redirect(f"/{number + 1}"))

    async with world.site(here) as site:
        codes = await world.refused(world.at(site, "/0"))
        assert len(site.requests) == 12
        assert "more than 5 redirects" in str(await world.error(world.at(site, "/0")))
    return codes


async def circle(world: World) -> Codes:
    async with world.site(saying(redirect("/feed"))) as site:
        codes = await world.refused(world.at(site))
        assert len(site.requests) == 2
    return codes


async def moved_for_good(world: World) -> Codes:
    async def moving(head: bytes, writer: asyncio.StreamWriter) -> None:
        old = head.startswith(b"GET /feed ")
        writer.write(redirect("/new", b"301 Moved Permanently") if old else feed("Un"))

    async with world.site(moving) as site:
        name = world.source(world.at(site))
        met = await world.polled(name)
        assert met.row.address == ""
        await world.again(name, 2 * HOUR)
        assert (await world.again(name, 2 * HOUR)).row.address == ""
        met = await world.again(name, DAY)
        assert met.row.address == world.at(site, "/new")
        asked = sum(head.startswith(b"GET /feed ") for head in site.requests)
        met = await world.again(name)
        assert sum(head.startswith(b"GET /feed ") for head in site.requests) == asked
        assert met.titles == ["Un"]
    return met.codes


async def downgrade(world: World) -> Codes:
    """The guard's own rule, asked of the hop itself: a real https server stands in F40."""
    from yarl import URL

    from bot.http_client import RefusedUrl, _Hop

    with pytest.raises(RefusedUrl, match="from https to http"):
        _Hop(URL("https://hostile.example/")).next("http://hostile.example/", permanent=True)
    assert world.number == 0 or world.met("good").row.error == ""
    return frozenset({"HELD"})


async def credentials(world: World) -> Codes:
    async with world.site(saying(feed("Un"))) as second:

        async def away(_head: bytes, writer: asyncio.StreamWriter) -> None:
            writer.write(redirect(world.at(second, host="good.example")))

        async with world.site(away) as first:
            secret = {"Authorization": "Bearer canary", "Cookie": "a=canary"}
            await world.http.get(world.at(first), headers=secret)
            met = await world.polled(world.source(world.at(first)))
        assert b"canary" in first.requests[0]
        assert all(b"canary" not in head for head in second.requests)
    return met.codes


async def environment_proxy(world: World) -> Codes:
    with pytest.MonkeyPatch.context() as patch:
        for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "all_proxy", "ALL_PROXY"):
            patch.setenv(name, f"http://127.0.0.1:{world.inside.port}")
        met = await world.document(feed("Un").partition(b"\r\n\r\n")[2])
        assert met.titles == ["Un"]
        assert os.environ["HTTP_PROXY"]
        return await world.refused(f"http://127.0.0.1:{world.inside.port}/")


BUILDERS: dict[str, Builder] = {
    "F01": urls("file:///etc/passwd"),
    "F02": urls(
        "gopher://a.example/",
        "ftp://a.example/",
        "data:text/plain,x",
        "javascript:alert(1)",
        "unix:///run/x",
        "//good.example/x",
    ),
    "F03": userinfo,
    "F04": inside("127.0.0.1"),
    "F05": inside("[::1]"),
    "F06": inside("[::ffff:127.0.0.1]", "[::ffff:7f00:1]"),
    "F07": inside("127.1", "0x7f.1", "2130706433", "017700000001", "0"),
    "F08": inside("localhost", "LOCALHOST"),
    "F09": urls("http://169.254.169.254/latest/meta-data/"),
    "F10": networks(
        "10.0.0.1",
        "172.16.0.1",
        "192.168.1.1",
        "100.64.0.1",
        "192.0.0.192",
        "198.18.0.1",
        "224.0.0.1",
        "240.0.0.1",
        "255.255.255.255",
        "192.88.99.1",
        "0.1.2.3",
    ),
    "F11": networks(
        "[fe80::1]",
        "[fc00::1]",
        "[fec0::1]",
        "[ff02::1]",
        "[::]",
        "[::127.0.0.1]",
        "[64:ff9b::7f00:1]",
        "[64:ff9b:1::1]",
        "[2002:7f00:1::]",
        "[2001::1]",
        "[5f00::1]",
    ),
    "F12": mixed_name,
    "F13": rebinding,
    "F14": led_to("http://127.0.0.1:{}/"),
    "F15": led_to("http://169.254.169.254/"),
    "F16": led_to("file:///etc/passwd"),
    "F17": chain,
    "F18": circle,
    "F19": moved_for_good,
    "F20": downgrade,
    "F21": credentials,
    "F45": environment_proxy,
}
