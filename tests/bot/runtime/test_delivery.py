"""Every outcome by the table, each seen through the worker."""

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest

from bot.message import Frozen, LockedOut, Message, NotYet, Progress, Receipt, Refused, TryLater, Uncertain
from bot.runtime.delivery import LONGEST_PAUSE
from content_queue.operations import channels, holds, judgement, posts
from content_queue.operations.looks import LookRules
from content_queue.operations.rows import item_by_id
from tests.bot.runtime.pretend import Answer, Pretend, frozen, hang, receipt
from tests.bot.runtime.world import HOUR, MINUTE, SECOND, lane, living, until


async def test_what_is_due_goes_out_once_with_its_receipt(tmp_path: Path) -> None:
    one = Pretend("one")
    async with living(tmp_path, lane(one)) as world:
        world.due("Bonjour")
        await world.go_on(HOUR)
        assert one.texts == ["Bonjour"]
        assert world.states() == ["published"]
        assert world.post().remote_url == "https://pretend.example/1"


async def test_a_step_waits_for_no_network(tmp_path: Path) -> None:
    one = Pretend("one", answers=[hang])
    async with living(tmp_path, lane(one, deadline=HOUR)) as world:
        world.due("Bonjour")
        await world.step()
        await until(lambda: bool(one.created))
        await world.step()
        assert world.worker.busy
        assert world.states() == ["sending"]


@pytest.mark.parametrize(
    ("answer", "state", "creates"),
    [
        (Refused("too rude"), "failed", 1),
        (TryLater("slow down", 20 * MINUTE), "published", 2),
        (TryLater("no connection"), "published", 2),
        (LockedOut("suspended"), "planned", 1),
        (Uncertain("no answer"), "uncertain", 1),
        (ValueError("a fault of its own"), "uncertain", 1),
        (Receipt(""), "uncertain", 1),
    ],
)
async def test_each_answer_leads_where_the_table_says(
    tmp_path: Path, answer: Receipt | Exception, state: str, creates: int
) -> None:
    one = Pretend("one", answers=[answer])
    async with living(tmp_path, lane(one)) as world:
        world.due("Bonjour")
        await world.go_on(30 * MINUTE)
        assert world.states() == [state]
        assert len(one.created) == creates


async def test_an_answer_that_does_not_come_in_time_is_uncertain(tmp_path: Path) -> None:
    one = Pretend("one", answers=[hang])
    async with living(tmp_path, lane(one, deadline=timedelta(seconds=-4.9))) as world:  # 5 s of margin
        world.due("Bonjour")
        await world.go_on(HOUR)
        assert world.states() == ["uncertain"]
        assert len(one.created) == 1


async def test_a_lockout_holds_the_channel_until_a_person_resumes_it(tmp_path: Path) -> None:
    one = Pretend("one", answers=[LockedOut("suspended")])
    async with living(tmp_path, lane(one)) as world:
        world.due("Un")
        world.due("Deux")
        await world.go_on(2 * MINUTE)
        world.clock.advance(48 * HOUR)
        await world.quiet()
        assert len(one.created) == 1
        with world.store.write() as tx:
            (hold,) = holds.active(tx, world.clock.now())
            assert (hold.target, hold.reason) == ("one", "suspended")
            holds.lift(tx, world.clock.now(), "ana", hold.scope, "one")
        await world.go_on(20 * MINUTE)
        assert world.states() == ["published", "published"]


async def test_waits_are_kept_to_the_second(tmp_path: Path) -> None:
    one = Pretend("one", answers=[TryLater("slow down", timedelta(seconds=417.25)) for _ in range(3)])
    async with living(tmp_path, lane(one)) as world:
        world.due("Bonjour")
        began = world.clock.now()
        waited = []
        for sent in range(1, 5):
            wake = await world.quiet()
            while len(one.created) < sent:
                world.clock.advance(wake - world.clock.now())
                wake = await world.quiet()
            waited.append(world.clock.now() - began)
        asked = [number * timedelta(seconds=417.25) for number in range(4)]
        late = [real - least for real, least in zip(waited, asked, strict=True)]
        assert all(timedelta(0) <= each <= 2 * SECOND for each in late), late


