"""Links say how their reader came by our rule, and by nobody else's."""

import pytest

from bot.compose.campaign import tagged

OURS = "utm_source={network}&utm_medium=social&utm_campaign={source}"
NAMES = {"network": "x", "source": "star tech"}


@pytest.mark.parametrize(
    ("url", "out"),
    [
        ("https://example.org/a", "https://example.org/a?utm_source=x&utm_medium=social&utm_campaign=star%20tech"),
        ("https://example.org/a?b=1#c", "https://example.org/a?b=1&utm_source=x&utm_medium=social&utm_campaign=star%20tech#c"),
        ("https://example.org/a?fbclid=1&b=2", "https://example.org/a?b=2&utm_source=x&utm_medium=social&utm_campaign=star%20tech"),
        ("https://example.org/a?utm_source=info", "https://example.org/a?utm_source=info"),
        ("https://example.org/a?UTM_Source=info&gclid=3", "https://example.org/a?UTM_Source=info"),
    ],
)  # fmt: skip
def test_a_link_carries_one_campaign_and_no_tracker(url: str, out: str) -> None:
    assert tagged(url, OURS, NAMES) == out


@pytest.mark.parametrize(
    ("url", "out"),
    [
        ("https://example.org/a?b=1&&c", "https://example.org/a?b=1&c"),
        ("https://example.org/a?fbclid=1", "https://example.org/a"),
        ("https://example.org/a?fbclid=1#d", "https://example.org/a#d"),
        ("https://example.org/a?b=c?d#e", "https://example.org/a?b=c?d#e"),
        ("https://example.org/", "https://example.org/"),
    ],
)
def test_without_a_campaign_only_trackers_go(url: str, out: str) -> None:
    assert tagged(url, "", {}) == out
