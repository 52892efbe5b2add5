"""The API, made when the first program asks: its forms cost a third of a second that no start waits for."""

from __future__ import annotations

import asyncio

from starlette.types import ASGIApp, Receive, Scope, Send

from bot.desk.web.parts import DeskParts


class LateApi:
    """Stands where the API does."""

    def __init__(self, parts: DeskParts) -> None:
        self._parts = parts
        self._made: ASGIApp | None = None
        self._turn = asyncio.Lock()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, making the API first where nobody has asked before."""
        async with self._turn:
            if self._made is None:
                self._made = await asyncio.to_thread(_make, self._parts)
        await self._made(scope, receive, send)


def _make(parts: DeskParts) -> ASGIApp:
    from bot.desk.api.app import create_api

    return create_api(parts)
