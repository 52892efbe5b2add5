"""The planner's sentences. What is put into them are plain strings, times on the channel's own clock."""

from __future__ import annotations

from datetime import datetime, timedelta

from content_queue.calendar import local_day
from content_queue.item import Reason
from content_queue.planner.timeline import Timeline, Why
from content_queue.planner.values import Candidate, Rules


def local(rules: Rules, moment: datetime) -> str:
    """Write a moment as the channel's clock shows it, to the minute."""
    return f"{moment.astimezone(rules.calendar.zone):%Y-%m-%d %H:%M}"


# --- why this item goes out then ---


def pinned(rules: Rules, timeline: Timeline, candidate: Candidate, moment: datetime) -> Reason:
    """Say that a person chose the time, and which rule of the channel it bends."""
    if candidate.pinned_at != moment:
        return Reason("a person chose the time; it waits until the grace after the last change is over")
    if rules.calendar.is_quiet(moment):
        return Reason("a person chose the time, inside the channel's quiet hours")
    neighbour = timeline.nearest(moment, rules.min_gap)
    if neighbour is not None:
        near = {"other": local(rules, neighbour.due_at), "gap": _span(rules.min_gap)}
        return Reason("a person chose the time, less than %(gap)s from the post of %(other)s", near)
    today = timeline.on(local_day(rules.calendar.zone, moment))
    if rules.daily_max is not None and today >= rules.daily_max:
        most = {"most": str(rules.daily_max)}
        return Reason("a person chose the time, beyond the day's maximum of %(most)s", most)
    return Reason("a person chose the time")


def priority(candidate: Candidate) -> Reason:
    """It was given a priority."""
    return Reason(
        "it goes before others: its priority is %(priority)s", {"priority": str(candidate.priority)}
    )


def expires_soon(rules: Rules, candidate: Candidate) -> Reason:
    """What can wait lets it go first."""
    end = local(rules, candidate.expires_at) if candidate.expires_at else ""
    return Reason("it goes before what can wait: it expires at %(end)s", {"end": end})


def behind_its_share(candidate: Candidate, have: int, want: int, window: int) -> Reason:
    """The mix gave its kind the turn."""
    share = {
        "kind": candidate.kind.value,
        "have": str(have),
        "want": str(want),
        "window": str(window),
        "voice": candidate.voice,
    }
    return Reason(
        "%(kind)s is the most behind its share, %(have)s of %(want)s in %(window)s posts; "
        "in it %(voice)s has its turn",
        share,
    )


def nothing_of_the_mix(candidate: Candidate) -> Reason:
    """Its kind is not named, and nothing that is waits."""
    return Reason("nothing that the mix names is ready, so %(kind)s goes out", {"kind": candidate.kind.value})


def longest_unheard(candidate: Candidate) -> Reason:
    """Fairness among sources and partners."""
    return Reason("of all that wait, %(voice)s has its turn", {"voice": candidate.voice})


def oldest() -> Reason:
    """Nothing else decided."""
    return Reason("of all that is ready it waited longest")


# --- why this item has no slot yet ---


def other_language(rules: Rules) -> Reason:
    """It has no words that the channel speaks."""
    return Reason("it has no version in the channel's language: %(languages)s", _languages(rules))


def expired(rules: Rules, end: datetime) -> Reason:
    """Its time is over."""
    return Reason("it expired at %(end)s", {"end": local(rules, end)})


def pin_is_over(rules: Rules, moment: datetime) -> Reason:
    """The time a person chose has passed."""
    return Reason(
        "the time a person chose, %(time)s, has passed; give it another", {"time": local(rules, moment)}
    )


def waits_for_its_pin(rules: Rules, moment: datetime) -> Reason:
    """The time a person chose is still to come."""
    return Reason("a person chose the time: it goes out at %(time)s", {"time": local(rules, moment)})


def no_slots(rules: Rules) -> Reason:
    """The configuration gives the channel no slot."""
    return Reason(
        '%(channel)s has no slots; give it some: slots = ["daily 09:00"]', {"channel": rules.channel}
    )


def resting(rules: Rules, moment: datetime) -> Reason:
    """An evergreen item was out not long ago."""
    return Reason("it was out lately and rests until %(time)s", {"time": local(rules, moment)})


def in_grace(rules: Rules, moment: datetime) -> Reason:
    """It was approved or changed just now."""
    return Reason("the grace after the last change ends at %(time)s", {"time": local(rules, moment)})


def ends_before_a_slot(rules: Rules, end: datetime) -> Reason:
    """It expires too early."""
    return Reason("it expires at %(end)s, and no slot is free before", {"end": local(rules, end)})


def no_slot_before(rules: Rules, until: datetime) -> Reason:
    """Quiet hours, holidays or a sparse calendar."""
    return Reason(
        "no slot before %(until)s: quiet hours, holidays or a sparse calendar", _until(rules, until)
    )


def next_in_line(rules: Rules, due: datetime) -> Reason:
    """A slot is free; the next planning gives it away."""
    return Reason(
        "the slot of %(due)s is free: it gets it unless others go before", {"due": local(rules, due)}
    )


def behind_others(rules: Rules, why: Why, others: int, until: datetime) -> Reason:
    """Every slot in sight is closed."""
    args = {"others": str(others), **_until(rules, until)}
    if why is Why.DAILY_MAX:
        full = {"most": str(rules.daily_max), **args}
        return Reason(
            "the days before %(until)s are full, at most %(most)s a day; posts ahead of it: %(others)s", full
        )
    if why is Why.MIN_GAP:
        near = {"gap": _span(rules.min_gap), **args}
        return Reason(
            "no slot before %(until)s is %(gap)s from other posts; posts ahead of it: %(others)s", near
        )
    return Reason("no slot is free before %(until)s; posts ahead of it: %(others)s", args)


def _languages(rules: Rules) -> dict[str, str]:
    return {"languages": ", ".join(sorted(rules.languages))}


def _until(rules: Rules, until: datetime) -> dict[str, str]:
    return {"until": local(rules, until)}


def _span(length: timedelta) -> str:
    seconds = round(length.total_seconds())
    return f"{seconds} s" if seconds % 60 else f"{seconds // 60} min"
