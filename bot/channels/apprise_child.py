"""The process that Apprise lives in: two lines in, two lines out, one message at most.

The first line names the address; the answer says what it leads to. The second holds the message; the answer
says what came of it. Whatever Apprise and its services do, here no request follows a redirect or a proxy of
the environment, none is made after one that failed, and all of a message go to one site.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from bot.channels.session import loading_requests, not_sent, whole

if TYPE_CHECKING:
    import apprise
    import requests

_ENDS = frozenset({"content-length", "transfer-encoding"})
_SITE = 2
"""So many of a host's last labels name a site: several hosts of one service share them."""


@dataclass(slots=True)
class Watch:
    """Watches what leaves this process, and stops what may not. ``api`` takes every host's place."""

    api: str
    seconds: float
    connected: bool = False
    statuses: list[int] = field(default_factory=list)
    retry_after: str = ""
    lost: str = ""
    never_sent: bool = False
    _site: str = ""

    def on_event(self, event: str, _args: object) -> None:
        """Note that a connection was tried, by whichever library: a hook for the interpreter's own events."""
        self.connected |= event in {"socket.connect", "socket.sendto", "socket.sendmsg"}

    def send(
        self, request: Callable[..., requests.Response], method: str, url: str, **what: object
    ) -> requests.Response:
        """Make one request as carefully as a create must be made; keep what came of it."""
        import requests

        if not self._may_go(url):
            raise requests.ConnectionError("another request is not made")
        where = f"{self.api}{_path_of(url)}" if self.api else url
        bounds = {"timeout": (self.seconds, self.seconds), "allow_redirects": False, "stream": True}
        try:
            answer = whole(request(method, where, **(what | bounds)))
            if not _is_complete(answer):
                raise requests.ConnectionError("its head was cut")
        except requests.RequestException as error:
            self.lost, self.never_sent = type(error).__name__, not_sent(error)
            raise
        self.statuses.append(answer.status_code)
        self.retry_after = answer.headers.get("retry-after", "")
        return answer

    def told(self, *, taken: bool) -> dict[str, object]:
        """Return what came of the message."""
        return {
            "taken": taken,
            "connected": self.connected,
            "statuses": self.statuses,
            "retry_after": self.retry_after,
            "lost": self.lost,
            "never_sent": self.never_sent,
        }

    def _may_go(self, url: str) -> bool:
        site = _site_of(url)
        self._site = self._site or site
        failed = bool(self.lost) or any(not 200 <= status < 300 for status in self.statuses)  # noqa: PLR2004
        return not failed and site == self._site


def _is_complete(answer: requests.Response) -> bool:
    """Tell whether an answer says where its body ends: one that was cut in its head does not."""
    return answer.status_code == HTTPStatus.NO_CONTENT or not _ENDS.isdisjoint(map(str.lower, answer.headers))


def _site_of(url: str) -> str:
    host = (urlsplit(url).hostname or "").rstrip(".")
    return host if re.fullmatch(r"[\d.]+|.*:.*", host) else ".".join(host.split(".")[-_SITE:])


def _path_of(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.path}?{parts.query}" if parts.query else parts.path


def guard(watch: Watch) -> None:
    """Let every request of this process go through ``watch``, and every connection be noted."""
    with loading_requests():
        import requests

    plain = requests.Session.request

    def request(session: requests.Session, method: str, url: str, **what: Any) -> requests.Response:  # noqa: ANN401
        session.trust_env = False
        session.headers.update({"Accept-Encoding": "identity", "Connection": "close"})

        def made(method: str, url: str, **what: Any) -> requests.Response:  # noqa: ANN401
            return plain(session, method, url, **what)

        return watch.send(made, method, url, **what)

    requests.Session.request = request  # type: ignore[assignment, method-assign]  # this process is Apprise's
    sys.addaudithook(watch.on_event)


def service_at(errand: Mapping[str, Any]) -> tuple[dict[str, object], apprise.Apprise]:
    """Return what an address leads to, and Apprise with that one service."""
    from apprise import Apprise, AppriseAsset, OverflowMode

    asset = AppriseAsset(
        http_redirects=False, async_mode=False, **({"app_id": errand["account"]} if errand["account"] else {})
    )
    made = Apprise(asset=asset)
    if not made.add(errand["url"]):
        return {"trouble": "is no address that Apprise knows"}, made
    if len(made) != 1:
        return {"trouble": "holds several addresses: make a channel of each"}, made
    service = made[0]
    service.overflow_mode = OverflowMode.UPSTREAM  # a message is one message: what is too long was cut by us
    protocols = [*_words(service.protocol), *_words(service.secure_protocol)]
    name = str(service.service_name)
    return {"name": name, "protocols": protocols, "maximum": service.body_maxlen}, made


def _words(given: object) -> Iterable[str]:
    """Return a service's words in addresses: Apprise holds none, one or several."""
    if isinstance(given, str):
        return (given,)
    return map(str, given) if isinstance(given, tuple | list | set | frozenset) else ()


def main() -> int:
    """Answer the two lines on standard input."""
    errand = json.loads(sys.stdin.readline())
    watch = Watch(errand["api"].rstrip("/"), errand["seconds"])
    guard(watch)
    about, made = service_at(errand)
    _say(about)
    message = sys.stdin.readline()
    if not message or "trouble" in about:
        return 0
    watch.connected = False
    _say(watch.told(taken=_delivered(made, json.loads(message)["text"])))
    return 0


def _delivered(made: apprise.Apprise, text: str) -> bool:
    """Return whether the service took the message; whatever went wrong, the watch has seen what left."""
    try:
        return bool(made.notify(body=text, body_format="text", interpret_escapes=False))
    except Exception:  # noqa: BLE001  of a hundred services' code
        return False


def _say(words: Mapping[str, object]) -> None:
    sys.stdout.write(f"{json.dumps(words)}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
