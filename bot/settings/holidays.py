"""Public holidays of a place, from the library ``holidays``, which loads when a channel names one."""

from __future__ import annotations

from collections.abc import Container
from datetime import date

from bot.settings.values import near, shown


class Holidays:
    """Answers whether a day is a holiday; the days are read when first asked for."""

    def __init__(self, place: str) -> None:
        self.place = place
        self._days: Container[date] | None = None

    def __call__(self, day: date) -> bool:
        """Say whether ``day`` is a public holiday."""
        if self._days is None:
            self._days = open_holidays(self.place)
        return day in self._days


def open_holidays(place: str) -> Container[date]:
    """Return the holidays of ``CA-QC`` (country, subdivision) or ``CA``; raise ValueError for others."""
    import holidays

    country, _, subdivision = place.partition("-")
    try:
        return holidays.country_holidays(country, subdiv=subdivision or None)
    except (NotImplementedError, ValueError):
        known = holidays.list_supported_countries()
        places = [*known, *(f"{country}-{part}" for part in known.get(country, ()))]
        hint = near(place, places) or '; write it like "CA-QC"'
        raise ValueError(f"{shown(place)} is no place whose holidays are known{hint}") from None