async def test_while_a_channel_waits_nothing_of_it_is_tried(tmp_path: Path) -> None:
    one = Pretend("one", answers=[TryLater("slow down", 20 * MINUTE)])
    async with living(tmp_path, lane(one)) as world:
        for number in range(5):
            world.due(f"Numéro {number}")
        await world.go_on(19 * MINUTE)
        assert len(one.created) == 1
        await world.go_on(2 * MINUTE)
        assert len(one.created) == 6
        assert len(set(one.texts)) == 5


async def test_a_hung_channel_delays_no_other(tmp_path: Path) -> None:
    slow, quick = Pretend("slow", answers=[hang]), Pretend("quick")
    async with living(tmp_path, lane(slow, deadline=HOUR), lane(quick)) as world:
        for number in range(3):
            world.due(f"Lent {number}", "slow")
            world.due(f"Vite {number}", "quick")
        await world.step()
        await until(lambda: len(quick.created) == 3 and bool(slow.created))
        world.due("Encore", "quick")
        await world.step()
        await until(lambda: len(quick.created) == 4)
        assert len(slow.created) == 1


async def test_a_network_that_is_still_preparing_is_asked_again_when_it_said(tmp_path: Path) -> None:
    one = Pretend("one", preparing=[NotYet(MINUTE), NotYet(MINUTE)])
    async with living(tmp_path, lane(one)) as world:
        world.due("Bonjour")
        await world.go_on(59 * SECOND)
        assert (len(one.prepared), len(one.created)) == (1, 0)
        await world.go_on(5 * MINUTE)
        assert (len(one.prepared), len(one.created)) == (3, 1)


@pytest.mark.parametrize(
    ("error", "state"),
    [
        (Refused("no such picture"), "failed"),
        (TryLater("slow down", MINUTE), "published"),
        (LockedOut("token revoked"), "planned"),
        (Uncertain("the upload's answer was lost"), "published"),
        (ValueError("a fault of its own"), "published"),
    ],
)
async def test_no_trouble_of_preparing_is_ever_a_question(
    tmp_path: Path, error: Exception, state: str
) -> None:
    one = Pretend("one", preparing=[error])
    async with living(tmp_path, lane(one)) as world:
        world.due("Bonjour")
        await world.go_on(5 * MINUTE)
        assert world.states() == [state]
        assert len(one.created) == (state == "published")


async def test_what_a_network_needs_between_its_steps_is_there_when_preparing_goes_on(tmp_path: Path) -> None:
    known = []

    async def upload(message: Message, progress: Progress) -> Frozen | NotYet:
        known.append(dict(progress.known))
        await progress.save({"picture": "77"})
        return frozen(message, progress) if known[-1] else NotYet(MINUTE)

    one = Pretend("one", preparing=[upload, upload])
    async with living(tmp_path, lane(one)) as world:
        world.due("Bonjour")
        await world.go_on(5 * MINUTE)
        assert known == [{}, {"picture": "77"}]
        assert world.states() == ["published"]


async def test_an_upload_that_the_network_may_have_forgotten_is_made_anew(tmp_path: Path) -> None:
    known = []

    async def upload(message: Message, progress: Progress) -> Frozen:
        known.append(dict(progress.known))
        await progress.save({"picture": f"{77 + len(known)}"})
        return frozen(message, progress)

    answers: list[Answer] = [TryLater("slow down", after) for after in (HOUR, 18 * HOUR, 3 * HOUR)]
    one = Pretend("one", preparing=[upload] * 4, answers=answers)
    async with living(tmp_path, lane(one)) as world:
        world.due("Bonjour")
        for after in (HOUR, 18 * HOUR, 3 * HOUR):
            await world.quiet()
            world.clock.advance(after + MINUTE)
        await world.quiet()
        assert world.states() == ["published"]
        assert known == [{}, {"picture": "78"}, {"picture": "79"}, {}]


