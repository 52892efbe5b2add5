"""A sheet is shown as what it makes, with every mistake at once; then all of it comes in, or nothing."""

from html import unescape

import pytest
from httpx import Response

from content_queue.item import Item, Kind
from content_queue.operations import listing
from tests.bot.desk.conftest import OWN, Moderator
from tests.bot.desk.samples import Queue

CELLS = (
    "genre\tlangue\tgroupe\ttitre\tadresse\tquand\n"
    "Fait\tfr\ta\tLe phare a cent ans\thttps://example.org/phare\t2999-06-24 9 h 30\n"
    "Fait\tAnglais\ta\tThe lighthouse is a hundred\thttps://example.org/lighthouse\t\n"
    "vidéo\tfr\t\tLa marée\thttps://example.org/maree\t\n"
)


def send(moderator: Moderator, *, file: tuple[str, bytes] | None = None, **fields: str) -> Response:
    """Send the page's form as a browser does; no file chosen is a file without a name."""
    return sent(moderator, {"csrf": moderator.csrf, **fields}, file or ("", b""))


def sent(
    moderator: Moderator, fields: dict[str, str], file: tuple[str, bytes], to: str = "/add/file"
) -> Response:
    sheet = {"sheet": (*file, "text/csv")}
    answer: Response = moderator.client.post(
        to, data=fields, files=sheet, headers=OWN, follow_redirects=False
    )
    return answer


def items(queue: Queue) -> list[Item]:
    with queue.store.read() as tx:
        return list(listing.items(tx))


def test_pasted_cells_are_shown_and_nothing_is_kept(moderator: Moderator, queue: Queue) -> None:
    before = items(queue)
    page = unescape(send(moderator, text=CELLS).text).replace("\N{NO-BREAK SPACE}", " ")
    assert "Cela donne 2 contenus" in page
    for words in ("Le phare a cent ans", "The lighthouse is a hundred", "La marée", "24 juin 2999, 9 h 30"):
        assert words in page
    assert items(queue) == before


def test_why_a_channel_says_nothing_names_no_item_that_is_not_there(moderator: Moderator) -> None:
    page = unescape(send(moderator, text=CELLS).text)
    assert "ce contenu n’a pas de texte en anglais" in page
    assert "i0" not in page


def test_what_was_shown_comes_in_whole(moderator: Moderator, queue: Queue) -> None:
    known = {item.id for item in items(queue)}
    answer = send(moderator, text=CELLS, then="bring")
    assert (answer.status_code, answer.headers["location"]) == (303, "/pending")
    fact, video = sorted((each for each in items(queue) if each.id not in known), key=lambda one: one.id)
    assert (fact.kind, [each.language for each in fact.versions]) == (Kind.FACT, ["fr", "en"])
    assert fact.pinned_at is not None
    assert (video.kind, video.title) == (Kind.VIDEO, "La marée")
    assert "2 contenus sont dans la file" in moderator.get("/pending").text


@pytest.mark.parametrize("code", ["utf-8-sig", "utf-16", "cp1252"])
def test_a_file_is_read_however_a_sheet_wrote_it(moderator: Moderator, code: str) -> None:
    rows = "langue;titre\nfr;L’été à Québec\n".encode(code)
    assert "L’été à Québec" in unescape(send(moderator, file=("faits.csv", rows)).text)


def test_every_ending_that_the_page_offers_is_read(moderator: Moderator) -> None:
    page = moderator.client.get("/add/file").text
    endings = page.partition('accept="')[2].partition('"')[0].split(",")
    assert ".csv" in endings
    for ending in endings:
        tree = ending in (".yaml", ".yml")
        text = "- lang: fr\n  title: Le phare\n" if tree else "lang\ttitle\nfr\tLe phare\n"
        answer = send(moderator, file=(f"a{ending}", text.encode()))
        assert (answer.status_code, "Le phare" in answer.text) == (200, True), ending


def test_a_file_of_yaml_is_read_and_brought(moderator: Moderator, queue: Queue) -> None:
    before = len(items(queue))
    text = "- lang: fr\n  title: Le quai\n"
    page = send(moderator, file=("faits.yaml", text.encode())).text
    assert 'name="ending" value=".yaml"' in page
    assert send(moderator, text=text, ending=".yaml", then="bring").status_code == 303
    assert len(items(queue)) == before + 1


