"""What X would bill: each act of an account at its price, by the UTC month of the shared clock.

Source: X API, "Pricing", since 2026-04-20, in thousandths of a US dollar.
"""

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from bot.sandbox.links import find_links

PRICES = {"post": 15, "link": 200, "alt": 5, "read": 1, "delete": 10}


@dataclass(frozen=True, slots=True)
class _Page:
    account: str
    month: str


class Bill:
    """Counts acts; nobody is asked to pay."""

    def __init__(self) -> None:
        self._acts: dict[_Page, Counter[str]] = {}

    def post(self, account: str, text: str, now: datetime) -> None:
        """Count a post; one with a link is dearer."""
        self.count(account, "link" if find_links(text) else "post", now)

    def count(self, account: str, act: str, now: datetime, times: int = 1) -> None:
        """Count an act of :data:`PRICES`."""
        page = _Page(account, f"{now.astimezone(UTC):%Y-%m}")
        self._acts.setdefault(page, Counter())[act] += times

    def as_json(self) -> list[dict[str, Any]]:
        """Return `bill.json`: a line for each account and month, with its sum in US dollars."""
        return [
            {
                "account": page.account,
                "month": page.month,
                "acts": dict(acts),
                "usd": sum(PRICES[act] * times for act, times in acts.items()) / 1000,
            }
            for page, acts in self._acts.items()
        ]
