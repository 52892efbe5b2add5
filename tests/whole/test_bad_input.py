"""Bad input: every mistake at once, each one clear line, exit status 2, and nothing is written."""
# ruff: noqa: E501  mistakes read best one a line

from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.whole.installation import Installation, section, source

CLOSED = "http://127.0.0.1:9"
FEED = source("news", f"{CLOSED}/feed")
GOOD = {"network": "x", "api": CLOSED}


@dataclass(frozen=True, slots=True)
class Mistake:
    """What somebody wrote, into which table, and how its one line begins."""

    line: str
    kind: str = ""
    name: str = ""
    keys: tuple[tuple[str, object], ...] = ()
    bot: str = ""

    def part(self) -> str:
        return section(self.kind, self.name, **dict(self.keys)) if self.kind else ""


def on_channel(name: str, line: str, **keys: object) -> Mistake:
    return Mistake(f"channels.{name}{line}", "channels", name, tuple({**GOOD, **keys}.items()))


MISTAKES = {
    "an unknown key": on_channel("a", '.slotts: unknown key; did you mean "slots"?', slotts="mon 08:30"),
    "a malformed slot": on_channel("b", '.slots: slots "mon-fri 8h30": "8h30" is no time', slots=["mon-fri 8h30"]),
    "a secret in the file": on_channel("c", ".access_token: a secret never stands in this file; ", access_token="hunter2"),
    "a missing secret": on_channel("poor", ": the secret TECHNOPOLYS_POOR_API_KEY is missing; "),
    "an unknown network": on_channel("d", '.network: unknown network "twitter"; there are ', network="twitter"),
    "a template with a slip": on_channel("e", ".template.article: there is no {titel}; did you mean {title}?", **{"template.article": "{titel}"}),
    "a template cut off": on_channel("f", ".template.fact: a { or } has no partner", **{"template.fact": "{title"}),
    "a template for nothing": on_channel("g", '.template.artikel: there is no template for "artikel"', **{"template.artikel": "{title}"}),
    "no address, no pack": Mistake("sources.empty: name either a url or a pack", "sources", "empty"),
    "an unknown section": Mistake('chanels: unknown section; did you mean "channels"?', "chanels", "x"),
    "an unknown zone": Mistake('bot.timezone: unknown time zone "Mars/Olympus"', bot='timezone = "Mars/Olympus"'),
}  # fmt: skip


@pytest.fixture
def written(bot: Installation) -> Installation:
    """An installation that knows the secrets of every channel but the poor one."""
    for name in "abcdefg":
        bot.x(name, CLOSED)
    return bot


def write(bot: Installation, *mistakes: Mistake, database: str = "") -> None:
    bot.write(FEED, *(mistake.part() for mistake in mistakes))
    head = "\n".join(mistake.bot for mistake in mistakes if mistake.bot)
    database = f'database = "sqlite:///{database}"' if database else ""
    text = bot.file.read_text(encoding="utf-8")
    text = text.replace('timezone = "UTC"', head or 'timezone = "UTC"')
    bot.file.write_text(text.replace("[bot]", f"[bot]\n{database}"), encoding="utf-8")


def everything_in(home: Path) -> dict[str, bytes]:
    """Every file of a folder with what is in it; a folder by its name."""
    found = sorted(home.rglob("*"))
    return {str(path.relative_to(home)): path.read_bytes() if path.is_file() else b"" for path in found}


async def refused(bot: Installation, *words: str) -> list[str]:
    """Run a command that must be refused and write nothing; return its lines."""
    before = everything_in(bot.home)
    told = await bot.ask(*words, status=2)
    assert everything_in(bot.home) == before
    assert told.out == ""
    assert "hunter2" not in told.err
    return told.lines


def only_about(lines: list[str], expected: str) -> bool:
    """Say whether there is nothing but one mistake; a channel without secrets lacks four of them."""
    mine = [line for line in lines if f": {expected}" in line]
    beside = [line for line in lines if "the secret TECHNOPOLYS_POOR_" not in line and line not in mine]
    return len(mine) == 1 and not beside


