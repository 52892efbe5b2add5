"""Messages that answer a question of ours: the reason of a rejection, other words; and what is proposed."""

from __future__ import annotations

import re
from dataclasses import replace

from bot.desk import operations
from bot.desk.operations import Draft
from bot.desk.permission import allow
from bot.desk.telegram import cards
from bot.desk.telegram.asking import Asking
from bot.desk.telegram.talk import NOTHING, Answer, Proposal, Say, escaped
from content_queue.identity import canonical
from content_queue.item import Kind, Version
from content_queue.operations import chat
from content_queue.operations.chat import Handle
from content_queue.operations.moves import LostRaceError
from content_queue.operations.rows import item_by_id
from content_queue.people import Action

QUESTIONS = ("reason", "words")
_ALT = re.compile(r"alt\s*:(.*)", re.IGNORECASE)


def reply(asking: Asking) -> Answer:
    """Take a message for the answer to the question that it replies to; any other is not ours."""
    heard = asking.heard
    asked = chat.asked_by(asking.tx, asking.now, heard.chat, heard.reply_to, QUESTIONS)
    if asked is None or not heard.text.strip():
        return NOTHING
    if asked.used_by:
        who = asking.name(asked.used_by)
        return asking.told(asking.words.say("Done already by %(who)s.", who=who))
    done = _reject(asking, asked) if asked.action == "reason" else _correct(asking, asked)
    chat.use_up(asking.tx, asked, asking.who)
    return done


def add(asking: Asking, rest: str) -> Answer:
    """Propose what was typed, forwarded or replied to: an address, a title, the summary on further lines.

    An address alone has its page read, and a picture has to be fetched: those come back as a draft.
    """
    allow(asking.who, Action.ADD)
    heard = asking.heard
    proposed = _proposal(rest or heard.quoted, heard.photo)
    if proposed.photo or (proposed.address and not proposed.title):
        return Answer(proposal=proposed)
    language = asking.who.language or asking.parts.language
    version = Version(language, proposed.title, proposed.summary, proposed.address)
    return put(asking, drafted(version))


def put(asking: Asking, draft: Draft) -> Answer:
    """Put a draft into the queue, and show its card."""
    number = operations.add(asking.tx, asking.parts.desk, asking.now, asking.who, draft)
    return Answer(cards.card(asking, number), changed=True)


def drafted(*versions: Version) -> Draft:
    """Return what words make: an article where they lead somewhere, else an announcement."""
    linked = any(version.url for version in versions)
    return Draft(Kind.ARTICLE if linked else Kind.ANNOUNCEMENT, versions)


def _proposal(text: str, photo: str) -> Proposal:
    """Read a text: the first address in it, what is on the picture after "alt:", and the words."""
    lines = [line for line in text.strip().splitlines() if not _ALT.match(line)]
    alt = next((found[1].strip() for line in text.splitlines() if (found := _ALT.match(line))), "")
    address = next((word for line in lines for word in line.split() if canonical(word)), "")
    words = "\n".join(lines).replace(address, "", 1)  # nothing for nothing where there is no address
    title, _, summary = words.strip().partition("\n")
    return Proposal(address, title.strip(), summary.strip(), alt, photo)


def _reject(asking: Asking, asked: Handle) -> Answer:
    number, why = asked.number, asking.heard.text
    operations.reject(asking.tx, asking.now, asking.who, number, why, revision=asked.revision)
    words = asking.words
    said = words.say("%(item)s is rejected by %(who)s.", item=asked.about, who=asking.name(asking.who.who))
    return Answer((Say(escaped(said)),), changed=True)


def _correct(asking: Asking, asked: Handle) -> Answer:
    number, language = asked.number, asked.detail
    item = item_by_id(asking.tx, number)
    if cards.judged(item):
        raise LostRaceError(f"{asked.about} has changed since it was shown; look at it again")
    title, _, summary = asking.heard.text.strip().partition("\n")
    versions = [
        replace(each, title=title.strip(), summary=summary.strip()) if each.language == language else each
        for each in item.versions
    ]
    operations.edit(
        asking.tx, asking.parts.desk, asking.now, asking.who, number, versions,
        revision=asked.revision, approved=False,
    )  # fmt: skip
    return Answer(cards.card(asking, number), changed=True)
