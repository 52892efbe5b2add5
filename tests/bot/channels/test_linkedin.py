"""LinkedIn's own rules: the format of its text, articles, pictures, reading back, versions."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from datetime import timedelta

import pytest
from pydantic import ValidationError

from bot.channels.linkedin import NETWORK
from bot.channels.linkedin_text import bare, little, shown
from bot.channels.network import Wiring
from bot.message import (
    Channel,
    Frozen,
    Image,
    LockedOut,
    Message,
    NotYet,
    Picture,
    Progress,
    Receipt,
    Recent,
    Refused,
    TryLater,
    Uncertain,
)
from bot.sandbox.faults import Fault
from bot.sandbox.linkedin_rules import shown as as_readers_see
from bot.sandbox.server import Sandbox
from bot.secret import Secret
from tests.bot.channels import contract as c
from tests.bot.channels import server as s
from tests.bot.channels.standins.linkedin import STAND_IN

NOTHING: Mapping[str, str] = {}
RENEWING = {
    "REFRESH_TOKEN": "lesvagues-refresh",
    "CLIENT_ID": "client-1",
    "CLIENT_SECRET": "app-secret",
}
PAGE, MEMBER = "urn:li:organization:42", "urn:li:person:lesvagues"
TEXT = (
    "Été (hiver) [1] {2} <3 *fort* _peu_ ~env.~ a|b c\\d @ami"
    "\n\nhttps://example.org/a_(b)?x=1#y\n\n#CôteNord #2"
)
ARTICLE = replace(
    c.message("linkedin", TEXT), link="https://example.org/a", title="Les vagues", summary="Plus hautes."
)


@pytest.fixture(name="sandbox")
async def running_sandbox() -> AsyncIterator[Sandbox]:
    made = Sandbox(lambda: c.NOW, accounts={PAGE: "Les vagues", MEMBER: "Anne Vague"})
    await made.start()
    yield made
    await made.stop()


def channel(
    api: str, author: str = PAGE, version: str = "202605", further: Mapping[str, str] = NOTHING
) -> Channel:
    """A channel that reads every picture as the same small PNG."""

    async def picture(digest: str) -> Image | None:
        return Image(c.PNG, "image/png", 800, 450) if digest != "gone" else None

    wiring = Wiring(
        name="linkedin-fr",
        options=NETWORK.options(author=author, version=version),
        secrets={
            name: Secret(value) for name, value in {"ACCESS_TOKEN": "lesvagues-canary", **further}.items()
        },
        api=api,
        clock_now=lambda: c.NOW,
        deadline=c.PATIENT,
        pause=timedelta(0),
        picture=picture,
    )
    return NETWORK.connect(wiring)


async def frozen(of: Channel, what: Message) -> Frozen:
    """Prepare until it is ready, as the worker does."""
    saved: dict[str, str] = {}

    async def save(pairs: Mapping[str, str]) -> None:
        saved.update(pairs)

    for _ in range(3):
        made = await of.prepare(what, Progress("k1", dict(saved), save), c.NOW)
        if isinstance(made, Frozen):
            return made
    raise AssertionError(made)


def test_every_sign_of_the_format_is_escaped_and_hashtags_stay_hashtags() -> None:
    assert little("a(b)_c #Été!") == r"a\(b\)\_c {hashtag|\#|Été}!"
    assert little("https://e.org/#a #2 C#") == r"https://e.org/\#a \#2 C\#"
    assert shown(little(TEXT)) == as_readers_see(little(TEXT)) == TEXT
    assert as_readers_see(TEXT) == "Été "  # what the network would have shown of it unescaped
    assert bare(little(TEXT)) == bare(TEXT.replace("#CôteNord", "{hashtag|#|CôteNord}"))


@pytest.mark.parametrize("author", ["", "12345", "urn:li:organization:0", "urn:li:person:a/b"])
def test_an_author_is_a_urn(author: str) -> None:
    with pytest.raises(ValidationError, match="an author is written"):
        NETWORK.options(author=author)


async def test_the_whole_text_is_seen_and_the_link_is_an_article_with_its_picture(sandbox: Sandbox) -> None:
    made = channel(sandbox.url)
    what = replace(ARTICLE, pictures=(Picture("", "", "d1", card=True),))
    receipt = await made.publish(await frozen(made, what))
    (post,) = sandbox.timeline()
    assert (receipt.remote_id, receipt.remote_url, post.text) == (post.id, post.url, TEXT)
    assert post.card is not None
    assert (post.card.address, post.card.words, post.card.under) == (
        ARTICLE.link,
        ARTICLE.title,
        ARTICLE.summary,
    )
    assert post.card.picture is not None
    assert post.card.picture.content == c.PNG
    await made.close()


@pytest.mark.parametrize("author", [PAGE, MEMBER])
@pytest.mark.parametrize("count", [1, 3])
async def test_pictures_go_out_with_their_alt_text(sandbox: Sandbox, author: str, count: int) -> None:
    made = channel(sandbox.url, author)
    pictures = tuple(Picture("", f"Un phare, {number}", f"d{number}") for number in range(count))
    await made.publish(await frozen(made, replace(c.message("linkedin"), pictures=pictures)))
    assert [one.alt for one in sandbox.timeline()[0].media] == [one.alt for one in pictures]
    await made.close()


async def test_a_members_picture_is_given_time_and_a_picture_that_is_gone_is_refused(
    sandbox: Sandbox,
) -> None:
    made = channel(sandbox.url, MEMBER)
    what = replace(c.message("linkedin"), pictures=(Picture("", "Un phare", "d1"),))
    assert await made.prepare(what, Progress("k1"), c.NOW) == NotYet(timedelta(seconds=5))
    with pytest.raises(Refused, match="bytes are gone"):
        await frozen(made, replace(what, pictures=(Picture("", "Un phare", "gone"),)))
    await made.close()


@pytest.mark.parametrize("where", ["https://evil.example/up", "http://www.linkedin.com/up", "https://[", ""])
async def test_bytes_and_token_go_to_linkedin_alone(where: str) -> None:
    begun = {"value": {"uploadUrl": where, "image": "urn:li:image:a"}}
    async with s.misbehaving(s.answering_json(200, begun)) as server:
        made = channel(server.url)
        with pytest.raises(TryLater, match="no place for the picture"):
            await frozen(made, replace(c.message("linkedin"), pictures=(Picture("", "a", "d1"),)))
        await made.close()
    assert {request.method for request in server.requests} == {"POST"}


async def test_a_page_finds_a_post_whose_answer_was_lost(sandbox: Sandbox) -> None:
    made = channel(sandbox.url)
    once = await frozen(made, ARTICLE)
    assert await made.find(once, c.NOW, ()) is None
    sandbox.misbehave(Fault("linkedin", "cut-after"))
    with pytest.raises(Uncertain):
        await made.publish(once)
    posted = sandbox.timeline()[0]
    assert await made.find(once, c.NOW, ()) == Receipt(posted.id, posted.url)
    assert await made.find(once, c.NOW, (posted.id,)) is None
    assert await made.find(once, c.NOW + timedelta(minutes=3), ()) is None
    await made.close()


async def test_nothing_proves_anything_of_a_members_post(sandbox: Sandbox) -> None:
    made = channel(sandbox.url, MEMBER)
    once = await frozen(made, ARTICLE)
    with pytest.raises(Refused, match="lists no member's posts"):
        await made.find(once, c.NOW, ())
    assert not isinstance(made, Recent)
    await made.close()


async def test_the_same_words_twice_are_refused(sandbox: Sandbox) -> None:
    made = channel(sandbox.url)
    once = await frozen(made, ARTICLE)
    await made.publish(once)
    with pytest.raises(Refused, match="Content is a duplicate of urn:li:share:"):
        await made.publish(once)
    assert len(sandbox.timeline()) == 1
    await made.close()


async def test_a_version_that_is_over_is_named(sandbox: Sandbox) -> None:
    made = channel(sandbox.url, version="202411")
    with pytest.raises(LockedOut, match=r"426.*set a later `version` \(202411 is over\)"):
        await made.publish(await frozen(made, ARTICLE))
    await made.close()


async def test_the_headers_name_version_and_protocol() -> None:
    async with s.misbehaving(s.answering(201, b"", STAND_IN.headers(7))) as server:
        made = channel(server.url)
        await made.publish(await frozen(made, ARTICLE))
        await made.close()
    head = server.requests[0].head.lower()
    assert "linkedin-version: 202605" in head
    assert "x-restli-protocol-version: 2.0.0" in head
    assert json.loads(server.requests[0].body)["commentary"] == little(TEXT)


async def test_an_account_says_who_it_is_and_what_is_missing(sandbox: Sandbox) -> None:
    made = channel(sandbox.url, MEMBER)
    assert (await made.check()).name == "Anne Vague"
    await made.close()
    made = channel(sandbox.url, "urn:li:person:another")
    (missing,) = (await made.check()).missing
    assert MEMBER in missing
    await made.close()
    sandbox.misbehave(Fault("linkedin", "403-duplicate", 1, "timeline"))
    made = channel(sandbox.url)
    account = await made.check()
    assert account.url == "https://www.linkedin.com/company/page-42"
    assert "r_organization_social" in account.missing[0]
    await made.close()


async def test_recent_reads_every_page_of_posts(sandbox: Sandbox) -> None:
    made = channel(sandbox.url)
    for number in range(60):
        await made.publish(await frozen(made, c.message("linkedin", f"Vague {number}")))
    assert isinstance(made, Recent)
    assert {seen.text for seen in await made.recent(c.NOW)} == {f"Vague {number}" for number in range(60)}
    await made.close()


async def test_a_post_whose_token_had_ended_goes_out_with_a_renewed_one(sandbox: Sandbox) -> None:
    made = channel(sandbox.url, further=RENEWING)
    post = await frozen(made, ARTICLE)
    sandbox.misbehave(Fault("linkedin", "401", 1))
    with pytest.raises(TryLater, match="the access token had ended: nothing was done") as caught:
        await made.publish(post)
    assert c.CANARY not in c.told_by(caught.value)
    assert sandbox.timeline() == []
    receipt = await made.publish(post)
    assert [one.id for one in sandbox.timeline()] == [receipt.remote_id]
    sandbox.misbehave(Fault("linkedin", "401", 1))
    with pytest.raises(LockedOut, match="401"):  # the renewed one is refused as well
        await made.publish(post)
    await made.close()


async def test_a_reading_is_made_again_with_a_renewed_token(sandbox: Sandbox) -> None:
    made = channel(sandbox.url, MEMBER, further=RENEWING)
    sandbox.misbehave(Fault("linkedin", "401", 1, "me"))
    assert (await made.check()).missing == ()
    await made.close()
