"""Sessions on the Bluesky stand-in: two tokens that end, and a limit on signing in.

It has no passwords to check: it wants one to be there. Sources: com.atproto.server.createSession,
refreshSession; "Rate limits": 30 sign-ins in 5 minutes for an account.
"""

import base64
import hashlib
import json
from collections import deque
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from bot.sandbox.bluesky_rules import Refusal

_ACCESS = timedelta(hours=2)
_REFRESH = timedelta(days=90)
_WINDOW = timedelta(minutes=5)
_SIGN_INS = 30
_SCOPES = {"access": "com.atproto.access", "refresh": "com.atproto.refresh"}


def did_of(handle: str) -> str:
    """Return the account's id: the same for the same handle."""
    code = base64.b32encode(hashlib.sha256(handle.encode()).digest()).decode().lower()
    return f"did:plc:{code[:24]}"


class Sessions:
    """The sessions that are open."""

    def __init__(self) -> None:
        self._attempts: dict[str, deque[datetime]] = {}
        self._refreshed: set[str] = set()
        self._number = 0

    def open(self, body: Mapping[str, Any], now: datetime) -> dict[str, Any]:
        """Sign in. Raises Refusal 401 without a password and 429 for who signs in too often."""
        handle, password = body.get("identifier"), body.get("password")
        if not isinstance(handle, str) or "." not in handle or not isinstance(password, str) or not password:
            raise Refusal(401, "AuthenticationRequired", "Invalid identifier or password")
        tried = self._attempts.setdefault(handle, deque())
        while tried and tried[0] <= now - _WINDOW:
            tried.popleft()
        if len(tried) >= _SIGN_INS:
            raise Refusal(429, "RateLimitExceeded", "Rate Limit Exceeded")
        tried.append(now)
        return self._session(handle.lower(), now)

    def refresh(self, authorization: str, now: datetime) -> dict[str, Any]:
        """Give new tokens for a refresh token, which is spent by that. Raises Refusal."""
        claims = self._claims(authorization, "refresh", now)
        if claims["jti"] in self._refreshed:
            raise Refusal(400, "ExpiredToken", "Token has been revoked")
        self._refreshed.add(claims["jti"])
        return self._session(claims["handle"], now)

    def handle_of(self, authorization: str, now: datetime) -> str:
        """Return who calls. Raises Refusal 401 without a token, 400 for one that has ended or is none."""
        return str(self._claims(authorization, "access", now)["handle"])

    def _session(self, handle: str, now: datetime) -> dict[str, Any]:
        access, refresh = (
            self._token(handle, "access", now + _ACCESS),
            self._token(handle, "refresh", now + _REFRESH),
        )
        return {
            "did": did_of(handle),
            "handle": handle,
            "accessJwt": access,
            "refreshJwt": refresh,
            "active": True,
        }

    def _token(self, handle: str, kind: str, ends: datetime) -> str:
        self._number += 1
        claims = {
            "scope": _SCOPES[kind],
            "sub": did_of(handle),
            "handle": handle,
            "exp": int(ends.timestamp()),
            "jti": str(self._number),
        }
        parts = ({"typ": "at+jwt", "alg": "HS256"}, claims)
        head, body = (
            base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in parts
        )
        return f"{head}.{body}.sandbox{self._number}"

    def _claims(self, authorization: str, kind: str, now: datetime) -> dict[str, Any]:
        scheme, _, token = authorization.partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise Refusal(401, "AuthMissing", "Authentication Required")
        try:
            body = token.split(".")[1]
            claims: dict[str, Any] = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
            ends = datetime.fromtimestamp(claims["exp"], UTC)
        except (IndexError, KeyError, TypeError, ValueError):
            raise Refusal(400, "InvalidToken", "Token could not be verified") from None
        if claims.get("scope") != _SCOPES[kind]:
            raise Refusal(400, "InvalidToken", "Bad token scope")
        if ends <= now:
            raise Refusal(400, "ExpiredToken", "Token has expired")
        return claims
