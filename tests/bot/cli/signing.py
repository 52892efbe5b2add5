"""A person before the terminal who signs a channel in, and the networks that they sign in to."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import pytest
import typer

from bot.sandbox.server import Sandbox
from tests.bot.channels import contract as c
from tests.bot.cli.conftest import Answer, Shell

ACCOUNTS = {
    "facebook.com/42": "Les vagues",
    "facebook.com/7": "Un autre",
    "2018": "Les vagues",
    "vagues@sandbox": "Les vagues",
    "urn:li:person:anne": "Anne Vague",
    "urn:li:organization:42": "Les vagues",
}


@pytest.fixture(name="sandbox")
def running_sandbox() -> Iterator[Sandbox]:
    """A sandbox in a thread of its own: a command has the loop of this one."""
    made = Sandbox(lambda: c.NOW, accounts=ACCOUNTS)
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    asyncio.run_coroutine_threadsafe(made.start(), loop).result(10)
    yield made
    asyncio.run_coroutine_threadsafe(made.stop(), loop).result(10)
    loop.call_soon_threadsafe(loop.stop)
    thread.join()
    loop.close()


@dataclass
class Person:
    """Types the app's secret, opens the link, pastes what ``pastes`` makes of it."""

    shell: Shell
    pastes: Callable[[str], str]
    secret: str = "app-secret"
    link: str = ""
    asked: int = 0
    seen: list[str] = field(default_factory=list)

    def runs(self, sandbox: Sandbox, toml: str, *arguments: str) -> Answer:
        """Run ``connect`` with these words; ``{api}`` in the configuration is the sandbox."""
        self.shell.write(toml.format(api=sandbox.url))
        self.shell.monkeypatch.setattr(typer, "prompt", self._answers)
        return self.shell.run("connect", *arguments)

    def _answers(self, _question: str, *, hide_input: bool = False, err: bool = False) -> str:
        assert err  # what a script reads from stdout is no question
        self.asked += 1
        if hide_input:
            return self.secret
        out = self.shell.capsys.readouterr().out
        self.seen.append(out)
        self.link = next(word for word in out.split() if word.startswith(("http://", "https://")))
        return self.pastes(self.link)
