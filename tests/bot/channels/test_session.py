"""Sessions of blocking libraries, where the contract suite cannot look."""

from __future__ import annotations

from datetime import timedelta

import pytest
import requests

from bot.channels.session import make_careful, not_sent

REAL = "https://api.twitter.com/2/users/42/tweets?max_results=5"


class Stopped(Exception):  # noqa: N818  it is no error
    """Ends a request just before it would leave."""


def leaving(api: str) -> tuple[requests.PreparedRequest, dict[str, object]]:
    """Return what a careful session would have sent, and how."""
    session = requests.Session()
    seen: list[tuple[requests.PreparedRequest, dict[str, object]]] = []

    def send(request: requests.PreparedRequest, **how: object) -> requests.Response:
        seen.append((request, how))
        raise Stopped

    def signed(request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Signed-For"] = str(request.url)
        return request

    session.send = send  # type: ignore[method-assign]  # nothing is to leave this process
    make_careful(session, timedelta(seconds=30), api)
    with pytest.raises(Stopped):
        session.request("GET", REAL, auth=signed)
    return seen[0]


def test_without_another_api_the_request_goes_where_it_was_meant_to() -> None:
    request, how = leaving("")
    assert request.url == REAL
    assert how["timeout"] == (10, 120)
    assert how["allow_redirects"] is False


def test_another_api_gets_the_request_that_was_signed_for_the_real_host() -> None:
    request, _ = leaving("http://127.0.0.1:9/x")
    assert request.url == "http://127.0.0.1:9/x/2/users/42/tweets?max_results=5"
    assert request.headers["Signed-For"] == REAL


def test_an_error_of_the_connection_itself_has_sent_nothing() -> None:
    import ssl

    from urllib3.connection import HTTPConnection
    from urllib3.exceptions import MaxRetryError, NameResolutionError, ProtocolError

    connection = HTTPConnection("example.org")
    name = NameResolutionError("example.org", connection, OSError("no such name"))  # type: ignore[arg-type]  # any OSError
    wrapped = requests.ConnectionError(MaxRetryError(connection, "/", name))  # type: ignore[arg-type]  # only printed
    assert not_sent(wrapped)
    assert not_sent(requests.exceptions.SSLError(ssl.SSLCertVerificationError("self-signed")))
    assert not not_sent(requests.ConnectionError(ProtocolError("cut", OSError())))
    assert not not_sent(requests.exceptions.SSLError(ssl.SSLError("bad record")))
