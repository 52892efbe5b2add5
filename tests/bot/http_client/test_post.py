"""A form goes to where it is meant to go, once, through the same guard; what is answered is not read."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from bot.http_client import BadAnswer, FetchError, HttpClient, RefusedAddress, RefusedUrl, TooSlow
from tests.bot.http_client.servers import answer, endless, redirect, saying, serving

FORM = {"hub.mode": "subscribe", "hub.topic": "https://example.org/é?a=1&b=2"}
SENT = b"hub.mode=subscribe&hub.topic=https%3A%2F%2Fexample.org%2F%C3%A9%3Fa%3D1%26b%3D2"


@pytest.fixture
async def http() -> AsyncIterator[HttpClient]:
    client = HttpClient(user_agent="test", allow_private=["127.0.0.1"], deadline=timedelta(seconds=0.4))
    yield client
    await client.close()


async def test_a_form_arrives_once_as_a_form(http: HttpClient) -> None:
    async with serving(saying(answer(b"thank you", status=b"202 Accepted"))) as server:
        found = await http.post(server.url("/hub"), FORM)
    assert (found.status, found.body) == (202, b"")
    (head,) = server.requests
    assert head.startswith(b"POST /hub HTTP/1.1\r\n")
    assert b"Content-Type: application/x-www-form-urlencoded\r\n" in head
    assert server.bodies == [SENT]


@pytest.mark.parametrize("status", [b"307 Temporary Redirect", b"308 Permanent Redirect"])
async def test_a_form_is_sent_on_where_the_redirect_says_so(http: HttpClient, status: bytes) -> None:
    async def onward(head: bytes, writer: asyncio.StreamWriter) -> None:
        said = redirect("/there", status) if head.startswith(b"POST /here") else answer()
        await saying(said)(head, writer)

    async with serving(onward) as server:
        found = await http.post(server.url("/here"), FORM)
        assert found.url == server.url("/there")
    assert server.bodies == [SENT, SENT]


@pytest.mark.parametrize("status", [b"301 Moved", b"302 Found", b"303 See Other"])
async def test_every_other_redirect_is_refused(http: HttpClient, status: bytes) -> None:
    async with serving(saying(redirect("/there", status))) as server:
        with pytest.raises(BadAnswer, match="where a form is not sent on"):
            await http.post(server.url("/here"), FORM)
    assert len(server.requests) == 1


async def test_a_form_never_reaches_what_is_inside(http: HttpClient) -> None:
    async with serving(saying(answer()), "127.0.0.2") as inside:
        with pytest.raises(RefusedAddress):
            await http.post(inside.url(), FORM)
        async with serving(saying(redirect(inside.url(), b"307 Temporary Redirect"))) as server:
            with pytest.raises(RefusedAddress):
                await http.post(server.url(), FORM)
    assert inside.requests == []


@pytest.mark.parametrize("url", ["ftp://hub.example/", "https://u:p@hub.example/", "hub.example", ""])
async def test_only_web_addresses_are_posted_to(http: HttpClient, url: str) -> None:
    with pytest.raises(RefusedUrl):
        await http.post(url, FORM)


async def test_a_host_that_says_nothing_meets_the_deadline(http: HttpClient) -> None:
    async with serving(saying(then_wait=True)) as server:
        with pytest.raises(TooSlow):
            await http.post(server.url(), FORM)
    assert len(server.requests) == 1


async def test_a_connection_that_is_cut_is_an_error_and_nothing_is_sent_twice(http: HttpClient) -> None:
    async with serving(saying(b"")) as server:
        with pytest.raises(FetchError):
            await http.post(server.url(), FORM)
    assert len(server.requests) == 1


async def test_an_answer_without_end_is_not_waited_for(http: HttpClient) -> None:
    async with serving(endless(b"500 Oh")) as server:
        assert (await http.post(server.url(), FORM)).status == 500


async def test_links_of_several_headers_are_all_there(http: HttpClient) -> None:
    links = (b'Link: <https://hub.example/>; rel="hub"', b'Link: </feed>; rel="self"')
    async with serving(saying(answer(b"", *links))) as server:
        found = await http.get(server.url())
    assert found.headers["link"] == '<https://hub.example/>; rel="hub", </feed>; rel="self"'
