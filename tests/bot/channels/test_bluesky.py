"""Bluesky's own rules: the session, the record, its facets and pictures, reading back."""

from __future__ import annotations

import base64
import json
from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.channels.bluesky import NETWORK
from bot.channels.bluesky_text import facets, record_key
from bot.channels.network import InMemory, Wiring
from bot.message import (
    Channel,
    ChannelError,
    Frozen,
    Image,
    LockedOut,
    Message,
    Picture,
    Progress,
    Receipt,
    TryLater,
)
from bot.sandbox.faults import Fault
from bot.sandbox.server import Sandbox
from bot.secret import Secret
from tests.bot.channels import contract as c
from tests.bot.channels import server as s
from tests.bot.channels.standins.bluesky import STAND_IN


@pytest.fixture(name="sandbox")
async def running_sandbox() -> AsyncIterator[Sandbox]:
    made = Sandbox(lambda: c.NOW, accounts={"lesvagues.example": "Les vagues", "ami.example": "Un ami"})
    await made.start()
    yield made
    await made.stop()


def channel(api: str, kept: InMemory | None = None) -> Channel:
    """A channel that reads every picture as the same small PNG."""

    async def picture(_digest: str) -> Image:
        return Image(c.PNG, "image/png", 800, 450)

    wiring = Wiring(
        name="bluesky-fr",
        options=NETWORK.options.model_validate(STAND_IN.options),
        secrets={"APP_PASSWORD": Secret("canary-password")},
        api=api,
        clock_now=lambda: c.NOW,
        deadline=c.PATIENT,
        pause=timedelta(0),
        picture=picture,
        kept=kept or InMemory(),
    )
    return NETWORK.connect(wiring)


def message(text: str, **more: object) -> Message:
    return replace(c.message("bluesky", text), **more)  # type: ignore[arg-type]  # a message's own fields


async def frozen(of: Channel, what: Message, key: str = "k1") -> Frozen:
    made = await of.prepare(what, Progress(key), c.NOW)
    assert isinstance(made, Frozen)
    return made


def record(made: Frozen) -> Mapping[str, Any]:
    found: Mapping[str, Any] = json.loads(made.body)["record"]
    return found


def marked(text: str, facet: Mapping[str, Any]) -> str:
    """What a facet covers, cut out of the bytes as a reader's program does."""
    index = facet["index"]
    return text.encode()[index["byteStart"] : index["byteEnd"]].decode()


def test_links_tags_and_mentions_are_marked_by_bytes() -> None:
    text = "Été 👩‍👩‍👧 https://example.org/é #CôteNord par @ami.example et @inconnu.example README.md"
    found = facets(text, "", {"ami.example": "did:plc:a"})
    assert [(marked(text, one), one["features"][0]) for one in found] == [
        ("https://example.org/é", {"$type": "app.bsky.richtext.facet#link", "uri": "https://example.org/é"}),
        ("#CôteNord", {"$type": "app.bsky.richtext.facet#tag", "tag": "CôteNord"}),
        ("@ami.example", {"$type": "app.bsky.richtext.facet#mention", "did": "did:plc:a"}),
    ]


def test_our_own_link_is_marked_though_it_has_no_domain_and_its_hash_is_no_tag() -> None:
    text = "Lire http://127.0.0.1:8080/a#suite"
    assert [marked(text, one) for one in facets(text, "http://127.0.0.1:8080/a#suite", {})] == [
        "http://127.0.0.1:8080/a#suite"
    ]


@given(
    st.text(max_size=80), st.sampled_from(["#été", "https://example.org/é?b=1", "@ami.example"]), st.text()
)
def test_marks_lie_between_whole_characters_and_never_overlap(before: str, mark: str, after: str) -> None:
    text = f"{before} {mark} {after}".encode("utf-8", "ignore").decode()
    found = facets(text, "", {"ami.example": "did:plc:a"})
    spans = [(one["index"]["byteStart"], one["index"]["byteEnd"]) for one in found]
    assert all(marked(text, one) for one in found)
    assert all(end <= start for (_, end), (start, _) in pairwise(spans))


