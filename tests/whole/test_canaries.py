"""Sixteen secrets are given; whatever the bot writes, shows, logs or keeps, none of them stands in it."""

import base64
import re
from pathlib import Path
from typing import Any

import aiohttp

from bot.sandbox.faults import Fault
from bot.sandbox.server import Sandbox
from tests.whole.installation import Installation, Running, channel, source, until
from tests.whole.news import newsroom

STORIES = ["Un premier vaisseau", "Deux lunes", "Trois marées"]
EACH_SECOND = "daily 00:00-24:00 every 1s"
KEY = base64.urlsafe_b64encode(b"canary-key-of-32-bytes-exactly!!").decode()
SECRETS = {
    "X_FR_API_KEY": "canary-one",
    "X_FR_API_SECRET": "canary-two",
    "X_FR_ACCESS_TOKEN": "1-canary-three",
    "X_FR_ACCESS_TOKEN_SECRET": "canary-four",
    "TG_TOKEN": "7:canary-five" + "a" * 24,
    "MASTODON_ACCESS_TOKEN": "vagues-canary-six",
    "BLUESKY_APP_PASSWORD": "cana-ryse-vena-aaaa",
    "LINKEDIN_ACCESS_TOKEN": "canary-eight",
    "LINKEDIN_REFRESH_TOKEN": "canary-refresh-twelve",
    "LINKEDIN_CLIENT_ID": "canary-thirteen",
    "LINKEDIN_CLIENT_SECRET": "canary-fourteen",
    "FACEBOOK_PAGE_TOKEN": "42-canary-nine",
    "FACEBOOK_APP_SECRET": "canary-fifteen",
    "APPRISE_URL": "json://user:canary-ten@hook.example/canary-ten",
    "ALERTS_URL": "json://user:canary-eleven@127.0.0.1:9/canary-eleven",
    "KEY": KEY,
}
EFFECTS = ("500", "html", "cut-after", "401")
PAGES = ("", "pending", "items", "items/i1", "calendar", "settle", "published", "holds", "sources", "people")


def configure(bot: Installation, sandbox: Sandbox, feed: str) -> None:
    usual: dict[str, Any] = {"language": "fr", "slots": EACH_SECOND, "on_uncertain": "ask"}
    bot.environment |= {f"TECHNOPOLYS_{name}": value for name, value in SECRETS.items()}
    bot.write(
        source("fr", feed, language="fr", approval="trusted"),
        channel("x-fr", "x", sandbox.url, links="always", **usual),
        channel("tg", "telegram", sandbox.url, chat="@vagues", **usual),
        channel("mastodon", "mastodon", sandbox.url, **usual),
        channel("bluesky", "bluesky", sandbox.url, handle="vagues.test", **usual),
        channel("linkedin", "linkedin", sandbox.url, author="urn:li:organization:42", **usual),
        channel("facebook", "facebook", sandbox.url, page="42", **usual),
        channel("apprise", "apprise", sandbox.url, account="vagues", **usual),
    )


def misbehave(sandbox: Sandbox) -> None:
    """Let each network fail each way once, on creating and on reading."""
    for network in ("x", "telegram", "mastodon", "bluesky", "linkedin", "facebook", "apprise"):
        for effect in EFFECTS:
            sandbox.misbehave(Fault(network, effect))


async def pages(running: Running) -> str:
    """Everything that the desk shows, with its headers."""
    found = await until(lambda: _address(running), lambda: running.err[-5:])
    home = found.partition("/?")[0]
    seen = ""
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as session:
        await session.get(found)
        for path in (*PAGES, "feed.xml", "healthz", "readyz", "metrics", "why?of=i1", "api/openapi.json"):
            async with session.get(f"{home}/{path}") as answer:
                seen += str(answer.headers) + await answer.text()
    assert "Un premier vaisseau" in seen
    return seen


def kept(folder: Path) -> list[Path]:
    """Every file that there is."""
    return [path for path in sorted(folder.rglob("*")) if path.is_file()]


def nowhere(said: str, folder: Path) -> None:
    """Look for each secret in what was said and in every file that there is now."""
    for value in SECRETS.values():
        secret = value.split("@")[0].rpartition(":")[2]
        bare = secret.removeprefix("1-").removeprefix("42-").removeprefix("vagues-")
        assert bare not in said, said[max(0, said.find(bare) - 300) : said.find(bare) + 50]
        for path in kept(folder):
            assert bare.encode() not in path.read_bytes(), path


async def _address(running: Running) -> str | None:
    for line in (*running.out, *running.err):
        if match := re.search(r"http://127\.0\.0\.1:\d+/\?token=[\w-]+", line):
            return match[0]
    return None


async def test_sixteen_secrets_stand_in_nothing_that_the_bot_says_or_keeps(
    tmp_path: Path, sandbox: Sandbox
) -> None:
    assert len(SECRETS) == 16
    bot, copy = Installation(tmp_path), tmp_path / "copy.db"
    async with newsroom({"fr": STORIES}) as room:
        configure(bot, sandbox, f"{room.url}/fr")
        misbehave(sandbox)
        async with bot.running("run") as running:
            await running.started()

            async def several_tried() -> bool:
                return sum("sent" in line for line in running.err) > 2 * len(EFFECTS)

            await until(several_tried, lambda: running.err[-5:])
            said = await pages(running)
            for words in (
                ["status"],
                ["check", "--online"],
                ["posts"],
                ["plan"],
                ["why", "i1"],
                ["channels"],
            ):
                for more in ([], ["--json"]):
                    told = await bot.ask(*words, *more, status=None)
                    said += told.out + told.err
            told = await bot.ask("backup", str(copy))
        said += told.out + told.err + "\n".join([*running.out, *running.err])
        nowhere(said, tmp_path)
        assert copy in kept(tmp_path)
