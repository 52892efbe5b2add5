"""What a person pastes back from their browser: a code that the network shows, or the address it led to."""

from __future__ import annotations

import hmac
import re
from urllib.parse import parse_qs, urlsplit

from bot.cli.context import CliError

_SHOWN = re.compile(r"[\w~-]{1,512}", re.ASCII)
_DECLINED = frozenset({"access_denied", "user_cancelled_login", "user_cancelled_authorize"})
"""OAuth's word for a person who does not agree, and LinkedIn's two."""
_LONGEST = 200


def code_in(pasted: str, state: str, *, shown: bool) -> str:
    """Return the code in what was pasted; ``shown`` says that the network shows a bare one.

    Raises :class:`CliError` for an address of another sign-in, of a person who did not agree, or for none.
    """
    pasted = pasted.strip()
    if shown and _SHOWN.fullmatch(pasted):
        return pasted
    brought = _parameters(pasted)
    _refuse_errors(brought)
    code, back = brought.get("code", ""), brought.get("state")
    if not code:
        wanted = "the code that is shown" if shown else "the whole address, from https:// on"
        raise CliError(f"there is no code in this; paste {wanted}")
    if back is None and shown:
        return code  # it belongs to this sign-in or is refused: the network knows which link it is for
    if not hmac.compare_digest((back or "").encode(), state.encode()):
        raise CliError("this address belongs to another sign-in; begin again")
    return code


def _parameters(address: str) -> dict[str, str]:
    try:
        query = parse_qs(urlsplit(address).query)
    except ValueError:
        return {}
    return {name: values[0] for name, values in query.items()}


def _refuse_errors(brought: dict[str, str]) -> None:
    error = brought.get("error")
    if error is None:
        return
    if error in _DECLINED:
        raise CliError("the person did not agree: begin again")
    words = f"{error}: {brought.get('error_description', '')}".rstrip(": ")
    line = " ".join("".join(c if c.isprintable() else " " for c in words).split())
    raise CliError(f"not signed in: {line[:_LONGEST]}")
