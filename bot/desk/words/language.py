"""One reader's language: sentences, reasons and times as that person reads them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from bot.desk.words.catalogue import Catalogue, load
from bot.desk.words.moments import DAYS, MONTHS, SHORT_MONTHS
from content_queue.item import MICROS_PER_DOLLAR, Reason

SPACE = "\N{NO-BREAK SPACE}"
NOON = 12
NEAR = 6
"""Days within which a day's name says which one is meant."""
_CLOSED_WORDS = frozenset({"kind", "scope", "reason", "who", "error", "note"})
_MOMENT = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?(\+\d\d:\d\d)?$")
_DURATION = re.compile(r"(?:(\d+) days?, )?(\d+):(\d\d):(\d\d)")


@dataclass(frozen=True, slots=True)
class Words:
    """A language and the zone in which its times are shown."""

    language: str
    catalogue: Catalogue
    zone: ZoneInfo

    def say(self, text: str, **args: object) -> str:
        """Return a sentence in this language, its gaps filled."""
        found = self.catalogue.sentences.gettext(text) if text else ""
        return found % args if args else found

    def count(self, one: str, many: str, number: int) -> str:
        """Return the sentence for ``number``, which fills ``%(n)s``."""
        return self.catalogue.sentences.ngettext(one, many, number) % {"n": number}

    def reason(self, reason: Reason) -> str:
        """Return why the bot decided so; times, kinds and durations among its words are put as read here."""
        if not reason.text:
            return ""
        return self.say(reason.text, **{name: self._arg(name, value) for name, value in reason.args.items()})

    def line(self, text: str) -> str:
        """Return a sentence that the queue wrote, which may carry names, in this language."""
        exact = self.say(text)
        if exact != text:
            return exact
        for pattern, sentence in self.catalogue.shapes:
            match = pattern.fullmatch(text)
            if match is not None:
                return sentence % {name: self._name(name, value) for name, value in match.groupdict().items()}
        return text

    def moment(self, when: datetime) -> str:
        """Write a day and time: « 22 nov. 2026, 8 h 30 », "Nov 22, 2026, 8:30 a.m."."""
        return f"{self.dated(when.astimezone(self.zone))}, {self.clock(when)}"

    def dated(self, day: date) -> str:
        """Write a day with its year: « 22 nov. 2026 », "Nov 22, 2026"."""
        month = self.say(SHORT_MONTHS[day.month - 1])
        written = self.say("%(month)s %(day)s, %(year)s", month=month, day=self._day(day), year=day.year)
        return written.replace(" ", SPACE)

    def clock(self, when: datetime) -> str:
        """Write a time of the day: « 8 h 30 », "8:30 a.m."."""
        local = when.astimezone(self.zone)
        if self.language != "fr":
            return (
                f"{local.hour % 12 or 12}:{local.minute:02}{SPACE}{'a.m.' if local.hour < NOON else 'p.m.'}"
            )
        minutes = f"{SPACE}{local.minute:02}" if local.minute else ""
        return f"{local.hour}{SPACE}h{minutes}"

    def near(self, when: datetime, now: datetime) -> str:
        """Write a time as briefly as it can be read ``now``: an hour today, a day in the days around it."""
        days = (when.astimezone(self.zone).date() - now.astimezone(self.zone).date()).days
        if not days:
            return self.clock(when)
        return f"{self.day(when)}, {self.clock(when)}" if abs(days) <= NEAR else self.moment(when)

    def day(self, when: datetime) -> str:
        """Write a day in full: « dimanche 22 novembre », "Sunday, November 22"."""
        local = when.astimezone(self.zone)
        names = {"weekday": self.say(DAYS[local.weekday()]), "month": self.say(MONTHS[local.month - 1])}
        return self.say("%(weekday)s, %(month)s %(day)s", day=self._day(local), **names).replace(" ", SPACE)

    def month(self, day: date) -> str:
        """Write a day's month as a heading: « Décembre 2026 », "December 2026"."""
        name = self.say(MONTHS[day.month - 1])
        return f"{name[0].upper()}{name[1:]}{SPACE}{day.year}"

    def weekday(self, day: date) -> str:
        """Write the name of a day's weekday."""
        return self.say(DAYS[day.weekday()])

    def money(self, dollars: Decimal) -> str:
        """Write US dollars: « 0,015 $ US », "US$0.015"."""
        figures = f"{dollars:.3f}" if dollars % Decimal("0.01") else f"{dollars:.2f}"
        if self.language != "fr":
            return f"US${figures}"
        return f"{figures.replace('.', ',')}{SPACE}${SPACE}US"

    def micros(self, amount: int) -> str:
        """Write millionths of a US dollar, as the queue counts them."""
        return self.money(Decimal(amount) / MICROS_PER_DOLLAR)

    def share(self, part: float) -> str:
        """Write a part of the whole: « 50 % », "50%"."""
        return f"{part:.0%}".replace("%", f"{SPACE}%") if self.language == "fr" else f"{part:.0%}"

    def span(self, length: timedelta) -> str:
        """Write a length of time: « 1 h 30 », "45 min"."""
        minutes = int(length.total_seconds()) // 60
        hours, minutes = divmod(minutes, 60)
        if not hours:
            return f"{minutes}{SPACE}min"
        return f"{hours}{SPACE}h{SPACE}{minutes:02}" if minutes else f"{hours}{SPACE}h"

    def _day(self, local: date) -> str:
        return "1er" if local.day == 1 and self.language == "fr" else str(local.day)

    def _name(self, name: str, value: str) -> str:
        return self.say(value) if name in {"language", "item"} else value

    def _arg(self, name: str, value: str) -> str:
        if name in _CLOSED_WORDS:
            return self.line(value)
        duration = _DURATION.fullmatch(value)
        if duration is not None:
            days, hours, minutes, seconds = (int(part or 0) for part in duration.groups())
            return self.span(timedelta(days, seconds, 0, 0, minutes, hours))
        return self._moment_in(value)

    def _moment_in(self, value: str) -> str:
        if _MOMENT.match(value) is None:
            return value
        moment = datetime.fromisoformat(value)
        return self.moment(moment if moment.tzinfo else moment.replace(tzinfo=self.zone))


def words_in(language: str, zone: ZoneInfo) -> Words:
    """Load a language for a zone; reading its catalogue takes a moment."""
    return Words(language, load(language), zone)