@pytest.mark.parametrize("name", MISTAKES)
async def test_a_mistake_is_told_in_one_line(written: Installation, name: str) -> None:
    write(written, MISTAKES[name])
    lines = await refused(written, "run", "--once")
    assert only_about(lines, MISTAKES[name].line), lines
    assert all(line.startswith("technopolys.toml: ") for line in lines)


@pytest.mark.parametrize("command", ["poll", "check"])
async def test_all_mistakes_are_told_at_once(written: Installation, command: str) -> None:
    write(written, *MISTAKES.values(), database="nowhere/queue.db")
    lines = await refused(written, command)
    for mistake in MISTAKES.values():
        assert len([line for line in lines if f": {mistake.line}" in line]) == 1, (mistake.line, lines)
    assert len([line for line in lines if line.startswith("bot.database: ")]) == 1, lines
    assert len(lines) == len(MISTAKES) + 1 + 3  # three more secrets are missing


@pytest.mark.parametrize(
    ("place", "why"),
    [
        ("a-folder", "cannot be opened: Is a directory"),
        ("nowhere/queue.db", "cannot be made: its folder is missing or not ours"),
        ("words.txt", "is no SQLite database"),
        ("/sys/queue.db", "cannot be opened: Permission denied"),
    ],
)
async def test_a_database_that_cannot_be_opened(written: Installation, place: str, why: str) -> None:
    (written.home / "a-folder").mkdir()
    (written.home / "words.txt").write_text("Rien de tel qu'une base de données.", encoding="utf-8")
    write(written, database=place)
    for command in (["run", "--once"], ["items", "--json"]):
        (line,) = await refused(written, *command)
        assert line.startswith("bot.database: ")
        assert str(written.home / place) in line
        assert why in line


async def test_two_owners_of_one_name(written: Installation) -> None:
    written.write()
    for name in ("news", "blog"):
        await written.ask("sources", "add", name, "https://blog.example/feed")
    written.write(FEED, source("blog", f"{CLOSED}/blog"))
    for command in (["run", "--once"], ["sources", "list"]):
        told = await written.ask(*command, status=2)
        assert sorted(told.lines) == [
            f"sources.{name}: the same name stands in the file and in the database, where people added it;"
            f" rename it in the file, or: technopolys sources remove {name}"
            for name in ("blog", "news")
        ]
    write(written, MISTAKES["an unknown key"])
    told = await written.ask("poll", status=2)
    assert [line.partition(": ")[0] for line in told.lines] == ["technopolys.toml", "sources.news"]


async def test_the_way_out_of_two_owners_is_the_one_that_was_named(written: Installation) -> None:
    written.write()
    await written.ask("sources", "add", "news", "https://blog.example/feed")
    written.write(FEED)
    await written.ask("sources", "remove", "news")
    (row,) = written.look("sources", "list")
    assert row["url"] == f"{CLOSED}/feed"


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (None, "technopolys.toml: there is no such file; `technopolys init` writes one"),
        (b"[bot\n", "technopolys.toml: is not written in TOML: "),
        (b"a = '\xff'", "technopolys.toml: is not text in UTF-8"),
    ],
)
async def test_no_configuration_to_read(bot: Installation, content: bytes | None, words: str) -> None:
    if content is not None:
        bot.file.write_bytes(content)
    (line,) = await refused(bot, "run")
    assert line.startswith(words)


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (["poll", "nobody"], "there is no source nobody; the sources are news"),
        (["posts", "--channel", "nowhere"], "there is no channel nowhere; the channels are none"),
        (["publish", "i1", "--channel", "a", "--all"], "either --channel or --all, not both"),
        (["fly"], "fly"),
    ],
)
async def test_wrong_usage_is_one_line_too(bot: Installation, words: list[str], line: str) -> None:
    bot.write(FEED)
    (told,) = (await bot.ask(*words, status=2)).lines
    assert line in told
