"""A good file: what its settings come to."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from bot.secret import Secret
from bot.settings import Links, OnUncertain
from bot.settings.example import example_env, example_toml
from content_queue.calendar import slots_between
from content_queue.item import Kind
from tests.bot.settings.conftest import Desk

WHOLE = """
[bot]
timezone = "America/Vancouver"
language = "en"
database = "sqlite:///data/queue.db"
commit_ahead = "12h"
grace = "0m"

[desk]
listen = "127.0.0.1:0"
public_url = "https://bot.example.org"
telegram = { chat = -100123 }

[fetch]
allow_private = ["127.0.0.1", "10.0.0.0/8"]
max_bytes = "2MB"
contact = "mailto:bot@example.org"

[sources.startech]
url = "http://127.0.0.1:9/feed/"
kind = "video"
language = "fr"
approval = "trusted"
every = "5s"
backlog = 3
include = ["StarTech", "/^Star/"]
exclude = ["x"]
topics = ["startech"]
partner = "Technopolys"

[sources.facts]
pack = "technopolys"

[channels.x-fr]
network = "birdcage"
colour = "green"
language = "fr"
slots = ["mon-fri 08:30, 12:15", "sat 10:00"]
quiet = "21:00-07:00"
holidays = "CA-QC"
min_gap = "45m"
daily_max = 6
jitter = "5m"
late = "3h"
mix = { article = 4, fact = 2 }
links = "never"
monthly_budget = 40.00
require_alt = false
on_uncertain = "drop"
api = "http://127.0.0.1:8081"
template.article = "{title}"
template.default = "{url}"
look_after = "1s"
look_again = "2s"
deadline = "5s"

