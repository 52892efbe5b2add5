"""Where a person agrees to an app: X and Mastodon have the page at the same address, on servers of their own.

There is nobody to click here: whoever opens the page agrees, or declines with ``decline=1`` in the address.
"""

from collections.abc import Callable

from aiohttp import web

Page = Callable[[web.Request], web.Response]


class Agreeing:
    """Tells the two apart by what the link holds."""

    def __init__(self, x: Page, mastodon: Page) -> None:
        self._x = x
        self._mastodon = mastodon

    def routes(self) -> list[web.RouteDef]:
        """Return the one address."""
        return [web.get("/oauth/authorize", self._agree)]

    async def _agree(self, request: web.Request) -> web.Response:
        page = self._x if "oauth_token" in request.query else self._mastodon
        return page(request)


def shown(code: str) -> web.Response:
    """Return the page that shows a code to copy."""
    text = f"<!doctype html><title>Code</title><p>Copy this: <code>{code}</code>"
    return web.Response(text=text, content_type="text/html")


def said(status: int, words: str) -> web.Response:
    """Return a page that shows no code."""
    return web.Response(status=status, text=f"<!doctype html><p>{words}", content_type="text/html")
