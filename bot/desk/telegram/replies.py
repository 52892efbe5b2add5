"""Messages that answer a question of ours: the reason of a rejection, other words; and what is proposed."""

from __future__ import annotations

from dataclasses import replace

from bot.desk import operations
from bot.desk.operations import Draft
from bot.desk.telegram import cards
from bot.desk.telegram.asking import Asking
from bot.desk.telegram.talk import NOTHING, Answer, Say, escaped
from content_queue.identity import canonical
from content_queue.item import Kind, Version
from content_queue.operations import chat
from content_queue.operations.chat import Handle
from content_queue.operations.moves import LostRaceError
from content_queue.operations.rows import item_by_id

QUESTIONS = ("reason", "words")


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
    """Propose what was typed: an address, then a title, then the summary on further lines."""
    address, _, further = (
        rest.partition(" ") if canonical(rest.split(maxsplit=1)[0] if rest else "") else ("", "", rest)
    )
    title, _, summary = further.strip().partition("\n")
    language = asking.who.language or asking.parts.language
    version = Version(language, title.strip(), summary.strip(), address)
    draft = Draft(Kind.ARTICLE if address else Kind.ANNOUNCEMENT, (version,))
    number = operations.add(asking.tx, asking.parts.desk, asking.now, asking.who, draft)
    return Answer(cards.card(asking, number), changed=True)


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
