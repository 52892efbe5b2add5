"""From what a format says of an entry to the entry itself: the rules that all formats share."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from bot.sources.links import same_page
from bot.sources.tongue import believed, tell_each
from bot.sources.words import cut, first_sentence, same_words, tidy
from content_queue.item import Entry, Kind, Version

MAX_TITLE = 300
MAX_SUMMARY = 2000
MAX_GUID = 500
MAX_AUTHOR = 120
MAX_TOPICS = 20
MAX_TOPIC = 60
_NO_TOPICS = {"uncategorized", "non classé", "non classe", "sans catégorie", "allgemein"}


@dataclass(frozen=True, slots=True)
class Draft:
    """One entry as its format has it, in plain words but not yet cut; ``link`` is absolute or ""."""

    guid: str = ""
    link: str = ""
    title: str = ""
    text: str = ""
    image: str = ""
    alt: str = ""
    author: str = ""
    topics: Sequence[str] = ()
    published_at: datetime | None = None
    kind: Kind | None = None
    form: str = ""


def entries_of(
    drafts: Iterable[Draft], kind: Kind, given: str, own: str
) -> tuple[tuple[Entry, ...], str, list[str]]:
    """Return the entries that are something, the document's language, and notes on what is not as it says.

    ``given`` is the language that the settings give, ``own`` the one that the document says it is in, each ""
    where they say nothing: then each entry's words tell.
    """
    every = list(drafts)
    full = [draft for draft in every if draft.title or draft.text or draft.link or draft.image]
    kept = _own_guids(full)
    texts = [f"{draft.title} {draft.text}" for draft in kept]
    language = believed(own, texts)
    notes = []
    if len(full) < len(every):
        notes.append(f"entries left out because they hold nothing: {len(every) - len(full)}")
    if len(kept) < len(full):
        notes.append(f"entries left out because they repeat another one's guid: {len(full) - len(kept)}")
    if language != own:
        notes.append(f"it says that it is in {own!r}, but its texts are in {language!r}")
    each = [given or language] * len(kept) if given or language else tell_each(texts)
    entries = (_entry(draft, kind, spoken) for draft, spoken in zip(kept, each, strict=True))
    return tuple(entries), language, notes


def _own_guids(drafts: Sequence[Draft]) -> list[Draft]:
    """A guid names one thing: entries that repeat it go, and where it names several it names none."""
    twins: dict[str, list[Draft]] = defaultdict(list)
    for draft in drafts:
        twins[draft.guid].append(draft)
    kept: list[Draft] = []
    for draft in drafts:
        same = twins[draft.guid]
        if not draft.guid or len(same) == 1:
            kept.append(draft)
        elif _several_pages(same):
            kept.append(replace(draft, guid=""))
        elif draft is same[0]:
            kept.append(draft)
    return kept


def _several_pages(drafts: Sequence[Draft]) -> bool:
    links = [draft.link for draft in drafts if draft.link]
    return any(not same_page(link, links[0]) for link in links)


def _entry(draft: Draft, kind: Kind, language: str) -> Entry:
    title, summary = _title_and_summary(draft.title, draft.text)
    version = Version(
        language=language, title=title, summary=summary, url=draft.link, image=draft.image, alt=draft.alt
    )
    return Entry(
        guid=_guid(draft.guid),
        kind=draft.kind or kind,
        versions=(version,),
        published_at=draft.published_at,
        topics=_topics(draft.topics),
        author=cut(tidy(draft.author), MAX_AUTHOR),
        form=draft.form,
    )


def _title_and_summary(title: str, text: str) -> tuple[str, str]:
    """A missing title is the text's first sentence; a text that only repeats the title is dropped."""
    if not title:
        sentence, rest = first_sentence(text)
        title, text = tidy(sentence), rest if len(sentence) <= MAX_TITLE else text
    first, _, rest = text.partition("\n")
    text = rest.strip() if same_words(title, first) else text
    summary = "" if same_words(title, text) else cut(text, MAX_SUMMARY)
    return cut(title, MAX_TITLE), summary


def _guid(guid: str) -> str:
    guid = tidy(guid)
    if len(guid) <= MAX_GUID:
        return guid
    return "sha256:" + hashlib.sha256(guid.encode()).hexdigest()


def _topics(words: Sequence[str]) -> tuple[str, ...]:
    """Lower-case words; no addresses, none twice, none that only says that there is none."""
    tidied = (tidy(word).lower() for word in words)
    kept = (word for word in tidied if word and len(word) <= MAX_TOPIC and "://" not in word)
    return tuple(dict.fromkeys(word for word in kept if word not in _NO_TOPICS))[:MAX_TOPICS]
