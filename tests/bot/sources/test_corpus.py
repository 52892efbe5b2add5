"""Every real document is read as a careful person reads it, or refused with a line.

``corpus.tsv`` holds counts, dates and a digest for each, none of their text. A row was written only after
reading its document beside what came out; a change of the parser that changes a row needs the same:
``python -m tests.bot.sources.test_corpus FOLDER`` prints the rows as they are now.
"""

import asyncio
import csv
import hashlib
import sys
import unicodedata
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from functools import cache
from pathlib import Path

import pytest

from bot.sources.cage import Cage
from bot.sources.parsed import BadFeed, Parsed
from content_queue.item import Entry, Kind

TABLE = Path(__file__).with_name("corpus.tsv")
COLUMNS = (
    "document", "entries", "titles", "summaries", "links", "pictures", "alts", "guids", "dated", "first",
    "last", "authors", "topics", "videos", "language", "spoken", "notes", "digest",
)  # fmt: skip
BAD = "refused"


@cache
def everything(folder: Path) -> dict[str, Parsed | BadFeed]:
    """Every document as the bot reads it: in the cage, where the parser is made quicker."""
    return asyncio.run(_everything(folder))


async def _everything(folder: Path) -> dict[str, Parsed | BadFeed]:
    cage = Cage(cpu=timedelta(seconds=30))
    every = {name: path.read_bytes() for name, path in documents(folder)}
    try:
        found = await asyncio.gather(*(_read(cage, document) for document in every.values()))
    finally:
        await cage.close()
    return dict(zip(every, found, strict=True))


async def _read(cage: Cage, document: bytes) -> Parsed | BadFeed:
    url = "https://feed.example/feed"
    try:
        return await cage.parse(
            document, content_type="application/xml", url=url, kind=Kind.ARTICLE, language=""
        )
    except BadFeed as refusal:
        return refusal


def row(name: str, found: Parsed | BadFeed) -> dict[str, str]:
    """What came of a document, as the table has it."""
    if isinstance(found, BadFeed):
        return dict.fromkeys(COLUMNS, "") | {"document": name, "entries": BAD, "notes": str(found)}
    return {"document": name, **_counts(found.entries), "language": found.language} | {
        "notes": "; ".join(found.notes),
        "digest": _digest(found.entries),
    }


def _counts(entries: tuple[Entry, ...]) -> dict[str, str]:
    versions = [entry.versions[0] for entry in entries]
    spoken = Counter(version.language for version in versions)
    dates = sorted(entry.published_at.isoformat() for entry in entries if entry.published_at)
    counts = {
        "entries": len(entries),
        "titles": sum(bool(version.title) for version in versions),
        "summaries": sum(bool(version.summary) for version in versions),
        "links": sum(bool(version.url) for version in versions),
        "pictures": sum(bool(version.image) for version in versions),
        "alts": sum(bool(version.alt) for version in versions),
        "guids": sum(bool(entry.guid) for entry in entries),
        "dated": len(dates),
        "authors": sum(bool(entry.author) for entry in entries),
        "topics": sum(len(entry.topics) for entry in entries),
        "videos": sum(entry.kind is Kind.VIDEO for entry in entries),
        "spoken": " ".join(f"{name or '?'}:{count}" for name, count in sorted(spoken.items())),
    }
    span = {"first": dates[0] if dates else "", "last": dates[-1] if dates else ""}
    return {name: str(count) for name, count in counts.items()} | span


def _digest(entries: tuple[Entry, ...]) -> str:
    said = "\n".join(
        f"{entry.guid}|{version.title}|{version.summary}|{version.url}|{version.image}|{entry.published_at}"
        for entry in entries
        for version in entry.versions
    )
    return hashlib.sha256(said.encode()).hexdigest()[:16]


def expected() -> dict[str, dict[str, str]]:
    with TABLE.open(encoding="utf-8", newline="") as lines:
        return {line["document"]: dict(line) for line in csv.DictReader(lines, delimiter="\t")}


def documents(folder: Path) -> Iterator[tuple[str, Path]]:
    feeds = folder / "feeds"
    for path in sorted(feeds.glob("*/*")):
        yield path.relative_to(feeds).as_posix(), path


EXPECTED = expected()


def test_the_table_names_every_document(corpus: Path) -> None:
    assert {name for name, _ in documents(corpus)} == set(EXPECTED)


@pytest.mark.corpus
@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_a_real_document_is_read_as_a_person_reads_it(corpus: Path, name: str) -> None:
    assert row(name, everything(corpus)[name]) == EXPECTED[name]


@pytest.mark.corpus
def test_of_all_real_documents_one_shows_a_short_and_a_video_that_nobody_has_seen(corpus: Path) -> None:
    forms = {
        (name, entry.guid, entry.form)
        for name, found in everything(corpus).items()
        if isinstance(found, Parsed)
        for entry in found.entries
        if entry.form
    }
    assert forms == {
        ("synthetic/youtube-qc.xml", "yt:video:SHORTS00001", "short"),
        ("synthetic/youtube-qc.xml", "yt:video:PREMIERE001", "unseen"),
    }


@pytest.mark.corpus
@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_no_words_of_a_real_document_are_broken(corpus: Path, name: str) -> None:
    found = everything(corpus)[name]
    assert isinstance(found, BadFeed) == (EXPECTED[name]["entries"] == BAD)
    for entry in () if isinstance(found, BadFeed) else found.entries:
        for text in (entry.versions[0].title, entry.versions[0].summary, entry.author, *entry.topics):
            assert "Ã©" not in text
            assert "â€" not in text
            assert text == unicodedata.normalize("NFC", text).strip()
            assert not any(unicodedata.category(character) == "Cc" for character in text.replace("\n", ""))


if __name__ == "__main__":
    writer = csv.DictWriter(sys.stdout, COLUMNS, delimiter="\t", lineterminator="\n")
    writer.writeheader()
    for document, came_of_it in everything(Path(sys.argv[1])).items():
        writer.writerow(row(document, came_of_it))
