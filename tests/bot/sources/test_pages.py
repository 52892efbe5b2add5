"""Every real page is read as a careful person reads it.

``pages.tsv`` holds dates, languages, counts and digests, none of the pages' text. A row was written only
after reading what came out beside its page: ``python -m tests.bot.sources.test_pages FOLDER`` prints them.
"""

import csv
import hashlib
import sys
from pathlib import Path

import pytest

from bot.sources.page import Page, read_page

TABLE = Path(__file__).with_name("pages.tsv")
COLUMNS = (
    "page", "title", "description", "image", "alt", "canonical", "language", "published", "site", "feeds",
    "translations", "leads_to",
)  # fmt: skip
NOWHERE = "https://page.example/somewhere/here"


def read(path: Path) -> Page:
    """Read a page as if it came from the address that it gives itself."""
    document = path.read_bytes()
    declared = read_page(document, content_type="text/html", url=NOWHERE).declared
    return read_page(document, content_type="text/html", url=declared or NOWHERE)


def row(path: Path) -> dict[str, str]:
    page = read(path)
    digests = {
        name: digest(getattr(page, name)) for name in ("title", "description", "image", "alt", "canonical")
    }
    return {
        "page": path.name,
        **digests,
        "language": page.language,
        "published": page.published_at.isoformat() if page.published_at else "",
        "site": digest(page.site),
        "feeds": str(len(page.feeds)),
        "translations": str(len(page.translations)),
        "leads_to": digest(page.leads_to),
    }


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:12] if text else ""


def expected() -> dict[str, dict[str, str]]:
    with TABLE.open(encoding="utf-8", newline="") as lines:
        return {line["page"]: dict(line) for line in csv.DictReader(lines, delimiter="\t")}


EXPECTED = expected() if TABLE.exists() else {}


@pytest.mark.corpus
def test_the_table_names_every_page(corpus: Path) -> None:
    assert {path.name for path in (corpus / "pages").iterdir()} == set(EXPECTED)


@pytest.mark.corpus
@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_a_real_page_is_read_as_a_person_reads_it(corpus: Path, name: str) -> None:
    assert row(corpus / "pages" / name) == EXPECTED[name]


if __name__ == "__main__":
    writer = csv.DictWriter(sys.stdout, COLUMNS, delimiter="\t", lineterminator="\n")
    writer.writeheader()
    for where in sorted((Path(sys.argv[1]) / "pages").iterdir()):
        writer.writerow(row(where))
