"""Who asks. The stand-in has no secrets to check: it wants every part of a sign-in to be there."""

import re
import zlib
from urllib.parse import unquote

from bot.sandbox.x_answers import UNAUTHORIZED, Refusal

_OAUTH_1_PARTS = frozenset(
    {"oauth_consumer_key", "oauth_token", "oauth_signature", "oauth_nonce", "oauth_timestamp"}
)
_PART = re.compile(r'(\w+)="([^"]+)"')
_USER_TOKEN = re.compile(r"([0-9]{1,19})-.+", re.ASCII)


def user_id_of(authorization: str) -> str:
    """Return the user id behind an Authorization header.

    OAuth 1.0a: the digits before the dash of the access token. Bearer: the same where the token has that
    shape; else a number of its own for each token. Raises Refusal 401 where something is missing.
    """
    scheme, _, credentials = authorization.partition(" ")
    readers = {"oauth": _by_oauth_1, "bearer": _by_bearer}
    read = readers.get(scheme.lower())
    user_id = read(credentials.strip()) if read else None
    if user_id is None:
        raise Refusal(UNAUTHORIZED)
    return user_id


def _by_oauth_1(credentials: str) -> str | None:
    parts = {name: unquote(value) for name, value in _PART.findall(credentials)}
    if not parts.keys() >= _OAUTH_1_PARTS:
        return None
    return _user_in(parts["oauth_token"])


def _by_bearer(token: str) -> str | None:
    return (_user_in(token) or str(zlib.crc32(token.encode()))) if token else None


def _user_in(token: str) -> str | None:
    match = _USER_TOKEN.fullmatch(token)
    return match[1] if match else None