def test_keys_sort_by_time_and_differ_by_post() -> None:
    later = c.NOW + timedelta(milliseconds=1)
    keys = [record_key(f"k{number}", c.NOW) for number in range(200)]
    assert len(set(keys)) == 200
    assert max(keys) < min(record_key(f"k{number}", later) for number in range(200))
    assert all(len(key) == 13 for key in keys)


@pytest.mark.parametrize(
    ("text", "length"),
    [("é" * 300, 300), ("👨‍👩‍👧‍👦" * 120, 120), ("👨‍👩‍👧‍👦" * 121, 303), ("a" * 301, 301), ("नमस्ते", 3)],
)
def test_it_counts_graphemes_and_minds_the_bytes(text: str, length: int) -> None:
    limits = NETWORK.limits(NETWORK.options.model_validate(STAND_IN.options))
    assert limits.measure(text) == length
    assert (length > limits.maximum) == (len(text.encode()) > 3000 or length > 300)


async def test_a_record_has_its_moment_its_language_and_no_facet_without_need(sandbox: Sandbox) -> None:
    made = channel(sandbox.url)
    assert record(await frozen(made, message("Bonjour"))) == {
        "$type": "app.bsky.feed.post",
        "text": "Bonjour",
        "createdAt": "2026-11-22T12:00:00.000Z",
        "langs": ["fr"],
    }
    await made.close()


async def test_pictures_go_out_with_alt_text_and_are_uploaded_once(sandbox: Sandbox) -> None:
    made, saved = channel(sandbox.url), dict[str, str]()

    async def save(pairs: Mapping[str, str]) -> None:
        saved.update(pairs)

    what = message(
        "Un phare", pictures=(Picture("", "Un phare, la nuit.", "d1"),), link="https://example.org/"
    )
    await made.prepare(what, Progress("k1", {}, save), c.NOW)
    assert list(saved) == ["blob d1"]
    sandbox.misbehave(Fault("bluesky", "500", 9, "uploadblob"))
    again = await made.prepare(what, Progress("k1", saved, save), c.NOW)
    assert isinstance(again, Frozen)
    (image,) = record(again)["embed"]["images"]
    assert (image["alt"], image["aspectRatio"]) == ("Un phare, la nuit.", {"width": 800, "height": 450})
    assert isinstance(await made.publish(again), Receipt)
    assert [one.alt for one in sandbox.timeline()[0].media] == ["Un phare, la nuit."]
    await made.close()


async def test_a_link_has_a_card_with_its_words_and_its_picture(sandbox: Sandbox) -> None:
    made = channel(sandbox.url)
    what = message(
        "Le phare\n\nhttps://example.org/phare",
        link="https://example.org/phare",
        title="Le phare",
        summary="Il parle aux baleines.",
        pictures=(Picture("", "", "d2", card=True),),
    )
    await made.publish(await frozen(made, what))
    (post,) = sandbox.timeline()
    assert post.card is not None
    assert (post.card.words, post.card.under, post.link) == (
        "Le phare",
        "Il parle aux baleines.",
        "https://example.org/phare",
    )
    assert post.card.picture is not None
    assert post.card.picture.content == c.PNG
    assert post.media == ()
    await made.close()


async def test_a_partner_that_is_there_is_mentioned_and_a_stranger_stays_words(sandbox: Sandbox) -> None:
    made = channel(sandbox.url)
    found = record(await frozen(made, message("Avec @ami.example et @personne.example")))["facets"]
    assert [one["features"][0]["$type"].rpartition("#")[2] for one in found] == ["mention"]
    await made.close()


async def test_the_same_key_twice_is_one_post_and_it_is_found(sandbox: Sandbox) -> None:
    made = channel(sandbox.url)
    once = await frozen(made, message("Une fois"))
    assert await made.find(once, c.NOW, ()) is None
    receipt = await made.publish(once)
    with pytest.raises(ChannelError) as told:
        await made.publish(once)
    assert "500" in told.value.reason
    assert await made.find(once, c.NOW, ()) == receipt
    assert len(sandbox.timeline()) == 1
    other = Frozen(once.body.replace(b"Une fois", b"Autrement"), "k1")
    with pytest.raises(ChannelError, match="another record"):
        await made.find(other, c.NOW, ())
    await made.close()


