"""What is typed: commands in French and English, and answers to what we asked."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from bot.desk import operations, story
from bot.desk.telegram import cards, replies, roundup
from bot.desk.telegram.asking import Asking
from bot.desk.telegram.talk import NOTHING, Answer, escaped, says
from bot.desk.words.catalogue import sentence
from bot.desk.words.language import Words
from bot.watch.status import Status
from bot.watch.trouble import Light
from content_queue.identity import canonical
from content_queue.item import Post, Scope, item_name, parse_reference, post_name
from content_queue.operations import listing
from content_queue.operations.resuming import letting_go

MARKS: Mapping[Light, str] = MappingProxyType({Light.RED: "🔴", Light.AMBER: "🟡", Light.GREEN: "🟢"})
MOST = 10
"""So many of anything in one message."""
MENU = (
    ("etat", "status", sentence("How everything fares")),
    ("file", "queue", sentence("What waits to be judged")),
    ("plan", "plan", sentence("What goes out next")),
    ("pourquoi", "why", sentence("Why? Give i12, p34 or an address")),
    ("pause", "pause", sentence("Stop everything, or one channel")),
    ("reprendre", "resume", sentence("Go on after a pause")),
    ("rappel", "recall", sentence("Take back what is out: p34 and the reason")),
    ("ajouter", "add", sentence("Propose: an address, then a title")),
    ("heures", "hours", sentence("When your digest comes: 08:30 16:00, or no")),
    ("aide", "help", sentence("What can be typed here")),
)
"""Each command in French and English, with what it does."""


def help_text(words: Words) -> str:
    """Return what can be typed, line by line."""
    first, second = (0, 1) if words.language == "fr" else (1, 0)
    lines = []
    for command in MENU:
        twin = f" (/{command[second]})" if command[second] != command[first] else ""
        lines.append(f"/{command[first]}{twin} {words.say(command[2])}")
    return "\n".join(lines)


def answer(asking: Asking) -> Answer:
    """Answer what was typed; talk between people is none of our business."""
    heard = asking.heard
    if heard.reply_to and not heard.text.startswith("/"):
        return replies.reply(asking)
    if not heard.text.startswith("/"):
        return _unasked(asking) if heard.private else NOTHING
    command, _, rest = heard.text[1:].partition(" ")
    known = _COMMANDS.get(command.partition("@")[0].casefold())
    if known is None:
        return asking.told(help_text(asking.words)) if heard.private else NOTHING
    return known(asking, rest.strip())


def _unasked(asking: Asking) -> Answer:
    """Take what somebody forwards to us or shares for a proposal; explain ourselves to anything else."""
    heard = asking.heard
    shared = heard.forwarded or heard.photo or any(canonical(word) for word in heard.text.split()[:1])
    return replies.add(asking, heard.text) if shared else asking.told(help_text(asking.words))


def _help(asking: Asking, _rest: str) -> Answer:
    return asking.told(help_text(asking.words))


def _status(asking: Asking, _rest: str) -> Answer:
    status, words = asking.parts.status(asking.tx, asking.now), asking.words
    blocks = [f"{MARKS[status.state]} <b>{escaped(_headline(words, status))}</b>"]
    for trouble in status.troubles[:MOST]:
        why = words.line(words.reason(trouble.why))
        what = escaped(words.reason(trouble.what))
        blocks.append(f"{MARKS[trouble.severity]} {what}" + (f"\n{escaped(why)}" if why else ""))
    for channel in status.channels:
        state = words.say(channel.state.value)
        coming = _moment(asking, channel.next) if channel.next else words.say("nothing planned")
        blocks.append(f"<b>{escaped(channel.name)}</b> {escaped(state)}, {escaped(coming)}")
    blocks.append(escaped(words.count("%(n)s item to judge", "%(n)s items to judge", status.pending)))
    return Answer(says(blocks))


def _headline(words: Words, status: Status) -> str:
    red = sum(trouble.severity is Light.RED for trouble in status.troubles)
    if red:
        return words.count("One thing needs somebody now", "%(n)s things need somebody now", red)
    if status.troubles:
        one, many = "One thing to look at before long", "%(n)s things to look at before long"
        return words.count(one, many, len(status.troubles))
    return words.say("All is well")


def _pause(asking: Asking, rest: str) -> Answer:
    channel, _, why = rest.partition(" ")
    if channel not in asking.parts.desk.styles:
        channel, why = "", rest
    scope = Scope.CHANNEL if channel else Scope.EVERYTHING
    operations.pause(asking.tx, asking.now, asking.who, scope, channel, why=why)
    words = asking.words
    said = words.say("%(what)s is held: nothing of it goes out.", what=channel)
    return asking.told(
        said if channel else words.say("Everything is paused: nothing goes out."), changed=True
    )


def _resume(asking: Asking, channel: str) -> Answer:
    scope = Scope.CHANNEL if channel else Scope.EVERYTHING
    words = asking.words
    seen = letting_go(asking.tx, asking.now, scope, channel, asking.parts.desk.gaps)
    if not seen.lifted:
        raise ValueError(f"nothing holds {scope.value} {channel}".rstrip())
    blocks = [f"<b>{escaped(words.say('Within a day this would go out:'))}</b>"] if seen.out else []
    for post, at in seen.out[:MOST]:
        blocks.append(
            escaped(f"{words.near(at, asking.now)} {post.channel} {post_name(post.id)} {_title(post)}")
        )
    if not seen.out:
        blocks.append(escaped(words.say("Nothing goes out within a day.")))
    go_on = asking.button(words.say("Go on"), "resume", channel, shown=cards.letting_digest(seen))
    return Answer(says(blocks, [[go_on]]))


def _queue(asking: Asking, _rest: str) -> Answer:
    return Answer(cards.waiting(asking))


def _plan(asking: Asking, _rest: str) -> Answer:
    words = asking.words
    planned = sorted(listing.planned(asking.tx), key=lambda post: (post.due_at, post.id))[:MOST]
    if not planned:
        return asking.told(words.say("nothing planned"))
    lines = [
        escaped(f"{_moment(asking, post)} {post.channel} {post_name(post.id)} {_title(post)}")
        for post in planned
    ]
    return Answer(says(lines))


def _why(asking: Asking, asked: str) -> Answer:
    words = asking.words
    known = story.why(asking.tx, asking.now, asked)
    blocks = [f"<b>{escaped(f'{item_name(item.id)} {cards.title_of(item)}')}</b>" for item in known.items]
    for post in known.posts[:MOST]:
        state = words.say(post.state.value)
        reason = words.reason(post.reason)
        blocks.append(
            escaped(f"{post_name(post.id)} {post.channel} {state}, {_moment(asking, post)} {reason}")
        )
    blocks += [escaped(f"{entry.title} {words.reason(entry.verdict)}") for entry in known.entries[:MOST]]
    for line in known.happenings[-2 * MOST :]:
        who = words.say(asking.name(line.who))
        why = words.line(words.reason(line.why))
        blocks.append(
            escaped(f"{words.near(line.at, asking.now)} {words.say(line.what)} {who} {why}".rstrip())
        )
    return Answer(says(blocks))


def _recall(asking: Asking, rest: str) -> Answer:
    words = asking.words
    reference, _, why = rest.partition(" ")
    if not why.strip():
        raise ValueError("say why: people will read it")
    parse_reference(reference)
    known = story.why(asking.tx, asking.now, reference)
    out = [post for post in known.posts if post.published_at is not None]
    blocks = [escaped(words.say("This is taken back, and what is planned of it is cancelled:"))]
    blocks += [
        escaped(f"{post_name(post.id)} {post.channel} {_title(post)} {post.remote_url}") for post in out
    ]
    sure = asking.button(words.say("Take it back"), "recall", reference, detail=why.strip())
    return Answer(says(blocks, [[sure]]))


def _add(asking: Asking, rest: str) -> Answer:
    return replies.add(asking, rest)


def _title(post: Post) -> str:
    return post.message.title or item_name(post.item)


def _moment(asking: Asking, post: Post) -> str:
    return asking.words.near(post.published_at or post.due_at, asking.now)


def _start(asking: Asking, rest: str) -> Answer:
    return _help(asking, rest)


_WORK: Mapping[str, Callable[[Asking, str], Answer]] = MappingProxyType(
    {
        "etat": _status,
        "file": _queue,
        "plan": _plan,
        "pourquoi": _why,
        "pause": _pause,
        "reprendre": _resume,
        "rappel": _recall,
        "ajouter": _add,
        "heures": roundup.hours,
        "aide": _help,
    }
)
_COMMANDS: Mapping[str, Callable[[Asking, str], Answer]] = MappingProxyType(
    {name: _WORK[french] for french, english, _ in MENU for name in (french, english)} | {"start": _start}
)
