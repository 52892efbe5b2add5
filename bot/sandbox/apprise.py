"""A stand-in for a service behind Apprise: a hook that takes its JSON, at `json://HOST/apprise/NAME`.

Source: github.com/caronc/apprise, wiki, Notify_Custom_JSON: version, title, message, attachments and type.
Like such a hook it answers without naming what it made.
"""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from aiohttp import web

from bot.sandbox.accounts import Accounts
from bot.sandbox.faults import Faults
from bot.sandbox.links import find_addresses, find_hashtags
from bot.sandbox.published import Card, Clock, Published, Timeline
from bot.sandbox.rich_text import Span, runs

_MAXIMUM = 32_768
_FIELDS = frozenset({"attachments", "message", "title", "type", "version"})
_TYPES = frozenset({"failure", "info", "success", "warning"})
_STATUSES = {"403-duplicate": 403}


class AppriseVoice:
    """How the hook words its refusals: by the status alone."""

    network = "apprise"

    def refuse(self, effect: str, retry_after: timedelta | None) -> web.Response:
        """Return the answer for an effect."""
        wait = {"Retry-After": f"{retry_after.total_seconds():g}"} if retry_after else {}
        return web.json_response({}, status=_STATUSES.get(effect) or int(effect), headers=wait)

    def empty(self) -> web.Response:
        """Return a success with nothing in it."""
        return web.json_response({})


class AppriseHook:
    """The one address of the hook and what stands behind it."""

    def __init__(
        self, now: Clock, accounts: Accounts, timeline: Timeline, faults: Faults, base_url: Callable[[], str]
    ) -> None:
        self._now = now
        self._accounts = accounts
        self._timeline = timeline
        self._faults = faults
        self._base_url = base_url
        self._voice = AppriseVoice()
        self._last_id = 0

    def routes(self) -> list[web.RouteDef]:
        """Return the hook's address."""
        return [web.post(r"/apprise/{account:[\w-]+}", self._serve)]

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        return await self._faults.answer(self._voice, "create", request, self._take)

    async def _take(self, request: web.Request) -> web.Response:
        try:
            fields = _read(json.loads(await request.read()))
        except ValueError as error:
            return web.json_response({"error": str(error)}, status=400)
        account = self._accounts.on_apprise(request.match_info["account"])
        text = "\n\n".join(filter(None, (fields["title"], fields["message"])))
        links = find_addresses(text)
        marks = [Span(one.start, one.end, "link", one.address) for one in links]
        marks += [Span(tag.start, tag.end, "tag") for tag in find_hashtags(text)]
        self._last_id += 1
        self._timeline.add(
            Published(
                network="apprise",
                account=account.key,
                id=str(self._last_id),
                url=f"{self._base_url()}/apprise/{account.key}/{self._last_id}",
                text=text,
                link=links[0].address if links else None,
                media=(),
                created_at=self._now(),
                body=runs(text, marks),
                card=Card(links[0].address) if links else None,
            )
        )
        return web.json_response({})


def _read(body: Any) -> dict[str, str]:  # noqa: ANN401 - whatever a client sent
    """Return the words of a message. Raises ValueError that says what is wrong."""
    if not isinstance(body, dict) or body.keys() != _FIELDS:
        raise ValueError(f"the body has exactly {', '.join(sorted(_FIELDS))}")
    if body["type"] not in _TYPES or body["attachments"] != []:
        raise ValueError("type is one of Apprise's, and nothing is attached")
    if not all(isinstance(body[name], str) for name in ("message", "title")):
        raise ValueError("message and title are words")
    if not body["message"].strip() or len(body["message"]) > _MAXIMUM:
        raise ValueError(f"message has up to {_MAXIMUM} characters")
    return {name: body[name] for name in ("message", "title")}