async def test_reading_back_finds_what_the_answer_lost(tmp_path: Path) -> None:
    one = Pretend("one", answers=[Uncertain("no answer")], timeline={"Bonjour": receipt(5)})
    async with living(tmp_path, lane(one)) as world:
        world.due("Avant")
        one.answers.insert(0, receipt(4))
        await world.quiet()
        world.due("Bonjour")
        await world.go_on(HOUR)
        assert world.states() == ["published", "published"]
        assert world.posts()[1].remote_id == "5"
        assert one.looked == [frozenset({"4"})]


async def test_the_first_look_comes_when_the_channel_said(tmp_path: Path) -> None:
    one = Pretend("one", answers=[Uncertain("no answer")])
    async with living(tmp_path, lane(one)) as world:
        world.due("Bonjour")
        await world.go_on(29 * SECOND)
        assert one.looked == []
        await world.go_on(2 * SECOND)
        assert len(one.looked) == 1
        await world.go_on(MINUTE)
        assert len(one.looked) == 2


async def test_while_nobody_knows_the_channel_goes_on(tmp_path: Path) -> None:
    one = Pretend("one", answers=[Uncertain("no answer")])
    async with living(tmp_path, lane(one)) as world:
        world.due("Un")
        world.due("Deux")
        await world.quiet()
        assert world.states() == ["checking", "published"]


async def test_a_network_that_cannot_be_asked_leaves_the_question_open_for_a_day(tmp_path: Path) -> None:
    one = Pretend("one", answers=[Uncertain("no answer")], timeline=TryLater("down"))
    async with living(tmp_path, lane(one)) as world:
        world.due("Bonjour")
        await world.go_on(5 * MINUTE)
        world.clock.advance(23 * HOUR)
        await world.quiet()
        assert world.states() == ["checking"]
        world.clock.advance(2 * HOUR)
        await world.quiet()
        assert world.states() == ["uncertain"]
        assert len(one.created) == 1


async def test_where_nothing_proves_anything_a_person_is_asked_at_once(tmp_path: Path) -> None:
    one = Pretend("one", answers=[Uncertain("no answer")])
    nothing = LookRules(looks=0, between=timedelta(0))
    async with living(tmp_path, lane(one, looks=nothing, look_after=timedelta(0))) as world:
        world.due("Bonjour")
        await world.quiet()
        assert world.states() == ["uncertain"]
        assert one.looked == []


async def test_a_keyed_network_gets_the_same_bytes_under_the_same_key(tmp_path: Path) -> None:
    one = Pretend("one", answers=[Uncertain("no answer"), Refused("duplicate"), TryLater("nothing sent")])
    keyed = LookRules(looks=1, between=10 * SECOND, resend=True, resend_within=30 * MINUTE)
    async with living(tmp_path, lane(one, looks=keyed)) as world:
        world.due("Bonjour")
        await world.go_on(HOUR)
        assert len(one.created) == 4, "a no on a later request is not believed"
        assert len(set(one.created)) == 1
        assert world.states() == ["published"]


async def test_a_receipt_that_comes_after_its_deadline_is_still_written(tmp_path: Path) -> None:
    one = Pretend("one", answers=[Uncertain("no answer in time")])
    nothing = LookRules(looks=0, between=timedelta(0))
    async with living(tmp_path, lane(one, looks=nothing)) as world:
        world.due("Bonjour")
        await world.go_on(HOUR)
        assert world.states() == ["uncertain"]
        await asyncio.to_thread(world.worker.late_receipt, one.created[0], receipt(9))
        await world.quiet()
        assert world.states() == ["published"]
        assert world.post().remote_id == "9"


async def test_a_receipt_that_comes_just_before_the_timeout_is_written_leaves_no_question(
    tmp_path: Path,
) -> None:
    one = Pretend("one")
    nothing = LookRules(looks=0, between=timedelta(0))
    async with living(tmp_path, lane(one, looks=nothing)) as world:

        async def late(frozen: Frozen) -> Receipt:
            world.worker.late_receipt(frozen, receipt(9))
            await asyncio.sleep(0.05)
            raise Uncertain("no answer in time")

        one.answers = [late]
        world.due("Bonjour")
        await world.go_on(HOUR)
        assert world.states() == ["published"]


