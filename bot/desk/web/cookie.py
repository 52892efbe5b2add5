"""The desk's cookies: the stay, and the browser that is known. Over https both are bound to our very host."""

from __future__ import annotations

from starlette.responses import Response
from starlette.types import Scope

from content_queue.operations.access import KNOWN, LONGEST


def cookie_name(scope: Scope, *, secure: bool, what: str = "desk") -> str:
    """Name a cookie; over http by our port too, for browsers keep one jar for every port of a host."""
    if secure:
        return f"__Host-{what}"  # a browser takes it from us alone: Secure, no domain, the whole path
    server = scope.get("server")
    return f"{what}_{server[1] if server else 0}"


def set_session(answer: Response, scope: Scope, value: str, *, secure: bool) -> None:
    """Let the browser keep a stay."""
    _set(answer, cookie_name(scope, secure=secure), value, int(LONGEST.total_seconds()), secure=secure)


def set_device(answer: Response, scope: Scope, value: str, *, secure: bool) -> None:
    """Let the browser be known the next time."""
    name = cookie_name(scope, secure=secure, what="device")
    _set(answer, name, value, int(KNOWN.total_seconds()), secure=secure)


def drop_session(answer: Response, scope: Scope, *, secure: bool) -> None:
    """Let the browser forget a stay."""
    _set(answer, cookie_name(scope, secure=secure), "", 0, secure=secure)


def _set(answer: Response, name: str, value: str, seconds: int, *, secure: bool) -> None:
    answer.set_cookie(name, value, max_age=seconds, path="/", secure=secure, httponly=True, samesite="strict")
