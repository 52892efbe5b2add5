"""Signing in at the stand-ins: each is as strict as its network, and a code or a PIN serves once."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import aiohttp
import pytest
from oauthlib.oauth1 import Client

from bot.sandbox.server import Sandbox
from tests.bot.sandbox.conftest import HandClock

X_HOST = "https://api.x.com"
BACK = "https://localhost/"
OOB = "urn:ietf:wg:oauth:2.0:oob"
SCOPES = "read:accounts write:statuses"


@pytest.fixture(name="http")
async def plain_client(sandbox: Sandbox) -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(sandbox.url) as session:
        yield session


async def step(http: aiohttp.ClientSession, name: str, secret: str = "sandbox-key-secret", **how: str) -> str:
    """Take a step on X as an app with this secret; return what X says, after the status."""
    path = f"/oauth/{name}"
    _, headers, _ = Client("sandboxkey", client_secret=secret, **how).sign(
        f"{X_HOST}{path}", http_method="POST"
    )
    async with http.post(path, headers=headers) as answer:
        return f"{answer.status} {await answer.text()}"


async def begun(http: aiohttp.ClientSession) -> dict[str, str]:
    """Begin a sign-in on X; return what signs its second step."""
    fields = parse_qs((await step(http, "request_token", callback_uri="oob")).partition(" ")[2])
    return {
        "resource_owner_key": fields["oauth_token"][0],
        "resource_owner_secret": fields["oauth_token_secret"][0],
    }


async def page(http: aiohttp.ClientSession, path: str, **query: str) -> tuple[int, str]:
    async with http.get(path, params=query, allow_redirects=False) as answer:
        return answer.status, answer.headers.get("Location") or await answer.text()


def copied(of: tuple[int, str]) -> str:
    found = re.search("<code>(.+)</code>", of[1])
    assert found is not None, of
    return found[1]


async def test_x_gives_a_link_to_its_app_alone_and_for_a_pin_alone(http: aiohttp.ClientSession) -> None:
    assert (await step(http, "request_token", "wrong", callback_uri="oob")).startswith("401")
    assert (await step(http, "request_token", callback_uri="https://a.example/")).startswith("403")
    assert (await step(http, "request_token")).startswith("403")
    assert "oauth_callback_confirmed=true" in await step(http, "request_token", callback_uri="oob")


async def test_a_pin_serves_once_for_its_own_link_and_for_five_minutes(
    http: aiohttp.ClientSession, clock: HandClock
) -> None:
    first, second = await begun(http), await begun(http)
    pins = [
        copied(await page(http, "/oauth/authorize", oauth_token=one["resource_owner_key"]))
        for one in (first, second)
    ]
    assert "Invalid oauth_verifier" in await step(http, "access_token", **first, verifier=pins[1])
    assert "user_id=1001" in await step(http, "access_token", **first, verifier=pins[0])
    assert (await step(http, "access_token", **first, verifier=pins[0])).startswith("401")
    clock.forward(timedelta(minutes=5))
    assert (await step(http, "access_token", **second, verifier=pins[1])).startswith("401")


async def test_x_wants_a_person_to_agree_first_and_the_links_own_secret(http: aiohttp.ClientSession) -> None:
    link = await begun(http)
    assert (await step(http, "access_token", **link, verifier="")).startswith("401")
    pin = copied(await page(http, "/oauth/authorize", oauth_token=link["resource_owner_key"]))
    forged = {**link, "resource_owner_secret": "another"}
    assert "Could not authenticate" in await step(http, "access_token", **forged, verifier=pin)
    declined = await begun(http)
    await page(http, "/oauth/authorize", oauth_token=declined["resource_owner_key"], decline="1")
    assert (await page(http, "/oauth/authorize", oauth_token=declined["resource_owner_key"]))[0] == 403


async def registered(http: aiohttp.ClientSession, **other: str) -> tuple[int, dict[str, str]]:
    form = {"client_name": "a bot", "redirect_uris": OOB, "scopes": SCOPES, **other}
    async with http.post("/api/v1/apps", data=form) as answer:
        return answer.status, await answer.json()


@pytest.mark.parametrize("other", [{"client_name": ""}, {"redirect_uris": "no"}, {"scopes": "read fly"}])
async def test_mastodon_registers_no_app_that_does_not_fit(
    http: aiohttp.ClientSession, other: dict[str, str]
) -> None:
    assert (await registered(http, **other))[0] == 422


async def token(http: aiohttp.ClientSession, **form: str) -> tuple[int, str]:
    """Ask Mastodon for a token; return the status, and the token or the error."""
    async with http.post("/oauth/token", data={"grant_type": "authorization_code", **form}) as answer:
        fields = await answer.json()
        return answer.status, fields.get("access_token") or fields["error"]


async def test_a_code_of_mastodon_serves_once_and_its_own_app_alone(http: aiohttp.ClientSession) -> None:
    apps = [(await registered(http))[1] for _ in range(2)]
    ours, other = ({name: app[name] for name in ("client_id", "client_secret")} for app in apps)
    asked = {"client_id": ours["client_id"], "redirect_uri": OOB, "response_type": "code", "scope": SCOPES}
    code = copied(await page(http, "/oauth/authorize", **asked))
    assert await token(http, **other, code=code, redirect_uri=OOB) == (400, "invalid_grant")
    assert await token(http, **ours, code=code, redirect_uri=BACK) == (400, "invalid_grant")
    forged = {**ours, "client_secret": "no"}
    assert await token(http, **forged, code=code, redirect_uri=OOB) == (401, "invalid_client")
    wrong = {**ours, "grant_type": "password"}
    assert await token(http, **wrong, code=code, redirect_uri=OOB) == (400, "unsupported_grant_type")
    assert (await token(http, **ours, code=code, redirect_uri=OOB))[1].startswith("anne-access-")
    assert await token(http, **ours, code=code, redirect_uri=OOB) == (400, "invalid_grant")


@pytest.mark.parametrize(
    ("other", "status"),
    [
        ({"redirect_uri": BACK}, 400),
        ({"scope": "write:media"}, 400),
        ({"client_id": "no"}, 400),
        ({"decline": "1"}, 401),
    ],
)
async def test_mastodon_shows_no_code_for_a_link_that_does_not_fit(
    http: aiohttp.ClientSession, other: dict[str, str], status: int
) -> None:
    app = (await registered(http))[1]
    asked = {"client_id": app["client_id"], "redirect_uri": OOB, "response_type": "code", "scope": SCOPES}
    found = await page(http, "/oauth/authorize", **{**asked, **other})
    assert (found[0], "<code>" in found[1]) == (status, False)


async def led(http: aiohttp.ClientSession, **other: str) -> tuple[int, dict[str, str]]:
    """Agree on LinkedIn; return the status, and what the address holds that it leads to."""
    usual = {
        "client_id": "86sandbox",
        "redirect_uri": BACK,
        "response_type": "code",
        "state": "s",
        "scope": "openid",
    }
    status, address = await page(http, "/oauth/v2/authorization", **{**usual, **other})
    return status, {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}


async def test_linkedin_leads_to_an_address_of_the_app_alone_with_the_state(
    http: aiohttp.ClientSession,
) -> None:
    assert await led(http, redirect_uri="https://evil.example/") == (400, {})
    assert await led(http, client_id="86stranger") == (400, {})
    assert await led(http) == (302, {"code": "AQ-1", "state": "s"})
    for other, error in (
        ({"scope": "w_organization_social"}, "unauthorized_scope_error"),
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"decline": "1"}, "user_cancelled_login"),
    ):
        status, brought = await led(http, **other)
        assert (status, brought["error"], brought["state"]) == (302, error, "s")


async def given(http: aiohttp.ClientSession, **other: str) -> tuple[int, dict[str, str]]:
    usual = {"grant_type": "authorization_code", "client_id": "86sandbox", "client_secret": "app-secret"}
    form = {**usual, "redirect_uri": BACK, **other}
    async with http.post("/oauth/v2/accessToken", data=form) as answer:
        return answer.status, await answer.json()


async def test_a_code_of_linkedin_serves_once_its_own_app_and_address(http: aiohttp.ClientSession) -> None:
    code = (await led(http))[1]["code"]
    assert (await given(http, code=code, redirect_uri="https://bot.example.org/back"))[0] == 400
    assert (await given(http, code=code, client_id="86partner"))[0] == 400
    assert (await given(http, code=code, client_secret="no"))[0] == 401
    assert (await given(http))[0] == 400
    assert sorted((await given(http, code=code))[1]) == ["access_token", "expires_in"]
    assert (await given(http, code=code))[0] == 400


async def test_linkedin_gives_a_partners_app_what_renews(http: aiohttp.ClientSession) -> None:
    code = (await led(http, client_id="86partner"))[1]["code"]
    status, fields = await given(http, code=code, client_id="86partner")
    assert (status, fields["refresh_token"]) == (200, "member-refresh-1")
    renewed = {
        "grant_type": "refresh_token",
        "refresh_token": fields["refresh_token"],
        "client_id": "86partner",
    }
    assert (await given(http, **renewed))[0] == 200
