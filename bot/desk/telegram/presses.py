"""Presses. What a button does was kept when it was made; what may be done is asked when it is pressed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from bot.desk import judging, operations
from bot.desk.keys import digest
from bot.desk.telegram import cards
from bot.desk.telegram.asking import Asking
from bot.desk.telegram.talk import Answer, Say, escaped, says
from content_queue.item import Scope, item_name
from content_queue.operations import chat
from content_queue.operations.chat import Handle
from content_queue.operations.resuming import letting_go
from content_queue.operations.rows import item_by_id


def press(asking: Asking) -> Answer:
    """Do what a button is for, once; anything that is no button of ours does nothing."""
    heard, words = asking.heard, asking.words
    found = chat.behind(asking.tx, asking.now, digest(heard.data), heard.chat, heard.message)
    act = BUTTONS.get(found.action) if found is not None else None
    if found is None or act is None:
        return Answer(toast=words.say("This button opens nothing any more."))
    if found.used_by:
        return Answer(toast=words.say("Done already by %(who)s.", who=asking.name(found.used_by)), close=True)
    return act(asking, found)


def _open(asking: Asking, found: Handle) -> Answer:
    return Answer(cards.card(asking, found.number))


def _later(asking: Asking, found: Handle) -> Answer:
    chat.use_up(asking.tx, found, asking.who)
    return Answer(toast=asking.words.say("It stays in the queue."), close=True)


def _approve(asking: Asking, found: Handle) -> Answer:
    stale = _stale(asking, found)
    if stale is not None:
        return stale
    number, words, who = found.number, asking.words, asking.who
    made = operations.approve(
        asking.tx, asking.parts.desk, asking.now, who, number,
        channels=found.detail.split(), revision=found.revision,
    )  # fmt: skip
    chat.use_up(asking.tx, found, who)
    said = words.say("%(item)s is approved by %(who)s.", item=found.about, who=asking.name(who.who))
    refused = [escaped(words.line(line)) for line in made.refusals.values()]
    back = asking.button(words.say("Undo"), "undo", found.about)
    toast = words.say("Approved")
    return Answer(says([escaped(said), *refused], [[back]]), toast, close=True, changed=True)


def _channels(asking: Asking, found: Handle) -> Answer:
    """Let somebody choose where an item goes: all of its channels to begin with, then one less or more."""
    return Answer(cards.choice(asking, found.number, found.detail.split()), close=True)


def _undo(asking: Asking, found: Handle) -> Answer:
    judging.take_back(asking.tx, asking.parts.desk, asking.now, asking.who, [found.number])
    chat.use_up(asking.tx, found, asking.who)
    return Answer(cards.card(asking, found.number), close=True, changed=True)


def _reject(asking: Asking, found: Handle) -> Answer:
    stale = _stale(asking, found)
    if stale is not None:
        return stale
    question = asking.words.say("Why is %(item)s rejected? Answer this message.", item=found.about)
    _, asks = asking.handle("reason", found.about, revision=found.revision)
    return Answer((Say(escaped(question), asks=(asks,)),))


def _correct(asking: Asking, found: Handle) -> Answer:
    stale = _stale(asking, found)
    if stale is not None:
        return stale
    words, language = asking.words, found.detail
    version = item_by_id(asking.tx, found.number).version(language)
    question = words.say(
        "Answer this message with the new text of %(item)s: its title on the first line, the summary below.",
        item=found.about,
    )
    old = "\n".join(filter(None, (version.title, version.summary))) if version else ""
    _, asks = asking.handle("words", found.about, detail=language, revision=found.revision)
    return Answer(says([escaped(question), f"<pre>{escaped(old)}</pre>"], asks=[asks]))


def _found(asking: Asking, found: Handle) -> Answer:
    operations.resolve_found(asking.tx, asking.now, asking.who, found.number)
    return _settled(asking, found, asking.words.say("%(post)s counts as published.", post=found.about))


def _resend(asking: Asking, found: Handle) -> Answer:
    words = asking.words
    question = words.say(
        "%(post)s goes out again. If it is there already it will be there twice.", post=found.about
    )
    sure = asking.button(words.say("Send it again"), "resend surely", found.about)
    return Answer(says([escaped(question)], [[sure]]))


def _resend_surely(asking: Asking, found: Handle) -> Answer:
    operations.resolve_resend(asking.tx, asking.now, asking.who, found.number)
    return _settled(asking, found, asking.words.say("%(post)s is sent again.", post=found.about))


def _by_hand_later(asking: Asking, found: Handle) -> Answer:
    operations.resolve_resend(asking.tx, asking.now, asking.who, found.number)
    return _settled(
        asking, found, asking.words.say("%(post)s: you are asked again in an hour.", post=found.about)
    )


def _drop(asking: Asking, found: Handle) -> Answer:
    operations.resolve_drop(asking.tx, asking.now, asking.who, found.number)
    return _settled(asking, found, asking.words.say("%(post)s is let be.", post=found.about))


def _resume(asking: Asking, found: Handle) -> Answer:
    scope = Scope.CHANNEL if found.about else Scope.EVERYTHING
    seen = letting_go(asking.tx, asking.now, scope, found.about, asking.parts.desk.gaps)
    if cards.letting_digest(seen) != found.shown:
        return Answer(toast=asking.words.say("What would go out has changed: ask again."), close=True)
    operations.resume(asking.tx, asking.now, asking.who, scope, found.about)
    words = asking.words
    said = (
        words.say("%(what)s goes on.", what=found.about) if found.about else words.say("Publishing goes on.")
    )
    return _settled(asking, found, said)


def _recall(asking: Asking, found: Handle) -> Answer:
    operations.recall(asking.tx, asking.now, asking.who, found.about, found.detail)
    return _settled(asking, found, asking.words.say("%(what)s is being taken back.", what=found.about))


def _settled(asking: Asking, found: Handle, said: str) -> Answer:
    chat.use_up(asking.tx, found, asking.who)
    by = asking.name(asking.who.who)
    return Answer((Say(escaped(f"{said} ({by})")),), close=True, changed=True)


def _stale(asking: Asking, found: Handle) -> Answer | None:
    """Return what is answered where the card does not show what there is now."""
    words, number = asking.words, found.number
    chosen = found.detail.split() if found.action == "approve" else ()
    shown = operations.show(asking.tx, asking.parts.desk, number, chosen)
    if cards.judged(shown.item):
        said = words.say(
            "%(item)s has been judged already: %(state)s.",
            item=item_name(number),
            state=words.say(shown.item.state.value),
        )
        return Answer(toast=said, close=True)
    if (shown.item.revision, cards.shown_digest(shown)) != (found.revision, found.shown):
        said = words.say("The text has changed: look at it again.")
        return Answer(cards.card(asking, number), said, close=True)
    return None


BUTTONS: Mapping[str, Callable[[Asking, Handle], Answer]] = MappingProxyType(
    {
        "open": _open,
        "approve": _approve,
        "channels": _channels,
        "undo": _undo,
        "reject": _reject,
        "later": _later,
        "correct": _correct,
        "found": _found,
        "resend": _resend,
        "resend surely": _resend_surely,
        "by hand later": _by_hand_later,
        "drop": _drop,
        "resume": _resume,
        "recall": _recall,
    }
)
"""What each kind of button does."""
