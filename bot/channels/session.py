"""The sessions of network libraries, made as careful as a create request must be.

An answer that is no success, or holds no JSON object, is raised as :class:`AnswerError` before the
library reads it. tweepy stumbles over a list for a body, ``errors: null`` or a strange reset header;
python-telegram-bot tells a 402 from a 503 by nothing, and logs what it cannot read.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Any, cast
from warnings import catch_warnings, filterwarnings

from bot.channels.answer import MAX_ANSWER, AnswerError, first_cause, json_object
from bot.lean import hollow, without

if TYPE_CHECKING:
    import httpx
    import requests


@contextmanager
def loading_requests() -> Iterator[None]:
    """Import requests meanwhile without what nobody here uses.

    That is 2 MB to guess encodings, where every answer is JSON, and 1 MB for OAuth 2, whose tokens come and
    go by ``http_client``.
    """
    with catch_warnings(), without("chardet", "charset_normalizer"), hollow("oauthlib.oauth2"):
        filterwarnings("ignore", message="Unable to find acceptable character detection dependency")
        yield


def quieten(*names: str) -> None:
    """Keep the loggers of these names at INFO: at DEBUG they print tokens, addresses and bodies."""
    for name in names:
        logger = logging.getLogger(name)
        logger.setLevel(max(logger.level, logging.INFO))


def make_careful(
    session: requests.Session,
    deadline: timedelta,
    api: str,
    *,
    hide: Collection[str] = (),
    readable: Callable[[bytes], object] = json_object,
) -> None:
    """Give a session a timeout, no redirect, a bounded body, and ``api`` in place of the real host.

    A good answer's headers that begin as one of ``hide`` are kept from the library, which would make a
    failure of a strange one. ``readable`` says whether it can read a good answer's body.
    """
    # A connection kept alive may be dead: a create sent into it would be uncertain for nothing.
    session.headers.update({"Accept-Encoding": "identity", "Connection": "close"})
    session.trust_env = False  # a proxy of the environment is nobody's word here
    session.request = _careful(session.request, deadline, api, tuple(hide), readable)  # type: ignore[method-assign]  # libraries call it


def _careful(
    request: Callable[..., requests.Response],
    deadline: timedelta,
    api: str,
    hide: tuple[str, ...],
    readable: Callable[[bytes], object],
) -> Callable[..., requests.Response]:
    """Wrap a session's ``request``.

    The read timeout is longer than the deadline: a receipt that comes after it is still evidence.
    """
    seconds = deadline.total_seconds()

    def ask(method: str, url: str, auth: Callable[..., Any], **what: object) -> requests.Response:
        bounds = {"timeout": (seconds / 3, seconds * 4), "allow_redirects": False, "stream": True}
        moved = _moved(auth, api) if api else auth
        with request(method, url, auth=moved, **(what | bounds)) as answer:
            body = _bounded(answer.iter_content(8192))
            if not 200 <= answer.status_code < 300 or not readable(body):  # noqa: PLR2004  a success
                raise AnswerError(answer.status_code, answer.headers, body)
            return _copied(answer, body, hide)

    return ask


def _moved(auth: Callable[..., Any], api: str) -> Callable[..., Any]:
    """Sign for the network's own host as ever, then send the request to ``api``."""

    def sign(prepared: requests.PreparedRequest) -> requests.PreparedRequest:
        signed: requests.PreparedRequest = auth(prepared)
        signed.url = f"{api}{signed.path_url}"
        return signed

    return sign


def _bounded(chunks: Iterator[bytes]) -> bytes:
    """Read a body, but no more of it than any answer can have; b"" for a longer one."""
    body = bytearray()
    for chunk in chunks:
        body += chunk
        if len(body) > MAX_ANSWER:
            return b""
    return bytes(body)


def whole(answer: requests.Response) -> requests.Response:
    """Return an answer that was asked for as a stream with its body read, but no more than any can have."""
    with answer:
        return _copied(answer, _bounded(answer.iter_content(8192)), ())


def _copied(answer: requests.Response, body: bytes, hide: tuple[str, ...]) -> requests.Response:
    """Return an answer that holds what was read of another, without the headers to hide."""
    import io

    import requests

    copy = requests.Response()
    copy.status_code, copy.headers, copy.url = answer.status_code, answer.headers, answer.url
    for name in [name for name in copy.headers if name.lower().startswith(hide)] if hide else ():
        del copy.headers[name]
    copy.raw = io.BytesIO(body)
    return copy


def not_sent(error: Exception) -> bool:
    """Tell whether the connection was never made, so that no byte of the request can have left."""
    import ssl

    from urllib3 import exceptions as e

    never = (e.NewConnectionError, e.ConnectTimeoutError, e.NameResolutionError, ssl.SSLCertVerificationError)
    return first_cause(error, *never) is not None


async def only_good(answer: httpx.Response) -> None:
    """Let only a good answer pass, its body bounded: a hook for the responses of httpx."""
    import httpx

    body = b"" if answer.headers.get("content-encoding") else await _bounded_stream(answer)
    if not answer.is_success or not json_object(body):
        raise AnswerError(answer.status_code, answer.headers, body)
    answer.stream = httpx.ByteStream(body)


async def _bounded_stream(answer: httpx.Response) -> bytes:
    """Read a body as :func:`_bounded` does."""
    import httpx

    stream = cast(httpx.AsyncByteStream, answer.stream)
    body = bytearray()
    async for chunk in stream:
        body += chunk
        if len(body) > MAX_ANSWER:
            return b""
    await stream.aclose()
    return bytes(body)
