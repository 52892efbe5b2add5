"""The month: each day with what went out and what will, a step back and forth, and no farther than a year."""

import re
from html import unescape

import pytest

from tests.bot.desk.conftest import Moderator
from tests.bot.desk.samples import NOW, Queue

THIS = NOW.strftime("%Y-%m")


def cells(page: str) -> dict[str, str]:
    """The grid's days of the month itself, by number, as words."""
    found = re.findall(r'<td class="([^"]*)"[^>]*>(.*?)</td>', page, re.DOTALL)
    words = [re.sub(r"<[^>]+>|\s+", " ", inner).split() for classes, inner in found if "other" not in classes]
    return {each[0]: " ".join(each[1:]) for each in words}


def test_each_day_says_how_much_goes_out_and_where(queue: Queue, moderator: Moderator) -> None:
    posts = queue.approve(1)
    queue.publish(posts[0])
    page = unescape(moderator.get("/calendar/month").text)
    assert "Novembre\u00a02026" in page
    day = cells(page)[str(NOW.day)]
    assert day.startswith(f"{len(posts)} ")
    assert all(f"{post.channel} 1" in day for post in posts)
    assert f'href="/calendar#d{NOW.date().isoformat()}"' in page
    assert [number for number, words in cells(page).items() if words] == [str(NOW.day)]


def test_one_goes_a_month_back_and_forth(moderator: Moderator) -> None:
    page = unescape(moderator.get(f"/calendar/month?of={THIS}").text)
    assert 'rel="prev" href="/calendar/month?of=2026-10"' in page
    assert 'rel="next" href="/calendar/month?of=2026-12"' in page
    over = unescape(moderator.get("/calendar/month?of=2026-12").text)
    assert 'rel="next" href="/calendar/month?of=2027-01"' in over
    assert len(cells(over)) == 31
    assert 'rel="prev"' not in moderator.get("/calendar/month?of=2025-11").text
    assert 'rel="next"' not in moderator.get("/calendar/month?of=2027-11").text


@pytest.mark.parametrize("asked", ["2026-13", "hier", "2028-12", "2026-1", "0000-01", "9999-12", "<script>"])
def test_no_other_month_is_shown(moderator: Moderator, asked: str) -> None:
    assert moderator.get(f"/calendar/month?of={asked}").status_code == 422
