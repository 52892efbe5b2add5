"""The addresses of the page that takes a sheet; what reads sheets loads with the first who asks for it.

Loaded with the desk it kept a demonstration's first slot from being met.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from bot.desk.web.door import Door

if TYPE_CHECKING:
    from bot.desk.web.sheet import Bringing


def router(door: Door) -> APIRouter:
    """Return the addresses."""

    async def ask(request: Request) -> Response:
        return await _page(door).ask(request)

    async def take(request: Request) -> Response:
        return await _page(door).take(request)

    async def example(request: Request) -> Response:
        return await _page(door).example(request)

    made = APIRouter(default_response_class=HTMLResponse)
    made.add_api_route("/add/file", ask, methods=["GET"])
    made.add_api_route("/add/file", take, methods=["POST"])
    made.add_api_route("/add/file/example.csv", example, methods=["GET"])
    return made


def _page(door: Door) -> Bringing:
    from bot.desk.web.sheet import Bringing

    return Bringing(door)
