"""What a feed and its server ask for: how often, in which hours, for how long."""

from datetime import UTC, datetime, timedelta

import pytest

from bot.sources.hints import Hints, fresh_for, hints_of
from tests.bot.sources.documents import read, rss

ITEM = "<title>t</title><link>https://site.example/1</link>"
SUNDAY = datetime(2026, 3, 1, 22, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("channel", "seconds"),
    [
        ("<ttl>90</ttl>", 5400),
        ("<ttl> 60 </ttl>", 3600),
        ("<ttl>999999</ttl>", 86400),
        ("<ttl>soon</ttl>", 0),
        ("<sy:updatePeriod>hourly</sy:updatePeriod><sy:updateFrequency>1</sy:updateFrequency>", 3600),
        ("<sy:updatePeriod>daily</sy:updatePeriod><sy:updateFrequency>4</sy:updateFrequency>", 6 * 3600),
        ("<sy:updatePeriod>\n\tweekly </sy:updatePeriod>", 86400),
        ("<sy:updatePeriod>never</sy:updatePeriod>", 0),
        ("<sy:updatePeriod>daily</sy:updatePeriod><sy:updateFrequency>0</sy:updateFrequency>", 86400),
        ("<ttl>30</ttl><sy:updatePeriod>hourly</sy:updatePeriod>", 3600),
        ("", 0),
    ],
)
def test_what_a_feed_says_of_itself(channel: str, seconds: int) -> None:
    assert read(rss(ITEM, channel=channel)).hints == Hints(seconds)


def test_hours_and_days_to_be_skipped() -> None:
    channel = (
        "<skipHours><hour>22</hour><hour> 23 </hour><hour>24</hour><hour>x</hour></skipHours>"
        "<skipDays><day>Monday</day><day>tuesday</day><day>Noday</day></skipDays>"
    )
    hints = read(rss(ITEM, channel=channel)).hints
    assert hints == Hints(0, (0, 22, 23), (0, 1))
    assert hints.after(SUNDAY) == datetime(2026, 3, 4, 1, tzinfo=UTC)
    assert hints.after(SUNDAY - timedelta(hours=3)) == SUNDAY - timedelta(hours=3)


def test_a_feed_that_skips_every_hour_skips_none() -> None:
    assert Hints(0, tuple(range(24))).after(SUNDAY) == SUNDAY
    assert Hints(0, (), tuple(range(7))).after(SUNDAY) == SUNDAY


def test_what_an_entry_says_is_not_what_its_feed_asks() -> None:
    assert hints_of("<rss><channel><item><ttl>900</ttl></item></channel></rss>") == Hints()


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("max-age=900", 900),
        ("public, max-age=3600, must-revalidate", 3600),
        ('Max-Age="60"', 60),
        ("s-maxage=900", 0),
        ("no-cache, max-age=900", 0),
        ("no-store", 0),
        ("max-age=999999999", 86400),
        ("max-age=-5", 0),
        ("max-age=soon", 0),
        ("", 0),
    ],
)
def test_how_long_an_answer_stays_fresh(header: str, seconds: int) -> None:
    assert fresh_for(header) == timedelta(seconds=seconds)