async def test_a_late_receipt_of_a_post_that_waits_to_be_sent_again_stops_it(tmp_path: Path) -> None:
    one = Pretend("one", answers=[Uncertain("no answer")])
    nothing = LookRules(looks=0, between=timedelta(0))
    async with living(tmp_path, lane(one, looks=nothing)) as world:
        world.due("Bonjour")
        await world.go_on(HOUR)
        with world.store.write() as tx:
            posts.answer_resend(tx, world.clock.now(), "ana", world.post())
        world.worker.late_receipt(one.created[0], receipt(9))
        await asyncio.sleep(0)
        await world.worker.settled()
        await world.go_on(HOUR)
        assert len(one.created) == 1
        assert world.states() == ["published"]


async def test_withdrawn_while_it_is_prepared_it_never_leaves(tmp_path: Path) -> None:
    one = Pretend("one")
    async with living(tmp_path, lane(one)) as world:

        async def meanwhile(message: Message, progress: Progress) -> Frozen:
            with world.store.write() as tx:
                judgement.withdraw(tx, world.clock.now(), "ana", item_by_id(tx, 1))
            return frozen(message, progress)

        one.preparing = [meanwhile]
        world.due("Bonjour")
        await world.go_on(HOUR)
        assert one.created == []
        assert world.states() == ["cancelled"]
        assert world.worker.trouble == ""


async def test_progress_of_a_post_that_was_taken_away_is_no_trouble_of_the_channel(tmp_path: Path) -> None:
    one = Pretend("one")
    async with living(tmp_path, lane(one)) as world:

        async def meanwhile(message: Message, progress: Progress) -> Frozen:
            with world.store.write() as tx:
                posts.cancel(tx, world.clock.now(), "ana", world.post())
            await progress.save({"picture": "77"})
            raise AssertionError("the post is not ours any more")

        one.preparing = [meanwhile]
        world.due("Bonjour")
        await world.quiet()
        world.due("Encore")
        await world.quiet()
        assert one.texts == ["Encore"], "the channel did not wait"
        assert world.states() == ["cancelled", "published"]


@pytest.mark.parametrize(("pause", "creates"), [(LONGEST_PAUSE, 1), (LONGEST_PAUSE + SECOND, 0)])
async def test_a_worker_that_stood_still_after_its_intent_does_not_send(
    tmp_path: Path, pause: timedelta, creates: int
) -> None:
    one = Pretend("one")
    stopped: list[int] = []

    def stand_still(point: str) -> None:
        if point == "K14":
            stopped.append(len(one.created))
            world.clock.advance(pause if len(stopped) == 1 else timedelta(0))
        if point == "K22" and len(stopped) == 1:
            stopped.append(len(one.created))

    async with living(tmp_path, lane(one), crashpoint=stand_still) as world:
        world.due("Bonjour")
        await world.go_on(HOUR)
        assert stopped[:2] == [0, creates]
        assert world.states() == ["published"]
        assert len(one.created) == 1
        with world.store.read() as tx:
            assert channels.condition(tx, "one").wait_until is None  # nobody asked the channel to wait


async def test_a_worker_that_stood_still_before_it_sends_again_looks_once_more(tmp_path: Path) -> None:
    one = Pretend("one", answers=[Uncertain("lost")])
    looks = LookRules(looks=1, between=SECOND, resend=True, resend_within=30 * MINUTE)
    intents: list[str] = []

    def stand_still(point: str) -> None:
        if point == "K14":
            intents.append(point)
            world.clock.advance(31 * MINUTE if len(intents) == 2 else timedelta(0))

    async with living(tmp_path, lane(one, looks=looks), crashpoint=stand_still) as world:
        world.due("Bonjour")
        await world.go_on(3 * HOUR)
        assert len(one.created) == 1
        assert len(one.looked) == 2
        assert world.states() == ["uncertain"]


async def test_a_network_that_says_try_at_once_is_not_asked_without_a_pause(tmp_path: Path) -> None:
    one = Pretend("one", answers=[TryLater("busy", timedelta(0))])
    async with living(tmp_path, lane(one)) as world:
        world.due("Bonjour")
        await world.quiet()
        assert len(one.created) == 1
        await world.go_on(MINUTE)
        assert world.states() == ["published"]
