"""A premiere is told from a video that came out a moment ago by its own page, before anybody judges it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path

from bot.clock import FakeClock
from bot.runtime.premieres import Premieres
from bot.sources.link_check import NOT_BEGUN, PRIVATE, CannotTell
from content_queue.item import Entry, Kind, Reason, Version
from content_queue.operations import intake, judgement, listing
from content_queue.operations.intake import Origin
from content_queue.operations.rows import item_by_id
from content_queue.store.database import Store
from tests.bot.runtime.world import HOUR, MINUTE, NOW, open_store, source

NAMES = ("premiere", "outmoment", "private12", "silent123", "seen12345")


@dataclass
class Pages:
    """What the videos' pages say, and what was asked for."""

    says: dict[str, Reason | Exception | None] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    async def __call__(self, address: str) -> Reason | None:
        name = address.rpartition("=")[2]
        self.asked.append(name)
        said = self.says.get(name)
        if isinstance(said, Exception):
            raise said
        return said


def video(name: str, form: str = "unseen") -> Entry:
    version = Version("fr", f"Le film {name}", url=f"https://www.youtube.com/watch?v={name}")
    return Entry(f"yt:video:{name}", Kind.VIDEO, (version,), form=form)


def take(store: Store, *entries: Entry) -> None:
    with store.write() as tx:
        nothing = [None] * len(entries)
        intake.take_in(tx, NOW, Origin("film", backlog=9), entries, nothing, first=False)


def forms(store: Store) -> dict[str, str]:
    with store.read() as tx:
        return {row.title.rpartition(" ")[2]: row.form for row in listing.entries(tx, "film")}


async def test_only_what_has_not_begun_is_named_and_pages_are_asked_hourly(tmp_path: Path) -> None:
    store, clock = open_store(tmp_path / "queue.db", (source("film"),)), FakeClock(NOW)
    says: dict[str, Reason | Exception | None] = {"premiere": NOT_BEGUN, "private12": PRIVATE}
    pages = Pages(says={**says, "silent123": CannotTell("503")})
    take(store, *(video(name) for name in NAMES[:4]), video(NAMES[4], ""))
    looking = Premieres(store, clock, pages)
    assert looking.due(clock.now())
    await looking.tell_apart()
    assert forms(store) == {"premiere": "premiere", **dict.fromkeys(NAMES[1:4], "unseen"), NAMES[4]: ""}
    assert sorted(pages.asked) == sorted(NAMES[:4])
    assert not looking.due(clock.now())
    clock.advance(5 * MINUTE)
    assert looking.due(clock.now())
    await looking.tell_apart()
    assert len(pages.asked) == 4
    clock.advance(HOUR)
    await looking.tell_apart()
    assert sorted(pages.asked[4:]) == sorted(NAMES[1:4])
    store.close()


async def test_it_stands_until_somebody_has_seen_it(tmp_path: Path) -> None:
    store, clock = open_store(tmp_path / "queue.db", (source("film"),)), FakeClock(NOW)
    take(store, video("premiere"))
    await Premieres(store, clock, Pages(says={"premiere": NOT_BEGUN})).tell_apart()
    take(store, video("premiere"))
    assert forms(store) == {"premiere": "premiere"}
    renamed = video("premiere")
    take(store, replace(renamed, versions=(replace(renamed.versions[0], title="Le grand film premiere"),)))
    assert forms(store) == {"premiere": "premiere"}
    take(store, video("premiere", ""))
    assert forms(store) == {"premiere": ""}
    store.close()


async def test_what_is_judged_is_not_asked_for(tmp_path: Path) -> None:
    store, clock = open_store(tmp_path / "queue.db", (source("film"),)), FakeClock(NOW)
    take(store, video("premiere"))
    with store.write() as tx:
        judgement.reject(tx, NOW + timedelta(minutes=1), "anne", item_by_id(tx, 1), "non")
    pages = Pages()
    await Premieres(store, clock, pages).tell_apart()
    assert pages.asked == []
    store.close()
