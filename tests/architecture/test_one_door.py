"""No socket but by the guarded door: http_client, and the network libraries in bot/channels.

A hole beside the guard is how such bots were broken into: every import that can dial is listed here with the
one room it may stand in.
"""

import ast
from pathlib import Path

import pytest

from tests.architecture.source import PACKAGES, files, name, tree

DIALS = {
    "aiohttp", "aiosmtplib", "apprise", "ftplib", "http.client", "http.server", "httpcore", "httpx",
    "imaplib", "mastodon", "multiprocessing.connection", "nntplib", "poplib", "pycurl", "requests", "smtplib",
    "socket", "socketserver", "ssl", "telegram", "telnetlib", "tweepy", "urllib.request", "urllib3",
    "websockets", "xmlrpc.client",
}  # fmt: skip
CALLS = {
    "create_connection", "create_datagram_endpoint", "create_server", "create_unix_connection",
    "create_unix_server", "open_connection", "open_unix_connection", "sock_connect", "start_server",
    "start_unix_server", "urlopen", "urlretrieve",
}  # fmt: skip
ROOMS = {
    "bot/http_client/": {"aiohttp", "socket"},
    "bot/channels/": {"apprise", "httpx", "mastodon", "requests", "ssl", "telegram", "tweepy", "urllib3"},
    "bot/desk/telegram": {"telegram"},  # moderators' chat: Telegram's own library, Telegram's own address
    "bot/sandbox/": DIALS,  # the other end of the line
    "bot/desk/web/server.py": {"socket"},  # listens, and dials nobody
    "bot/watch/outside_child.py": {"apprise"},  # alarms, to the address that the operator wrote
    "bot/cli/beginning.py": {"socket"},  # asks what this machine is called
}
LISTENS = {"bot/sandbox/": CALLS, "bot/http_client/": set[str](), "bot/desk/web/server.py": set[str]()}


def imported(path: Path) -> set[str]:
    """Every module that a file names in an import, as far as it can dial."""
    found = set[str]()
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            found |= {dialling(alias.name) for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and not node.level:
            found |= {dialling(f"{node.module}.{alias.name}") for alias in node.names}
        elif isinstance(node, ast.Call) and called(node) in {"import_module", "__import__"}:
            found |= {dialling(str(value.value)) for value in node.args if isinstance(value, ast.Constant)}
    return found - {""}


def dialling(module: str) -> str:
    """The library of ``DIALS`` that a module belongs to, or ""."""
    return next((known for known in DIALS if module == known or module.startswith(known + ".")), "")


def called(node: ast.Call) -> str:
    function = node.func
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")


def allowed(path: Path, rooms: dict[str, set[str]]) -> set[str]:
    return {one for room, names in rooms.items() if name(path).startswith(room) for one in names}


@pytest.mark.parametrize("path", files(*PACKAGES), ids=name)
def test_nothing_else_opens_a_socket(path: Path) -> None:
    assert imported(path) - allowed(path, ROOMS) == set(), "let http_client open it"
    dialled = {called(node) for node in ast.walk(tree(path)) if isinstance(node, ast.Call)} & CALLS
    assert dialled - allowed(path, LISTENS) == set(), "let http_client open it"


def test_the_door_itself_is_the_only_one_that_makes_sockets() -> None:
    making = {
        name(path)
        for path in files(*PACKAGES)
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "socket.socket"
    }
    assert making == {"bot/http_client/__init__.py", "bot/desk/web/server.py"}


@pytest.mark.parametrize(
    "line",
    [
        "import requests",
        "import urllib.request as r",
        "from urllib import request",
        "from http.client import HTTPSConnection",
        "import aiohttp.web",
        "importlib.import_module('httpx')",
    ],
)
def test_every_way_to_import_one_is_seen(tmp_path: Path, line: str) -> None:
    written = tmp_path / "a.py"
    written.write_text(line, encoding="utf-8")
    assert imported(written)
