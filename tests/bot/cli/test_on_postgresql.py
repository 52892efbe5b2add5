"""Every command on a PostgreSQL server, as people type it."""

from collections.abc import Iterator

import pytest

from tests.bot.cli.configured import ADDED, TOML, Bot
from tests.postgresql import LOCKED, PASSWORD, USER, Postgres

pytestmark = pytest.mark.postgres


@pytest.fixture(name="address")
def fresh_address(postgres: Postgres) -> Iterator[str]:
    server = postgres.empty()
    yield server.address
    postgres.drop(server)


def on(bot: Bot, address: str) -> Bot:
    bot.shell.write(TOML.replace("[bot]", f'[bot]\ndatabase = "{address}"'))
    return bot


def test_a_fresh_server_is_taken_up_and_every_listing_works(bot: Bot, address: str) -> None:
    on(bot, address)
    found = {finding["about"]: finding for finding in bot.done("check", "--json").json}
    assert found["bot.database"]["text"].startswith(address)
    assert bot.done("db", "upgrade").out.endswith("upgraded from nothing\n")
    assert bot.done("db", "upgrade").out.endswith("nothing was to be done\n")
    bot.done(*ADDED, "Bonjour à tous", "--url", "https://example.org/a")
    bot.done("approve", "i1")
    for listing in (["items"], ["posts"], ["plan"], ["sources", "list"], ["channels", "list"], ["holds"]):
        bot.done(*listing, "--json")
    assert [item["title"] for item in bot.done("items", "--json").json] == ["Bonjour à tous"]
    bot.done("pause", "--why", "un essai")
    bot.done("resume")
    bot.done("why", "i1")
    bot.done("withdraw", "i1")
    assert [item["state"] for item in bot.done("items", "--json").json] == ["withdrawn"]


@pytest.mark.parametrize("command", [["check"], ["items"], ["db", "upgrade"], ["run", "--once"]])
@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("127.0.0.1", "nowhere.invalid", "nowhere.invalid"),
        ("/t", "/no_such_t", "does not exist"),
        (f"{USER}@", f"{LOCKED}@", "password"),
    ],
    ids=["host", "name", "password"],
)
def test_what_is_wrong_with_the_address_is_one_line(
    bot: Bot, address: str, command: list[str], old: str, new: str, said: str
) -> None:
    on(bot, address.replace(old, new, 1))
    answer = bot.run(*command)
    (line,) = answer.err.splitlines()
    assert answer.status == 2
    assert line.startswith("bot.database: the database postgresql+psycopg://")
    assert said in line
    assert "TECHNOPOLYS_DATABASE_PASSWORD" in line


def test_the_password_comes_from_the_environment_and_is_never_shown(bot: Bot, address: str) -> None:
    on(bot, address.replace(f"{USER}@", f"{LOCKED}@", 1))
    bot.shell.monkeypatch.setenv("TECHNOPOLYS_DATABASE_PASSWORD", PASSWORD)
    shown = [bot.done(*command).out for command in (["check"], ["items"], ["config"])]
    assert PASSWORD not in "".join(shown)


def test_backup_says_how_a_server_is_copied(bot: Bot, address: str) -> None:
    (line,) = on(bot, address).wrong("backup", "copy.db")
    assert "pg_dump --format=custom --file=FILE postgresql://" in line
    assert not (bot.shell.folder / "copy.db").exists()


def test_two_workers_that_run_once_share_a_server(bot: Bot, address: str) -> None:
    on(bot, address)
    bot.shell.write(TOML.replace("[bot]", f'[bot]\ndatabase = "{address}"').split("[sources")[0])
    for _ in range(2):
        assert bot.run("run", "--once").status == 0
    assert bot.run("status", "--json").json["worker"] is None
