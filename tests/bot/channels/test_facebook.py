"""Facebook's own rules: pictures or a card, reading back, errors by their codes, whose token it is."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from pydantic import ValidationError

from bot.channels.facebook import NETWORK
from bot.channels.network import Wiring
from bot.message import (
    Channel,
    ChannelError,
    Consent,
    Deletes,
    Frozen,
    Image,
    LockedOut,
    Message,
    Picture,
    Progress,
    Receipt,
    Recent,
    Refused,
    TryLater,
    Uncertain,
)
from bot.sandbox.faults import Fault
from bot.sandbox.server import Sandbox
from bot.secret import Secret
from tests.bot.channels import contract as c
from tests.bot.channels import server as s

LINKED = replace(c.message("facebook"), link="https://example.org/a")
DAY = timedelta(days=1)


@pytest.fixture(name="sandbox")
async def running_sandbox() -> AsyncIterator[Sandbox]:
    made = Sandbox(lambda: c.NOW, accounts={"facebook.com/42": "Les vagues"})
    await made.start()
    yield made
    await made.stop()


def channel(api: str, token: str = "42-canary", **further: str) -> Channel:
    """A channel that reads every picture as the same small PNG."""

    async def picture(_digest: str) -> Image | None:
        return Image(c.PNG, "image/png", 800, 450)

    wiring = Wiring(
        name="facebook-fr",
        options=NETWORK.options.model_validate({"page": "42"}),
        secrets={name: Secret(value) for name, value in {"PAGE_TOKEN": token, **further}.items()},
        api=api,
        clock_now=lambda: c.NOW,
        deadline=c.PATIENT,
        pause=timedelta(0),
        picture=picture,
    )
    return NETWORK.connect(wiring)


async def frozen(of: Channel, what: Message, known: Mapping[str, str] | None = None) -> Frozen:
    """Prepare a post, with what an earlier try has kept."""
    made = await of.prepare(what, Progress("k1", known or {}), c.NOW)
    assert isinstance(made, Frozen)
    return made


def told(code: int, subcode: int = 0, message: str = "No", **more: object) -> dict[str, object]:
    """An error as the Graph API words it."""
    return {"error": {"message": message, "code": code, "error_subcode": subcode, **more}}


async def outcome(
    status: int, body: object, headers: Mapping[str, str] | None = None
) -> Receipt | ChannelError:
    async with s.misbehaving(s.answering_json(status, body, headers)) as server:
        return await c.outcome_of(channel(server.url), "facebook")


@pytest.mark.parametrize(
    ("code", "subcode", "error"),
    [
        (1, 0, Uncertain),
        (2, 0, Uncertain),
        (4, 0, TryLater),
        (32, 0, TryLater),
        (613, 0, TryLater),
        (100, 1390008, TryLater),
        (368, 0, TryLater),
        (10, 0, LockedOut),
        (200, 0, LockedOut),
        (299, 0, LockedOut),
        (190, 460, LockedOut),
        (803, 0, LockedOut),
        (2635, 0, LockedOut),
        (100, 33, LockedOut),
        (100, 1404078, LockedOut),
        (100, 4854002, LockedOut),
        (100, 0, Refused),
        (100, 1609008, Refused),
        (506, 1455006, Refused),
        (300, 0, Refused),
    ],
)
@pytest.mark.parametrize("status", [400, 403])
async def test_an_error_is_told_by_its_code_and_not_by_its_status(
    status: int, code: int, subcode: int, error: type[ChannelError]
) -> None:
    got = await outcome(status, told(code, subcode))
    assert isinstance(got, ChannelError)
    assert isinstance(got, error), got.reason
    assert f"({code}/{subcode})" in got.reason or f"({code})" in got.reason


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (told(190, 460), "the password was changed: make a new token"),
        (told(190, 463), "the token has expired: make a new one"),
        (told(2635), r"set a later `version` \(v25.0 is over\)"),
        (told(100, message="API calls from the server require an appsecret_proof argument"), "app secret"),
    ],
)
async def test_a_lock_out_names_the_way_out(body: object, words: str) -> None:
    got = await outcome(400, body)
    with pytest.raises(LockedOut, match=words):
        raise got if isinstance(got, ChannelError) else AssertionError(got)


async def test_what_may_pass_is_uncertain_and_a_repeat_said_as_a_block_is_refused() -> None:
    assert isinstance(await outcome(400, told(300, is_transient=True)), Uncertain)
    assert isinstance(await outcome(400, told(368, message="You've already posted this")), Refused)


async def test_a_wait_is_as_long_as_facebook_says() -> None:
    usage = json.dumps({"42": [{"estimated_time_to_regain_access": 9}, {"call_count": 1}], "7": "x"})
    for headers, wait in ({"X-Business-Use-Case-Usage": usage}, 9), ({"X-Business-Use-Case-Usage": "["}, 15):
        got = await outcome(400, told(32), headers)
        assert isinstance(got, TryLater)
        assert got.after == timedelta(minutes=wait)
    blocked = await outcome(400, told(368))
    assert isinstance(blocked, TryLater)
    assert blocked.after == DAY


async def test_a_link_becomes_a_card_and_pictures_go_out_without_one(sandbox: Sandbox) -> None:
    made = channel(sandbox.url)
    await made.publish(await frozen(made, LINKED))
    pictures = tuple(Picture("", f"Un phare, {number}", f"d{number}") for number in range(3))
    await made.publish(await frozen(made, replace(LINKED, pictures=pictures)))
    linked, pictured = sandbox.timeline()
    assert (linked.link, linked.media) == (LINKED.link, ())
    assert (pictured.link, [one.alt for one in pictured.media]) == (None, [one.alt for one in pictures])
    await made.close()


async def test_a_picture_that_was_uploaded_is_not_uploaded_again(sandbox: Sandbox) -> None:
    made, saved = channel(sandbox.url), dict[str, str]()

    async def save(pairs: Mapping[str, str]) -> None:
        saved.update(pairs)

    what = replace(c.message("facebook"), pictures=(Picture("", "Un phare", "d1"),))
    first = await made.prepare(what, Progress("k1", {}, save), c.NOW)
    sandbox.misbehave(Fault("facebook", "500", 9, "upload"))
    assert await frozen(made, what, saved) == first
    with pytest.raises(TryLater):  # other words belong to another upload
        await frozen(made, replace(what, pictures=(Picture("", "Une digue", "d1"),)), saved)
    await made.close()


async def test_a_post_whose_answer_was_lost_is_found(sandbox: Sandbox) -> None:
    made = channel(sandbox.url)
    once = await frozen(made, LINKED)
    assert await made.find(once, c.NOW, ()) is None
    sandbox.misbehave(Fault("facebook", "cut-after"))
    with pytest.raises(Uncertain):
        await made.publish(once)
    (posted,) = sandbox.timeline()
    assert await made.find(once, c.NOW, ()) == Receipt(posted.id, posted.url)
    assert await made.find(once, c.NOW, (posted.id,)) is None
    assert await made.find(once, c.NOW + timedelta(minutes=3), ()) is None
    await made.close()


async def test_recent_reads_every_page_of_posts_without_following_an_address(sandbox: Sandbox) -> None:
    made = channel(sandbox.url)
    for number in range(120):
        await made.publish(await frozen(made, c.message("facebook", f"Vague {number}")))
    assert isinstance(made, Recent)
    assert {seen.text for seen in await made.recent(c.NOW)} == {f"Vague {number}" for number in range(120)}
    assert await made.recent(c.NOW + DAY) == []
    await made.close()


async def test_the_page_signs_in_with_its_own_token(sandbox: Sandbox) -> None:
    made = channel(sandbox.url)
    account = await made.check()
    assert (account.id, account.name, account.missing, account.days_left) == ("42", "Les vagues", (), None)
    assert account.consent == "the app Les vagues"
    await made.close()


@pytest.mark.parametrize(("token", "whose"), [("person-canary", "Anne Vague"), ("43-canary", "Page 43")])
async def test_a_persons_token_and_another_pages_are_told(sandbox: Sandbox, token: str, whose: str) -> None:
    made = channel(sandbox.url, token)
    (line,) = (await made.check()).missing
    assert f"this one is of {whose}" in line
    assert "/me/accounts" in line
    with pytest.raises(LockedOut):
        await made.publish(await frozen(made, LINKED))
    await made.close()


def seen_by(token: object, posts: object = None) -> s.Behaviour:
    """A server to which the page signs in; ``token`` is what it says of the token, None where it refuses."""
    about = s.answering_json(400, told(100)) if token is None else s.answering_json(200, {"data": token})
    return s.by_path(
        {
            "/me?": s.answering_json(200, {"id": "42", "name": "Les vagues"}),
            "/debug_token": about,
            "/published_posts": s.answering_json(200, posts or {"data": []}),
        }
    )


@pytest.mark.parametrize(
    ("token", "lines"),
    [
        ({"scopes": ["pages_read_engagement"]}, ["the scope pages_manage_posts: nothing can be posted"]),
        (
            {
                "scopes": ["pages_read_engagement", "pages_manage_posts"],
                "granular_scopes": [{"scope": "pages_manage_posts", "target_ids": ["7"]}, "?"],
            },
            ["the scope pages_manage_posts for this page: nothing can be posted"],
        ),
        ({"scopes": "?"}, []),
        (None, []),
    ],
)
async def test_a_scope_that_is_missing_is_named(token: object, lines: list[str]) -> None:
    async with s.misbehaving(seen_by(token)) as server:
        made = channel(server.url)
        assert list((await made.check()).missing) == lines
        await made.close()


async def test_posts_that_cannot_be_read_are_told_where_the_token_tells_nothing() -> None:
    server_says = s.by_path(
        {
            "/me?": s.answering_json(200, {"id": "42", "name": "Les vagues"}),
            "/published_posts": s.answering_json(400, told(10)),
            "/debug_token": s.answering_json(400, told(100)),
        }
    )
    async with s.misbehaving(server_says) as server:
        made = channel(server.url)
        (line,) = (await made.check()).missing
        assert "pages_read_engagement" in line
        await made.close()


@pytest.mark.parametrize(
    ("ends", "days"),
    [((0, 0), None), ((0, 9), 9), ((3, 9), 3), ((-2, 9), 0), ((None, True), None)],
)
async def test_the_days_that_are_left_are_those_of_the_token_or_of_its_data(
    ends: tuple[int | None, int], days: int | None
) -> None:
    names = ("expires_at", "data_access_expires_at")
    moments = {
        name: int((c.NOW + DAY * day).timestamp()) if day and day is not True else day
        for name, day in zip(names, ends, strict=True)
    }
    async with s.misbehaving(seen_by({"scopes": ["pages_manage_posts"], **moments})) as server:
        made = channel(server.url)
        assert (await made.check()).days_left == (days if days != 0 else 0)
        await made.close()


async def test_the_end_of_its_consent_is_told_where_facebook_tells_it() -> None:
    end = c.NOW + 9 * DAY
    for token, until in ({"expires_at": int(end.timestamp())}, end), ({}, None), (None, None):
        async with s.misbehaving(seen_by(token)) as server:
            made = channel(server.url)
            assert isinstance(made, Consent)
            assert await made.consent_until() == until
            await made.close()


async def test_a_list_that_is_none_is_asked_for_again_later() -> None:
    strange = {"data": [{"id": "42_7"}, {"id": "../", "created_time": "2026-11-22T12:00:00+0000"}, 7]}
    async with s.misbehaving(seen_by({}, strange)) as server:
        made = channel(server.url)
        assert isinstance(made, Recent)
        assert await made.recent(datetime(2026, 1, 1, tzinfo=UTC)) == []
        await made.close()
    async with s.misbehaving(s.answering_json(400, told(100))) as server:
        made = channel(server.url)
        assert isinstance(made, Recent)
        with pytest.raises(TryLater):
            await made.recent(c.NOW)
        await made.close()


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"page": "technopolys"}, "page"),
        ({"page": "42", "version": "25"}, "version"),
        ({"page": "42", "news": "page"}, 'news = "page" needs own_page'),
        ({"page": "42", "news_domains": ["https://lapresse.ca"]}, "is no domain"),
    ],
)
def test_an_option_that_cannot_be_is_named(options: Mapping[str, object], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        NETWORK.options.model_validate(options)


async def test_with_the_apps_secret_every_call_is_proved_to_come_from_the_app(sandbox: Sandbox) -> None:
    made, wrong = channel(sandbox.url, APP_SECRET="app-secret"), channel(sandbox.url, APP_SECRET="canary-no")
    assert (await made.check()).missing == ()
    receipt = await made.publish(await c.frozen_post(made, "facebook"))
    assert isinstance(made, Deletes)
    await made.delete(receipt.remote_id)
    assert sandbox.timeline() == []
    with pytest.raises(ChannelError, match="Invalid appsecret_proof") as caught:
        await wrong.publish(await c.frozen_post(wrong, "facebook"))
    assert c.CANARY not in c.told_by(caught.value)
    await made.close()
    await wrong.close()


async def test_without_it_no_proof_is_sent_and_with_it_on_every_call() -> None:
    for further, expected in (({}, False), ({"APP_SECRET": "app-secret"}, True)):
        async with s.misbehaving(s.answering(200, b'{"id": "42_7"}')) as server:
            made = channel(server.url, **further)
            await made.publish(await c.frozen_post(made, "facebook"))
            assert isinstance(made, Deletes)
            await made.delete("42_7")
            await made.close()
        assert [b"appsecret_proof=" in bytes(str(one.head), "utf-8") for one in server.requests] == [
            expected
        ] * 2
