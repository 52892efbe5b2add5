"""What asks a person, and what is out: uncertain, failed and missed posts; published ones."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from bot.desk.web.card import slip
from bot.desk.web.door import Door, Values
from content_queue.item import Post
from content_queue.lifecycle import PostEvent
from content_queue.operations import listing, overview
from content_queue.store.database import Transaction

RECENT = timedelta(days=7)


def router(door: Door) -> APIRouter:
    """Return the addresses of what is to be settled and of what is out."""
    pages = _Settling(door)
    made = APIRouter(default_response_class=HTMLResponse)
    made.add_api_route("/settle", pages.settle, methods=["GET"])
    made.add_api_route("/published", pages.published, methods=["GET"])
    return made


class _Settling:
    def __init__(self, door: Door) -> None:
        self._door = door

    async def settle(self, request: Request) -> Response:
        return await self._door.show(request, "settle.html", self._read_settle)

    async def published(self, request: Request) -> Response:
        return await self._door.show(request, "published.html", self._read_published)

    def _read_settle(self, tx: Transaction, now: datetime) -> Values:
        desk = self._door.parts.desk
        asking = [slip(tx, desk, now, post) for post in listing.for_a_person(tx)]
        answers = [each for each in asking if PostEvent.RESEND.value in each.may]
        by_hand = {name for name, style in desk.styles.items() if style.limits.by_hand}
        missed = [slip(tx, desk, now, post) for post in overview.missed(tx, now - RECENT)]
        return {
            "by_hand": [each for each in answers if _is_by_hand(each.post, by_hand)],
            "uncertain": [each for each in answers if not _is_by_hand(each.post, by_hand)],
            "failed": [each for each in asking if PostEvent.RETRY.value in each.may],
            "missed": missed,
        }

    def _read_published(self, tx: Transaction, now: datetime) -> Values:
        desk = self._door.parts.desk
        return {"slips": [slip(tx, desk, now, post) for post in listing.published(tx)]}


def _is_by_hand(post: Post, channels: Collection[str]) -> bool:
    """Say whether people are asked to post it: on such a channel, or on one that was locked out."""
    return post.channel in channels or post.to_post_by_hand
