"""Posts, holds and status on the command line."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.bot.cli.configured import OUT, REFUSED, UNCERTAIN, ZONE, Bot

POST = {
    "id", "item", "channel", "network", "state", "due_at", "text", "remote_id", "remote_url", "attempts",
    "error",
}  # fmt: skip
HOLD = {"scope", "target", "reason", "who", "since", "until"}
SOON = timedelta(minutes=1)


def state_of(bot: Bot, post: str) -> str:
    return next(str(row["state"]) for row in bot.done("posts", "--json").json if row["id"] == post)


def test_a_post_has_exactly_the_fields_that_scripts_rely_on(bot: Bot) -> None:
    post = bot.post(bot.approved())
    bot.settle(post, OUT)
    (row,) = bot.done("posts", "--json").json
    assert set(row) == POST
    assert (row["id"], row["item"], row["channel"], row["network"]) == (post, "i1", "x-fr", "x")
    assert (row["state"], row["remote_id"], row["attempts"], row["error"]) == ("published", "1234", 1, None)
    assert row["remote_url"] == "https://x.example/technopolys/1234"
    assert datetime.fromisoformat(row["due_at"]).utcoffset() is not None


def test_posts_are_listed_by_state_and_channel(bot: Bot) -> None:
    item = bot.approved()
    mine, other = bot.post(item), bot.post(item, channel="telegram")
    bot.settle(mine, OUT)
    assert [row["id"] for row in bot.done("posts", "--state", "PUBLISHED", "--json").json] == [mine]
    assert [row["id"] for row in bot.done("posts", "--channel", "telegram", "--json").json] == [other]
    assert bot.done("posts", "--state", "failed").out == "nothing to show\n"


def test_a_table_of_posts_shows_the_first_line_of_each_text(bot: Bot) -> None:
    bot.post(bot.approved("Vagues", "--summary", "Douze ports."))
    lines = bot.done("posts").out.splitlines()
    assert len(lines) == 3
    assert max(map(len, lines)) <= 80
    assert "Douze" not in lines[-1]


def test_people_read_the_text_without_markup_and_scripts_get_what_is_sent(bot: Bot) -> None:
    bot.post(bot.approved("Lire <vagues>", "--channel", "telegram"), channel="telegram")
    for listing in ("posts", "plan"):
        assert "Lire <vagues>" in bot.done(listing).out
        # whatever slots the hour of the day brings into the plan beside it
        texts = {row["channel"]: row["text"] for row in bot.done(listing, "--json").json}
        assert texts["telegram"] == "<b>Lire &lt;vagues&gt;</b>"


def test_the_plan_tells_people_the_cost_and_asked_for_it_the_reason(bot: Bot) -> None:
    bot.post(bot.approved())
    head, _, *rows = bot.done("plan", "--why").out.splitlines()
    assert head.split() == ["due", "at", "channel", "item", "post", "text", "cost", "reason"]
    (on_x,) = (row for row in rows if " x-fr " in row and " p1 " in row)
    assert " 0.015 " in on_x
    assert "reason" not in bot.done("plan").out


@pytest.mark.parametrize("words", [("2099-06-24 09:00",), ("--to", "2099-06-24T09:00")])
def test_a_post_is_moved_to_a_wall_clock_time_of_the_bot(bot: Bot, words: tuple[str, ...]) -> None:
    post = bot.post(bot.approved())
    (row,) = bot.done("move", post, *words, "--json").json
    assert row["due_at"] == "2099-06-24T09:00:00-04:00"


def test_a_post_cannot_be_moved_into_the_past(bot: Bot) -> None:
    post = bot.post(bot.approved())
    (line,) = bot.refused("move", post, "2020-01-01 09:00")
    assert "give a time to come" in line


def test_skipping_gives_the_item_back_and_cancelling_does_not(bot: Bot) -> None:
    skipped = bot.post(bot.approved("Une"))
    cancelled = bot.post(bot.approved("Deux"))
    assert bot.done("skip", skipped, "--why", "trop tôt", "--json").json[0]["state"] == "cancelled"
    bot.done("cancel", cancelled)
    assert bot.done("why", skipped, "--json").json[-1]["why"] == "trop tôt"
    planned = {row["item"] for row in bot.done("plan", "--json").json if row["channel"] == "x-fr"}
    assert planned == {"i1"}


def test_a_failed_post_is_sent_again_only_when_asked(bot: Bot) -> None:
    post = bot.post(bot.approved())
    assert len(bot.refused("retry", post)) == 1
    bot.settle(post, REFUSED)
    assert (state_of(bot, post), bot.done("posts", "--json").json[0]["error"]) == (
        "failed",
        "the text is not allowed",
    )
    (row,) = bot.done("retry", post, "--json").json
    assert (row["state"], row["attempts"]) == ("planned", 1)


@pytest.mark.parametrize(
    ("answer", "state"),
    [
        (("--found",), "published"),
        (("--found", "https://x.example/9"), "published"),
        (("--resend",), "planned"),
        (("--drop",), "cancelled"),
    ],
)
def test_an_uncertain_post_has_three_answers(bot: Bot, answer: tuple[str, ...], state: str) -> None:
    post = bot.post(bot.approved())
    bot.settle(post, UNCERTAIN)
    assert state_of(bot, post) == "uncertain"
    (row,) = bot.done("resolve", post, *answer, "--json").json
    assert (row["state"], row["remote_url"]) == (state, answer[1] if len(answer) > 1 else None)
    assert len(bot.refused("resolve", post, "--resend")) == 1


def test_a_pause_names_what_it_holds_and_until_when(bot: Bot) -> None:
    (row,) = bot.done("pause", "--channel", "x-fr", "--for", "2h", "--why", "grève", "--json").json
    assert set(row) == HOLD
    assert (row["scope"], row["target"], row["reason"]) == ("channel", "x-fr", "grève")
    length = datetime.fromisoformat(row["until"]) - datetime.fromisoformat(row["since"])
    assert length == timedelta(hours=2)
    assert bot.done("holds", "--json").json == [row]


def test_a_pause_without_a_name_holds_everything_until_it_is_resumed(bot: Bot) -> None:
    (row,) = bot.done("pause", "--json").json
    assert (row["scope"], row["target"], row["until"]) == ("everything", None, None)
    bot.done("pause")
    assert len(bot.done("holds", "--json").json) == 1
    assert bot.done("resume").out == "resumed; due within a day: 0\n"
    assert bot.done("holds").out == "nothing to show\n"


def test_resuming_first_lists_what_goes_out_within_a_day(bot: Bot) -> None:
    item = bot.approved()
    soon = bot.post(item)
    bot.post(item, datetime.now(UTC) + timedelta(hours=30), "telegram")
    bot.done("pause", "--item", item)
    assert bot.done("holds", "--json").json[0]["target"] == item
    answer = bot.done("resume", "--item", item, "--json")
    assert [row["id"] for row in answer.json] == [soon]


def test_a_held_post_says_what_stands_against_it(bot: Bot) -> None:
    post = bot.post(bot.approved())
    bot.done("pause", "--post", post, "--why", "attendre la photo")
    told = " ".join(bot.done("why", post).out.split())
    assert f"now: a hold on post {post} stands against it: attendre la photo" in told
    assert f"next: {post} is due at" in told


def test_a_due_post_says_what_it_waits_for(bot: Bot) -> None:
    post = bot.post(bot.approved(), datetime.now(UTC) - SOON)
    store = bot.database
    with store.write() as tx:
        from content_queue.operations import channels, planning

        now = datetime.now(UTC)
        planning.post_now(tx, now, "ana", 1, "x-fr", timedelta(hours=1))
        channels.trouble(tx, now, "x-fr", "too many requests", timedelta(hours=1))
    store.close()
    assert f"now: {post} is due, but the network asked this channel to wait" in bot.done("why", post).out


def test_a_pending_item_says_who_it_waits_for(bot: Bot) -> None:
    item = bot.added()
    assert f"next: {item} waits for a moderator: technopolys approve {item}" in bot.done("why", item).out


def test_an_approved_item_without_a_post_says_when_its_turn_may_come(bot: Bot) -> None:
    told = bot.done("why", bot.approved()).out
    assert "next on x-fr: " in told
    assert "next on telegram: " in told


def test_status_is_one_object_with_stable_names(bot: Bot) -> None:
    item = bot.approved()
    out, soon = bot.post(item), bot.post(item, channel="telegram")
    bot.settle(out, OUT)
    status = bot.done("status", "--json").json
    assert set(status) == {
        *("state", "at", "worker", "troubles", "channels", "items", "posts", "notices"),
    }
    assert (status["state"], status["worker"], status["items"]) == ("amber", None, {"pending": 0})
    assert status["posts"] == {"planned": 1}
    (trouble,) = status["troubles"]
    assert set(trouble) == {"kind", "severity", "what", "since", "why", "command", "also"}
    assert (trouble["what"], trouble["command"]) == ("no worker runs", "technopolys run")
    x, telegram = status["channels"]
    assert set(x) == {"name", "network", "state", "last", "next", "wait_until", "spent", "budget"}
    assert (x["last"]["post"], x["last"]["url"], x["next"]) == (
        out,
        "https://x.example/technopolys/1234",
        None,
    )
    assert (telegram["last"], telegram["next"]["post"]) == (None, soon)
    assert (x["budget"], telegram["budget"]) == (40.0, None)


def test_status_exits_with_one_when_it_is_red_and_names_what_mends_it(bot: Bot) -> None:
    post = bot.post(bot.approved())
    bot.settle(post, UNCERTAIN)
    answer = bot.run("status")
    assert (answer.status, answer.err) == (1, "")
    lines = answer.out.splitlines()
    assert lines[0].startswith("red ")
    assert lines[2] == f"RED   {post} on x-fr: nobody can tell whether it is out"
    assert lines[4] == f"      technopolys resolve {post} --found"
    assert max(map(len, lines)) <= 80
    assert bot.run("status", "--json").status == 1


def test_status_counts_what_waits_for_a_moderator(bot: Bot) -> None:
    bot.added()
    assert "items that wait for a moderator: 1" in bot.done("status").out


def test_channels_are_listed_with_what_they_spent(bot: Bot) -> None:
    bot.settle(bot.post(bot.approved()), OUT)
    x, telegram = bot.done("channels", "list", "--json").json
    assert set(x) == {
        "name", "network", "languages", "state", "wait_until", "spent", "budget", "days_left",
    }  # fmt: skip
    assert (x["name"], x["state"], x["budget"], x["days_left"]) == ("x-fr", "well", 40.0, None)
    assert x["spent"] > 0
    assert (telegram["languages"], telegram["spent"]) == (["fr", "en"], 0)


def test_times_are_in_the_bots_zone(bot: Bot) -> None:
    due = datetime(2099, 7, 1, 12, tzinfo=UTC)
    bot.post(bot.approved(), due)
    (row,) = bot.done("posts", "--json").json
    assert row["due_at"] == due.astimezone(ZONE).isoformat() == "2099-07-01T08:00:00-04:00"


def test_the_command_that_status_names_mends_the_trouble(bot: Bot) -> None:
    for title, outcome in (("Une", UNCERTAIN), ("Deux", REFUSED)):
        bot.settle(bot.post(bot.approved(title)), outcome)
    bot.done("pause", "--channel", "telegram")
    bot.done("pause", "--item", "i1")
    bot.done("pause")
    troubles = bot.run("status", "--json").json["troubles"]
    mendable = [trouble["command"].split()[1:] for trouble in troubles if trouble["kind"] != "no-worker"]
    assert len(mendable) == 5
    for command in mendable:
        bot.done(*command)
    assert [trouble["kind"] for trouble in bot.done("status", "--json").json["troubles"]] == ["no-worker"]