def test_every_mistake_is_said_with_its_line_and_column(moderator: Moderator, queue: Queue) -> None:
    before = items(queue)
    rows = ("de,Un,,,", "fr,,,,", "fr,Trois,hier,,", "fr,Quatre,,/etc/passwd,", "fr,Cinq,,,bleu")
    cells = "\n".join(("lang,title,at,image,couleur", *rows))
    answer = send(moderator, text=cells, then="bring")
    page = unescape(answer.text).replace("\N{NO-BREAK SPACE}", " ")
    assert answer.status_code == 422
    for line in (
        "5 choses à corriger; rien n’a été gardé.",
        'Ligne 2, colonne lang : "de" ne convient pas',
        "Ligne 3, colonne title : Il manque.",
        'Ligne 4, colonne at : "hier" n’est pas une heure',
        "Ligne 5, colonne image : Une image se donne ici par son adresse web.",
        "Ligne 6, colonne couleur : Cette colonne est inconnue",
    ):
        assert line in page
    assert "Trois,hier" in page  # what was typed is still there
    assert items(queue) == before


@pytest.mark.parametrize(
    ("cells", "said"),
    [
        (
            "lang,title,url\nfr,Un,https://e.org/a\nfr,Deux,https://e.org/a\n",
            "La ligne 2 a déjà cette adresse",
        ),
        ("lang,title,channel\nfr,Un,nulle-part\n", "nulle-part"),
        ("lang,title,at\nfr,Un,2001-01-01 09:00\n", "Ligne 2"),
        ("lang,title\n", "aucune ligne"),
        ("", "Collez les cellules"),
        ('lang,title\nfr,"Un\n', "Une chose à corriger"),
        ("lang,title\nfr,Un,deux\n", "La ligne 2 a plus de cellules"),
        ("lang,title\n" + "fr,Un\n" * 101, "C’est trop à la fois"),
        ("lang,title,group\n" + "fr,Un,a\n" * 201, "C’est trop à la fois"),
    ],
)
def test_what_cannot_come_in_is_said_before(
    moderator: Moderator, queue: Queue, cells: str, said: str
) -> None:
    before = items(queue)
    answer = send(moderator, text=cells)
    assert answer.status_code == 422
    assert said in unescape(answer.text)
    assert items(queue) == before


def test_a_known_address_keeps_the_whole_sheet_out(moderator: Moderator, queue: Queue) -> None:
    assert send(moderator, text=CELLS, then="bring").status_code == 303
    before = items(queue)
    more = "lang,title,url\nfr,Neuf,https://example.org/neuf\nfr,La marée,https://example.org/maree\n"
    answer = send(moderator, text=more, then="bring")
    assert answer.status_code == 422
    assert "Ligne 3" in answer.text
    assert items(queue) == before


def test_what_is_no_text_is_refused(moderator: Moderator) -> None:
    answer = send(moderator, file=("faits.xlsx", b"PK\x03\x04\x00\x00"))
    assert answer.status_code == 422
    assert "enregistrez le tableau en CSV" in unescape(answer.text)


def test_files_are_taken_on_this_page_alone_and_with_the_form_s_token(moderator: Moderator) -> None:
    token, file = {"csrf": moderator.csrf}, ("a.csv", b"lang,title\nfr,Un\n")
    assert sent(moderator, token, file, to="/items/i1/side").status_code == 415
    assert sent(moderator, {"csrf": "no"}, file).status_code == 403
    assert sent(moderator, token, ("a.csv", b"x" * 300_000)).status_code == 413
    for kind in ("multipart/form-data", "multipart/form-data; boundary=b"):
        headers = {**OWN, "content-type": kind}
        assert moderator.client.post("/add/file", content=b"--c", headers=headers).status_code in {400, 403}


def test_the_sheet_to_fill_in_makes_what_it_says(moderator: Moderator) -> None:
    sheet = moderator.client.get("/add/file/example.csv")
    assert sheet.content.startswith(b"\xef\xbb\xbfgenre;langue;groupe;titre")
    assert "Cela donne un contenu" in unescape(send(moderator, file=("technopolys.csv", sheet.content)).text)