[channels.tg]
network = "post"
chat = "@technopolys"
language = ["fr", "en"]
"""
ENVIRON = {
    "TECHNOPOLYS_DESK_TELEGRAM_TOKEN": "desk-token",
    "TECHNOPOLYS_DATABASE_PASSWORD": "database-password",
    "TECHNOPOLYS_ALERTS_URL": "alerts-url",
    "TECHNOPOLYS_KEY": "the-key",
    "TECHNOPOLYS_X_FR_API_KEY": "x-key",
    "TECHNOPOLYS_X_FR_ACCESS_TOKEN": "x-token",
    "TECHNOPOLYS_TG_TOKEN": "tg-token",
}


@pytest.fixture(name="desk")
def desk_with_secrets(tmp_path: Path) -> Desk:
    return Desk(tmp_path, dict(ENVIRON))


def test_an_empty_file_gives_the_defaults(desk: Desk) -> None:
    settings = desk.load("")
    assert settings.bot.timezone.key == "America/Toronto"
    assert settings.bot.commit_ahead == timedelta(hours=24)
    assert settings.bot.grace == timedelta(minutes=10)
    assert (settings.desk.host, settings.desk.port) == ("127.0.0.1", 8080)
    assert settings.fetch.max_bytes == 10_000_000
    assert not settings.sources
    assert not settings.channels


def test_every_key_of_the_bot_desk_and_fetch_is_read(desk: Desk) -> None:
    settings = desk.load(WHOLE)
    assert settings.bot.timezone.key == "America/Vancouver"
    assert settings.bot.language == "en"
    assert settings.bot.commit_ahead == timedelta(hours=12)
    assert settings.bot.grace == timedelta(0)
    assert settings.desk.port == 0
    assert settings.desk.public_url == "https://bot.example.org"
    assert settings.desk.telegram is not None
    assert settings.desk.telegram.chat == -100123
    assert settings.fetch.max_bytes == 2_000_000
    assert settings.fetch.contact == "mailto:bot@example.org"
    assert settings.path == desk.folder / "technopolys.toml"


@pytest.mark.parametrize(
    ("public_url", "home"),
    [
        ("https://bot.example.org", "https://bot.example.org/websub"),
        ("https://bot.example.org/desk/", "https://bot.example.org/desk/websub"),
        ("http://bot.example.org", ""),
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080/websub"),
        ("http://127.0.0.2:8080", ""),
        ("", ""),
    ],
)
def test_hubs_call_under_an_https_address_or_one_that_the_operator_opened(
    desk: Desk, public_url: str, home: str
) -> None:
    written = f'desk.public_url = "{public_url}"\nfetch.allow_private = ["127.0.0.1"]'
    settings = desk.load(written)
    assert (settings.hub_home, settings.fetch.websub) == (home, True)
    assert not desk.load(f"{written}\nfetch.websub = false").fetch.websub


def test_private_hosts_are_allowed_by_name_address_and_range(desk: Desk) -> None:
    fetch = desk.load(WHOLE).fetch
    assert fetch.allows("127.0.0.1")
    assert fetch.allows("10.1.2.3")
    assert not fetch.allows("11.1.2.3")
    assert not fetch.allows("example.org")


def test_a_relative_database_counts_from_the_files_folder(desk: Desk) -> None:
    bot = desk.load(WHOLE).bot
    assert bot.sqlite_path == desk.folder / "data" / "queue.db"
    assert bot.database == f"sqlite:///{desk.folder}/data/queue.db"
    assert desk.load('bot.database = "sqlite:////var/lib/queue.db"').bot.sqlite_path == Path(
        "/var/lib/queue.db"
    )


def test_a_server_stays_as_it_is_written_and_its_password_comes_from_outside(desk: Desk) -> None:
    bot = desk.load('bot.database = "postgresql+psycopg://bot@db/queue"').bot
    assert bot.database == "postgresql+psycopg://bot@db/queue"
    assert bot.sqlite_path is None
    assert bot.database_password == Secret("database-password")


def test_every_key_of_a_source_is_read(desk: Desk) -> None:
    source = desk.load(WHOLE).sources["startech"]
    assert (source.name, source.host, source.kind) == ("startech", "127.0.0.1", Kind.VIDEO)
    assert (source.approval, source.backlog, source.language) == ("trusted", 3, "fr")
    assert source.interval == timedelta(seconds=5)
    assert (source.include, source.exclude) == (("StarTech", "/^Star/"), ("x",))
    assert (source.topics, source.partner) == (("startech",), "Technopolys")


def test_a_pack_holds_facts_and_an_unwritten_interval_is_the_least(desk: Desk) -> None:
    source = desk.load(WHOLE).sources["facts"]
    assert (source.pack, source.kind, source.language) == ("technopolys", Kind.FACT, None)
    assert source.every is None
    assert source.interval == timedelta(minutes=15)


def test_a_packs_file_counts_from_the_files_folder(desk: Desk) -> None:
    (desk.folder / "ours.yaml").write_text("", encoding="utf-8")
    assert desk.load('sources.ours.pack = "ours.yaml"').sources["ours"].pack == str(desk.folder / "ours.yaml")


def test_a_sheet_s_address_is_read_as_a_feed_and_taken_in_as_a_pack(desk: Desk) -> None:
    address = "https://docs.example/pub.csv?output=csv"
    source = desk.load(f'sources.sheet = {{ pack = "{address}", every = "1h" }}').sources["sheet"]
    assert (source.url, source.pack, source.is_sheet, source.host) == (address, address, True, "docs.example")
    assert (source.kind, source.interval) == (Kind.FACT, timedelta(hours=1))
    assert not desk.load(WHOLE).sources["facts"].is_sheet
    assert not desk.load(WHOLE).sources["startech"].is_sheet


def test_each_kind_of_video_that_is_chosen_is_a_source(desk: Desk) -> None:
    channel = "https://www.youtube.com/@startech"
    alone = desk.load(f'sources.one = {{ url = "{channel}", only = "short", topics = ["x"] }}').sources
    assert {name: source.only for name, source in alone.items()} == {"one": ("short",)}
    assert alone["one"].kind is Kind.VIDEO
    several = desk.load(
        f'sources.two = {{ url = "{channel}", only = ["video", "live"], topics = ["x"] }}'
    ).sources
    assert {name: source.only for name, source in several.items()} == {
        "two": ("video",),
        "two-live": ("live",),
    }
    assert {(source.name, source.url, source.topics) for source in several.values()} == {
        ("two", channel, ("x",)),
        ("two-live", channel, ("x",)),
    }


def test_every_key_of_a_channel_is_read(desk: Desk) -> None:
    channel = desk.load(WHOLE).channels["x-fr"]
    assert (channel.name, channel.network, channel.languages) == ("x-fr", "birdcage", ("fr",))
    assert (channel.min_gap, channel.jitter, channel.late) == (
        timedelta(minutes=45),
        timedelta(minutes=5),
        timedelta(hours=3),
    )
    assert (channel.daily_max, channel.monthly_budget) == (6, 40_000_000)
    assert dict(channel.mix) == {Kind.ARTICLE: 4, Kind.FACT: 2}
    assert (channel.links, channel.on_uncertain) == (Links.NEVER, OnUncertain.DROP)
    assert channel.require_alt is False
    assert channel.api == "http://127.0.0.1:8081"
    assert dict(channel.templates) == {"article": "{title}", "default": "{url}"}
    assert (channel.look_after, channel.look_again, channel.deadline) == (
        timedelta(seconds=1),
        timedelta(seconds=2),
        timedelta(seconds=5),
    )


def test_a_channels_calendar_keeps_zone_slots_quiet_hours_and_holidays(desk: Desk) -> None:
    calendar = desk.load(WHOLE).channels["x-fr"].calendar
    assert calendar.zone.key == "America/Vancouver"
    assert calendar.is_quiet(datetime(2026, 1, 5, 22, 0, tzinfo=calendar.zone))
    assert calendar.is_holiday(date(2026, 6, 24))
    assert not calendar.is_holiday(date(2026, 6, 25))
    saturday = datetime(2026, 1, 10, 8, 0, tzinfo=UTC)
    slots = list(slots_between(calendar, saturday, saturday + timedelta(days=1)))
    assert slots == [datetime(2026, 1, 10, 18, 0, tzinfo=UTC)]


def test_a_networks_own_options_are_checked_by_its_model(desk: Desk) -> None:
    channels = desk.load(WHOLE).channels
    assert channels["x-fr"].options.model_dump() == {"colour": "green"}
    assert channels["tg"].options.model_dump() == {"chat": "@technopolys"}
    assert channels["tg"].languages == ("fr", "en")


def test_secrets_are_attached_to_what_needs_them(desk: Desk) -> None:
    settings = desk.load(WHOLE)
    assert dict(settings.channels["x-fr"].secrets) == {
        "API_KEY": Secret("x-key"),
        "ACCESS_TOKEN": Secret("x-token"),
    }
    assert settings.desk.telegram_token == Secret("desk-token")
    assert {secret.reveal() for secret in settings.secrets()} == set(ENVIRON.values())


def test_neither_the_description_nor_the_repr_shows_a_secret(desk: Desk) -> None:
    settings = desk.load(WHOLE)
    shown = repr(settings) + str(settings.describe())
    assert [value for value in ENVIRON.values() if value in shown] == []
    assert "'TECHNOPOLYS_X_FR_API_KEY': '*** (from the environment)'" in shown
    assert "'TECHNOPOLYS_KEY': '*** (from the environment)'" in shown


def test_the_description_says_things_as_the_file_does(desk: Desk) -> None:
    described = desk.load(WHOLE).describe()
    bot, channels = described["bot"], described["channels"]
    assert isinstance(bot, dict)
    assert isinstance(channels, dict)
    assert (bot["timezone"], bot["commit_ahead"], bot["grace"]) == ("America/Vancouver", "12h", "0s")
    assert channels["x-fr"]["slots"] == ["mon-fri 08:30, 12:15", "sat 10:00"]
    assert channels["x-fr"]["monthly_budget"] == 40.0
    assert channels["x-fr"]["colour"] == "green"


def test_settings_cannot_be_changed(desk: Desk) -> None:
    settings = desk.load(WHOLE)
    with pytest.raises(ValueError, match="frozen"):
        settings.bot.language = "fr"
    with pytest.raises(TypeError):
        settings.channels["new"] = settings.channels["tg"]  # type: ignore[index]  # what must fail


def test_the_example_works_as_it_stands(desk: Desk) -> None:
    assert set(desk.load(example_toml()).sources) == {"facts"}


def test_every_secret_of_the_example_is_named_in_its_env_file(desk: Desk) -> None:
    secrets = {
        line.partition("=")[0] for line in example_env().splitlines() if line.startswith("TECHNOPOLYS")
    }
    assert "TECHNOPOLYS_X_FR_ACCESS_TOKEN_SECRET" in secrets
    assert all(f"{name}=" in example_env().splitlines() for name in secrets)


def test_an_account_that_speaks_two_languages_apart_is_a_channel_for_each(desk: Desk) -> None:
    text = "channels.c = { network = 'manual', language = ['fr', 'en'], bilingual = 'apart', daily_max = 3 }"
    channels = desk.load(text).channels
    assert {name: (one.name, one.languages, one.daily_max) for name, one in channels.items()} == {
        "c": ("c", ("fr",), 3),
        "c-en": ("c-en", ("en",), 3),
    }
    assert desk.mistakes(f"{text}\nchannels.c-en = {{ network = 'manual' }}") == [
        'channels.c-en: is the name that channels.c, whose bilingual is "apart", needs itself'
    ]


def test_together_french_stands_first(desk: Desk) -> None:
    read = desk.load("channels.c = { network = 'manual', language = ['en', 'fr'] }").channels["c"]
    assert read.languages == ("fr", "en")


POST = '[channels.p]\nnetwork = "post"\nchat = 1\n'
NEEDED = {"TECHNOPOLYS_P_TOKEN": "canary-token"}


def test_secrets_that_a_channel_may_have_come_all_together(tmp_path: Path) -> None:
    whole = {**NEEDED, "TECHNOPOLYS_P_RENEWER": "canary-renewer", "TECHNOPOLYS_P_APP_ID": "canary-app"}
    assert set(Desk(tmp_path, NEEDED).load(POST).channels["p"].secrets) == {"TOKEN"}
    assert set(Desk(tmp_path, whole).load(POST).channels["p"].secrets) == {"TOKEN", "RENEWER", "APP_ID"}


def test_a_part_of_them_is_one_mistake_that_names_what_is_missing(tmp_path: Path) -> None:
    part = {**NEEDED, "TECHNOPOLYS_P_RENEWER": "canary-renewer"}
    assert Desk(tmp_path, part).mistakes(POST) == [
        "channels.p: RENEWER, APP_ID are set together or not at all; missing: TECHNOPOLYS_P_APP_ID"
    ]
