"""A link to the news on a channel whose network hides it: preview, plan and check say what becomes of it."""

from tests.bot.cli.configured import TOML, Bot

CHANNEL = """
[channels.page]
network = "facebook"
page = "42"
language = "fr"
slots = ["daily 09:00"]
"""
WITH_OUR_PAGE = 'news = "page"\nown_page = "https://technopolys.example/nouvelles"\n'
LINK = ("--url", "https://www.lapresse.ca/affaires/2026-11-27/vagues.php")


def configured(bot: Bot, more: str = "") -> None:
    bot.shell.monkeypatch.setenv("TECHNOPOLYS_PAGE_PAGE_TOKEN", "made-up")
    bot.shell.write(TOML + CHANNEL + more)


def test_such_an_item_waits_unless_a_page_of_ours_is_named(bot: Bot) -> None:
    configured(bot)
    item = bot.added("Lire les vagues", *LINK)
    told = bot.done("preview", item).out
    assert f"{item} waits on page: its network shows no link to www.lapresse.ca" in told


def test_with_a_page_of_ours_preview_and_plan_say_that_it_stands_there(bot: Bot) -> None:
    configured(bot, WITH_OUR_PAGE)
    item = bot.approved("Lire les vagues", *LINK)
    told = bot.done("preview", item).out
    assert "https://technopolys.example/nouvelles" in told.partition("on page")[2]
    assert "this page of ours stands for the item's link, which the network does not show" in told
    rows = [row for row in bot.done("plan", "--why", "--json").json if row["channel"] == "page"]
    assert [row["link"] for row in rows] == ["https://technopolys.example/nouvelles"]
    assert rows[0]["reason"].endswith("; with a page of ours for its link, which the network does not show")


def test_a_page_has_to_be_named_where_one_is_to_go_out(bot: Bot) -> None:
    configured(bot, 'news = "page"\n')
    (line,) = bot.wrong("check")
    assert 'news = "page" needs own_page, the address of a page of yours; or write "wait"' in line
    assert "channels.page" in line


def test_a_list_that_nobody_has_looked_at_for_a_year_is_named(bot: Bot) -> None:
    configured(bot, "news_since = 2025-01-31\n")
    found = [one["text"] for one in bot.done("check", "--json").json if one["about"] == "channels.page"]
    assert found == ["its news_domains are of 2025-01-31: look them over, then set news_since to today"]
    configured(bot, "news_since = 2025-01-31\nnews_domains = []\n")
    assert [one for one in bot.done("check", "--json").json if one["about"] == "channels.page"] == []
