"""Making a post on X: what is asked of it, and what becomes of it."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from bot.sandbox.accounts import Account
from bot.sandbox.links import find_addresses, find_hashtags, find_mentions
from bot.sandbox.published import Card, Media, Published, Timeline
from bot.sandbox.rich_text import Run, Span, runs
from bot.sandbox.x_answers import CASHTAGS, DUPLICATE, NOT_PERMITTED, Refusal, invalid, shown_link
from bot.sandbox.x_media import Uploads
from bot.sandbox.x_rules import (
    MAXIMUM_WEIGHT,
    count_cashtags,
    has_invalid_characters,
    same_text,
    weighted_length,
)

DUPLICATES_WITHIN = timedelta(hours=24)
_MOST_PICTURES = 4
_FIELDS = """
card_uri community_id direct_message_deep_link edit_options for_super_followers_only geo made_with_ai
media nullcast paid_partnership poll quote_tweet_id reply reply_settings share_with_followers text
"""
_MEDIA_FIELDS = frozenset({"media_ids", "tagged_user_ids"})


@dataclass(frozen=True, slots=True)
class Draft:
    """A post that was asked for and may be made."""

    text: str
    media: tuple[Media, ...]


def read_draft(body: dict[str, Any], account: Account, uploads: Uploads, now: datetime) -> Draft:
    """Check a create request against every rule but the one on duplicates. Raises Refusal 400 or 403."""
    _refuse_unknown(body, frozenset(_FIELDS.split()))
    media = _read_media(body.get("media", {}), account, uploads, now)
    text = body.get("text", "")
    if not isinstance(text, str):
        raise Refusal(invalid("text must be a string."))
    _check_text(text, with_media=bool(media))
    return Draft(text, media)


def refuse_duplicate(draft: Draft, account: Account, timeline: Timeline, now: datetime) -> None:
    """Raise Refusal 403 if the account posted the same text within the last 24 hours."""
    recent = (post for post in timeline.of("x", account.key) if now - post.created_at < DUPLICATES_WITHIN)
    if draft.text and any(same_text(draft.text, post.text) for post in recent):
        raise Refusal(DUPLICATE)


def as_published(draft: Draft, account: Account, post_id: str, base_url: str, now: datetime) -> Published:
    """Return the post as the public sees it."""
    first = next((found.address for found in find_addresses(draft.text)), None)
    return Published(
        network="x",
        account=account.key,
        id=post_id,
        url=f"{base_url}{account.path}/status/{post_id}",
        text=draft.text,
        link=first,
        media=draft.media,
        created_at=now,
        body=_body(draft.text),
        # Pictures take the place of the card.
        card=Card(first) if first and not draft.media else None,
    )


def _check_text(text: str, *, with_media: bool) -> None:
    if not text.strip() and not with_media:
        raise Refusal(invalid("text must not be empty without media."))
    if has_invalid_characters(text):
        raise Refusal(invalid("text has invalid characters."))
    if weighted_length(text) > MAXIMUM_WEIGHT:
        raise Refusal(NOT_PERMITTED)
    if count_cashtags(text) > 1:
        raise Refusal(CASHTAGS)


def _read_media(
    media: Any,  # noqa: ANN401 - as it came
    account: Account,
    uploads: Uploads,
    now: datetime,
) -> tuple[Media, ...]:
    if not isinstance(media, dict):
        raise Refusal(invalid("media must be an object."))
    _refuse_unknown(media, _MEDIA_FIELDS)
    media_ids = media.get("media_ids", [])
    if not isinstance(media_ids, list) or len(media_ids) > _MOST_PICTURES or (media and not media_ids):
        raise Refusal(invalid(f"media.media_ids must hold 1 to {_MOST_PICTURES} ids."))
    return tuple(uploads.take(account.key, media_id, now) for media_id in media_ids)


def _refuse_unknown(body: dict[str, Any], known: frozenset[str]) -> None:
    for name in sorted(body.keys() - known):
        raise Refusal(invalid(f"[{name}] is not a known field.", field=name))


def _body(text: str) -> tuple[Run, ...]:
    links = [
        Span(link.start, link.end, "link", link.address, shown_link(link.address))
        for link in find_addresses(text)  # X leaves a local address bare; a visitor wants to open it
    ]
    tags = [Span(tag.start, tag.end, "tag") for tag in (*find_hashtags(text), *find_mentions(text))]
    return runs(text, [*links, *tags])