async def test_a_session_is_kept_from_one_start_to_the_next(sandbox: Sandbox) -> None:
    kept = InMemory()
    for _ in range(2):
        made = channel(sandbox.url, kept)
        await made.check()
        await made.close()
        sandbox.misbehave(Fault("bluesky", "401", 1, "createsession"))
    assert (await kept.load())["handle"] == "lesvagues.example"


async def test_a_session_near_its_end_is_refreshed_and_a_lost_one_signed_in_for_again(
    sandbox: Sandbox,
) -> None:
    kept = InMemory()
    first = channel(sandbox.url, kept)
    await first.check()
    values = dict(await kept.load())
    await first.close()
    ended = base64.urlsafe_b64encode(json.dumps({"exp": c.NOW.timestamp() + 60}).encode()).decode()
    await kept.save({**values, "access": f"a.{ended}.c"})
    second = channel(sandbox.url, kept)
    sandbox.misbehave(Fault("bluesky", "401", 1, "createsession"))  # it must not be needed
    await second.check()
    assert (await kept.load())["refresh"] != values["refresh"]
    await second.close()
    await kept.save({**values, "access": f"a.{ended}.c", "refresh": "gone"})
    third = channel(sandbox.url, kept)
    with pytest.raises(LockedOut):
        await third.check()  # here the fault is met: it did sign in
    await third.check()
    await third.close()


async def test_it_never_signs_in_more_often_than_a_third_of_what_is_allowed() -> None:
    async with s.misbehaving(s.answering_json(200, {"did": "nobody"})) as server:
        made = channel(server.url)
        told = []
        for _ in range(14):
            with pytest.raises(TryLater) as error:
                await made.check()
            told.append(error.value.after)
        await made.close()
    assert len(server.requests) == 10
    assert told[-1] == timedelta(minutes=5)


async def test_an_access_token_that_is_refused_puts_nothing_out_and_is_renewed(sandbox: Sandbox) -> None:
    kept = InMemory()
    made = channel(sandbox.url, kept)
    once = await frozen(made, message("Encore"))
    values = dict(await kept.load())
    await made.close()
    await kept.save({**values, "access": "not.a.token"})
    made = channel(sandbox.url, kept)
    with pytest.raises(TryLater, match="the session had ended"):
        await made.publish(once)
    assert isinstance(await made.publish(once), Receipt)
    await made.close()


@pytest.mark.parametrize("code", ["AccountTakedown", "AuthFactorTokenRequired", "AccountDeactivated"])
async def test_codes_that_speak_of_the_account_lock_it_out(code: str) -> None:
    async with s.misbehaving(s.answering_json(400, {"error": code, "message": "no"})) as server:
        outcome = await c.outcome_of(c.channel_on(NETWORK, STAND_IN, server.url), "bluesky")
    assert isinstance(outcome, LockedOut)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [({"RateLimit-Reset": str(int(c.NOW.timestamp()) + 90)}, 90), ({"Retry-After": "7"}, 7)],
)
async def test_a_429_says_when(headers: Mapping[str, str], seconds: int) -> None:
    async with s.misbehaving(s.answering_json(429, {"error": "RateLimitExceeded"}, headers)) as server:
        outcome = await c.outcome_of(c.channel_on(NETWORK, STAND_IN, server.url), "bluesky")
    assert isinstance(outcome, TryLater)
    assert outcome.after == timedelta(seconds=seconds)


async def test_secrets_of_the_session_are_in_no_reason() -> None:
    async with s.misbehaving(s.answering_json(400, {"error": "Bad", "message": "canary-access"})) as server:
        outcome = await c.outcome_of(c.channel_on(NETWORK, STAND_IN, server.url), "bluesky")
    assert isinstance(outcome, ChannelError)
    assert "canary" not in outcome.reason
    assert "***" in outcome.reason


@pytest.mark.parametrize("handle", ["nodomain", "a..b", "", "été.example", "-a.example"])
def test_a_handle_is_written_like_a_domain(handle: str) -> None:
    with pytest.raises(ValueError, match="a handle is written like a domain"):
        NETWORK.options.model_validate({"handle": handle})
    assert NETWORK.options.model_validate({"handle": "@A.Example"}).handle == "a.example"
