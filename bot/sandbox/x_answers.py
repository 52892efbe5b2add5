"""How X words its answers: problems (RFC 9457), posts, and rate limit headers."""

import hashlib
import html
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from aiohttp import web

from bot.sandbox.links import Found, find_links
from bot.sandbox.published import Published

_PROBLEMS = "https://api.x.com/2/problems"
_SHOWN_LINK = 27
"""Characters of an address before X shortens what it shows."""


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a request was refused. `extra` are further members, such as `errors`."""

    status: int
    title: str
    detail: str
    kind: str = "about:blank"
    extra: Mapping[str, Any] = field(default_factory=dict)

    def response(self, headers: Mapping[str, str] | None = None) -> web.Response:
        """Return the answer as X sends it."""
        body = {"title": self.title, "detail": self.detail, "type": self.kind, "status": self.status}
        return web.json_response(
            body | dict(self.extra),
            status=self.status,
            headers=headers,
            content_type="application/problem+json",
        )


class Refusal(Exception):  # noqa: N818 - what it is, not that it failed
    """Ends a request with a problem."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.detail)
        self.problem = problem


def invalid(message: str, **parameters: str) -> Problem:
    """Return the 400 for a request whose parameters are wrong."""
    errors = [{"message": message, "parameters": {name: [value] for name, value in parameters.items()}}]
    detail = "One or more parameters to your request was invalid."
    return Problem(400, "Invalid Request", detail, f"{_PROBLEMS}/invalid-request", {"errors": errors})


def forbidden(detail: str) -> Problem:
    """Return the 403 of a post that may not be made."""
    return Problem(403, "Forbidden", detail)


def not_found(resource: str, value: str) -> Problem:
    """Return the 404 of a resource that is not there."""
    detail = f"Could not find {resource} with id: [{value}]."
    extra = {"resource_type": resource, "resource_id": value}
    return Problem(404, "Not Found Error", detail, f"{_PROBLEMS}/resource-not-found", extra)


UNAUTHORIZED = Problem(401, "Unauthorized", "Unauthorized")
TOO_MANY_REQUESTS = Problem(429, "Too Many Requests", "Too Many Requests")
DUPLICATE = forbidden("You are not allowed to create a Tweet with duplicate content.")
NOT_PERMITTED = forbidden("You are not permitted to perform this action.")
CASHTAGS = forbidden("Posts are limited to a maximum of one cashtag.")
NO_CREDITS = Problem(
    402,
    "CreditsDepleted",
    "Your enrolled account does not have any credits to fulfill this request.",
    f"{_PROBLEMS}/credits",
)
INTERNAL = Problem(500, "Internal Server Error", "Internal Server Error", f"{_PROBLEMS}/internal-error")
BAD_GATEWAY = Problem(502, "Bad Gateway", "Bad Gateway")
UNAVAILABLE = Problem(503, "Service Unavailable", "Service Unavailable")


def shown_link(address: str) -> str:
    """Return what X shows of an address: no scheme, no www, cut after 27 characters."""
    bare = address.partition("://")[2].removeprefix("www.").removesuffix("/")
    return bare if len(bare) <= _SHOWN_LINK else f"{bare[:_SHOWN_LINK]}…"


def created_tweet(post: Published, handle: str) -> dict[str, Any]:
    """Return the data of a post that was just made."""
    text, _ = _rewritten(post, handle)
    return {"id": post.id, "text": text, "edit_history_tweet_ids": [post.id]}


def read_tweet(post: Published, handle: str, fields: frozenset[str]) -> dict[str, Any]:
    """Return a post as the timeline gives it: escaped, links shortened, further fields only if asked for."""
    text, urls = _rewritten(post, handle)
    tweet: dict[str, Any] = {"id": post.id, "text": text, "edit_history_tweet_ids": [post.id]}
    if "created_at" in fields:
        tweet["created_at"] = f"{post.created_at.astimezone(UTC):%Y-%m-%dT%H:%M:%S}.000Z"
    if "author_id" in fields:
        tweet["author_id"] = post.account
    if "entities" in fields and urls:
        tweet["entities"] = {"urls": urls}
    return tweet


def _rewritten(post: Published, handle: str) -> tuple[str, list[dict[str, Any]]]:
    pieces, urls, done = "", [], 0
    for link in find_links(post.text):
        pieces += html.escape(post.text[done : link.start], quote=False)
        urls.append(_link_entity(post, link, len(pieces)))
        pieces += urls[-1]["url"]
        done = link.end
    pieces += html.escape(post.text[done:], quote=False)
    if post.media:
        pieces += " " if pieces else ""
        urls += _media_entities(post, handle, len(pieces))
        pieces += _short(post, "media")
    return pieces, urls


def _link_entity(post: Published, link: Found, start: int) -> dict[str, Any]:
    short = _short(post, str(link.start))
    return _entity(start, short, link.address, shown_link(link.address))


def _media_entities(post: Published, handle: str, start: int) -> list[dict[str, Any]]:
    address = f"https://x.com/{handle}/status/{post.id}/photo/1"
    entity = _entity(start, _short(post, "media"), address, f"pic.x.com/{_code(post, 'media')}")
    return [entity | {"media_key": f"3_{post.id}{place}"} for place, _ in enumerate(post.media)]


def _entity(start: int, short: str, expanded: str, shown: str) -> dict[str, Any]:
    return {
        "start": start,
        "end": start + len(short),
        "url": short,
        "expanded_url": expanded,
        "display_url": shown,
    }


def _short(post: Published, what: str) -> str:
    return f"https://t.co/{_code(post, what)}"


def _code(post: Published, what: str) -> str:
    return hashlib.sha256(f"{post.id}/{what}".encode()).hexdigest()[:10]


def unix(moment: datetime) -> int:
    """Return whole seconds since 1970, rounded up: nobody may come back too early."""
    return -int(-moment.timestamp() // 1)
