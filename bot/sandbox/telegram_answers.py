"""How Telegram words its answers: messages, chats, bots."""

from typing import Any

from bot.sandbox.accounts import Account
from bot.sandbox.links import find_addresses, find_hashtags
from bot.sandbox.published import Published
from bot.sandbox.rich_text import Span
from bot.sandbox.telegram_html import Formatted
from bot.sandbox.telegram_rules import utf16_length

_RIGHTS = """
can_manage_chat can_change_info can_invite_users can_post_messages can_edit_messages can_delete_messages
"""
_LACKS = """
can_be_edited is_anonymous can_manage_video_chats can_restrict_members can_promote_members
can_post_stories can_edit_stories can_delete_stories
"""
_SHOWN_PICTURE = {"width": 1280, "height": 720}
"""Pictures are not opened here: every one is said to have this size, in pixels."""


def all_spans(formatted: Formatted) -> list[Span]:
    """Return the marks of a text with those that Telegram finds by itself: addresses and hashtags."""
    hidden = [span for span in formatted.spans if span.kind in {"text_link", "code", "pre"}]
    found = [Span(link.start, link.end, "url", link.address) for link in find_addresses(formatted.text)]
    found += [Span(tag.start, tag.end, "hashtag") for tag in find_hashtags(formatted.text)]
    plain = [mark for mark in found if not any(span.start <= mark.start < span.end for span in hidden)]
    return sorted([*formatted.spans, *plain], key=lambda span: (span.start, -span.end))


def bot_user(bot_id: int) -> dict[str, Any]:
    """Return the bot behind a token, as getMe does."""
    return {
        "id": bot_id,
        "is_bot": True,
        "first_name": "Sandbox bot",
        "username": f"sandbox{bot_id}_bot",
        "can_join_groups": True,
        "can_read_all_group_messages": False,
        "supports_inline_queries": False,
    }


def chat(account: Account) -> dict[str, Any]:
    """Return a chat as it stands in a message."""
    named = {"username": account.handle} if account.handle else {}
    return {"id": account.number, "type": "channel", "title": account.name} | named


def full_chat(account: Account) -> dict[str, Any]:
    """Return a chat as getChat does."""
    gifts = (
        "unlimited_gifts",
        "limited_gifts",
        "unique_gifts",
        "premium_subscription",
        "gifts_from_channels",
    )
    return chat(account) | {
        "accent_color_id": account.hue % 7,
        "max_reaction_count": 11,
        "accepted_gift_types": dict.fromkeys(gifts, False),
    }


def administrator(bot_id: int) -> dict[str, Any]:
    """Return a bot's membership as getChatMember does: an administrator who may post and delete."""
    rights = dict.fromkeys(_RIGHTS.split(), True) | dict.fromkeys(_LACKS.split(), False)
    return {"status": "administrator", "user": bot_user(bot_id)} | rights


def message(post: Published, account: Account, formatted: Formatted) -> dict[str, Any]:
    """Return a message as Telegram answers with it."""
    answer = {
        "message_id": int(post.id),
        "date": int(post.created_at.timestamp()),
        "chat": chat(account),
        "sender_chat": chat(account),
    }
    entities = [_entity(formatted.text, span) for span in all_spans(formatted)]
    if not post.media:
        return answer | {"text": post.text, "entities": entities}
    return answer | {"photo": [_photo(post)], "caption": post.text, "caption_entities": entities}


def _photo(post: Published) -> dict[str, Any]:
    name = f"sandbox-{post.account}-{post.id}"
    return {"file_id": name, "file_unique_id": name, "file_size": len(post.media[0].content)} | _SHOWN_PICTURE


def _entity(text: str, span: Span) -> dict[str, Any]:
    entity: dict[str, Any] = {
        "type": span.kind,
        "offset": utf16_length(text[: span.start]),
        "length": utf16_length(text[span.start : span.end]),
    }
    return entity | ({"url": span.href} if span.kind == "text_link" else {})
