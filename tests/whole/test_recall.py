"""``recall`` with the real command: what is out goes, what cannot go is listed with its address."""

from pathlib import Path

from bot.sandbox.faults import Fault
from bot.sandbox.server import Sandbox
from tests.whole.installation import Installation

MIDNIGHT = "daily 00:00"
ARTICLE = ("--kind", "article", "--lang", "fr", "--title", "Deux lunes", "--url", "https://example.org/")


async def test_what_is_out_is_taken_back_and_what_stays_is_listed_with_its_address(
    tmp_path: Path, sandbox: Sandbox
) -> None:
    bot = Installation(tmp_path)
    bot.write(
        bot.x("x-fr", sandbox.url, language="fr", slots=MIDNIGHT),
        bot.telegram("tg-fr", sandbox.url, "@vagues", language="fr", slots=MIDNIGHT),
    )
    await bot.ask("add", *ARTICLE)
    await bot.ask("approve", "i1")
    await bot.ask("publish", "i1", "--all")
    assert len(sandbox.timeline()) == 2

    told = await bot.ask("recall", "i1", "--why", " ", status=1)
    assert told.lines[-1].endswith("say why: people will read it")

    sandbox.misbehave(Fault("x", "403-duplicate", 1, "delete"))
    told = await bot.ask("recall", "i1", "--why", "le chiffre était faux", status=1)
    (left,) = sandbox.timeline()
    assert left.network == "x"
    assert f"is still out: delete it by hand at {sandbox.url}/i/status/{left.id}" in told.lines[-1]
    (item,) = bot.look("items")
    assert item["state"] == "withdrawn"

    (row,) = [row for row in bot.look("posts") if row["channel"] == "x-fr"]
    (gone,) = await bot.rows("recall", row["id"], "--why", "le chiffre était faux")
    assert gone["state"] == "recalled"
    assert sandbox.timeline() == []
    told = await bot.ask("recall", "i1", "--why", "encore", status=1)
    assert told.lines[-1].endswith("nothing of i1 is out: withdraw it instead")
