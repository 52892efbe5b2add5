"""Reading a user's posts back from X: newest first, page by page."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from bot.sandbox.published import Published
from bot.sandbox.x_answers import Refusal, invalid, read_tweet

_LEAST, _USUAL, _MOST = 5, 10, 100
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,3})?Z", re.ASCII)
_PARAMETERS = frozenset({"start_time", "max_results", "exclude", "tweet.fields", "pagination_token"})


@dataclass(frozen=True, slots=True)
class Query:
    """What a client asks of a timeline."""

    since: datetime
    most: int
    before: int | None
    fields: frozenset[str]


def read_query(parameters: Mapping[str, str]) -> Query:
    """Read the query string. Raises Refusal 400 for what X would not take."""
    for name in sorted(parameters.keys() - _PARAMETERS):
        raise Refusal(invalid(f"The query parameter [{name}] is not one the sandbox knows.", parameter=name))
    if set(_listed(parameters, "exclude")) - {"replies", "retweets"}:
        raise Refusal(invalid("exclude takes replies and retweets.", exclude=parameters["exclude"]))
    token = parameters.get("pagination_token")
    return Query(
        since=_moment(parameters.get("start_time")),
        most=_count(parameters.get("max_results", str(_USUAL))),
        before=None if token is None else _number(token, "pagination_token"),
        fields=frozenset(_listed(parameters, "tweet.fields")),
    )


def read_page(posts: list[Published], handle: str, query: Query) -> dict[str, Any]:
    """Return one page of a user's posts, given oldest first."""
    found = [
        post
        for post in reversed(posts)
        if post.created_at >= query.since and (query.before is None or int(post.id) < query.before)
    ]
    page = found[: query.most]
    if not page:
        return {"meta": {"result_count": 0}}
    meta: dict[str, Any] = {"result_count": len(page), "newest_id": page[0].id, "oldest_id": page[-1].id}
    if len(found) > len(page):
        meta["next_token"] = page[-1].id
    return {"data": [read_tweet(post, handle, query.fields) for post in page], "meta": meta}


def _listed(parameters: Mapping[str, str], name: str) -> list[str]:
    return [word for word in parameters.get(name, "").split(",") if word]


def _moment(written: str | None) -> datetime:
    if written is None:
        return datetime.min.replace(tzinfo=UTC)
    wrong = Refusal(invalid("start_time must look like 2026-01-31T12:00:00Z.", start_time=written))
    if not _MOMENT.fullmatch(written):
        raise wrong
    try:
        return datetime.fromisoformat(written)
    except ValueError:
        raise wrong from None


def _count(written: str) -> int:
    number = _number(written, "max_results")
    if not _LEAST <= number <= _MOST:
        raise Refusal(invalid(f"max_results must be {_LEAST} to {_MOST}.", max_results=written))
    return number


def _number(written: str, name: str) -> int:
    if not re.fullmatch("[0-9]{1,19}", written):
        raise Refusal(invalid(f"{name} must be a number.", parameter=name))
    return int(written)
