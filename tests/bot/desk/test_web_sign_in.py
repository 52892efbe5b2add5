"""Coming in: the first admin's link, signing in, being slowed down, leaving, and what ends a stay."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta

import pytest
from httpx import Response
from starlette.testclient import TestClient

from bot.desk import members
from bot.desk.web.app import create_app
from bot.desk.web.entrance import browser_of
from bot.desk.web.reached import Reached
from content_queue.operations import access, people
from content_queue.people import Grant, Role, local
from tests.bot.desk.conftest import HOST, csrf_of
from tests.bot.desk.samples import NOW, TOKEN, Queue, parts_of

PASSWORD = "les vagues du fleuve"
ROOT = local("cli:root")
PUBLIC = "https://desk.example.org"


@dataclass
class Browser:
    """A browser of somebody: its own cookies, at the desk of the test."""

    client: TestClient

    def get(self, path: str, **headers: str) -> Response:
        answer: Response = self.client.get(path, headers=headers)
        return answer

    def form(self, path: str, origin: str = HOST, **fields: str) -> Response:
        headers = {"origin": origin, "sec-fetch-site": "same-origin"}
        answer: Response = self.client.post(path, data=fields, headers=headers)
        return answer

    def sign_in(self, login: str = "anne", password: str = PASSWORD, **more: str) -> Response:
        return self.form("/sign-in", login=login, password=password, **more)

    def act(self, path: str, **fields: str) -> Response:
        csrf = csrf_of(self.get("/holds").text)
        return self.form(path, csrf=csrf, **fields)


@dataclass
class House:
    """A desk where people live."""

    queue: Queue
    app: object
    clients: list[TestClient]

    def browser(self, address: str = "203.0.113.7", base: str = HOST) -> Browser:
        client = TestClient(self.app, base, follow_redirects=False, client=(address, 4000))  # type: ignore[arg-type]
        self.clients.append(client)
        return Browser(client)

    def add(self, name: str = "Anne", role: Role = Role.EDITOR) -> str:
        """Make somebody known; return the invitation's key."""
        with self.queue.store.write() as tx:
            return members.add(tx, self.queue.time.now, ROOT, name, [Grant(role)]).key

    def joined(self, name: str = "Anne", role: Role = Role.EDITOR, address: str = "203.0.113.7") -> Browser:
        """Bring somebody in, and return the browser they did it with."""
        key, browser = self.add(name, role), self.browser(address)
        answer = browser.form(f"/invitation/{key}", password=PASSWORD, again=PASSWORD)
        assert (answer.status_code, answer.headers["location"]) == (303, "/")
        return browser

    def remove(self, login: str) -> None:
        with self.queue.store.write() as tx:
            people.remove(tx, self.queue.time.now, ROOT, people.find(tx, login))

    def later(self, span: timedelta) -> None:
        self.queue.time.now += span


@pytest.fixture
def house(queue: Queue) -> Iterator[House]:
    made = House(queue, create_app(parts_of(queue)), [])
    yield made
    for client in made.clients:
        client.close()


def told(queue: Queue) -> int:
    with queue.store.read() as tx:
        return len(tx.exec_driver_sql("SELECT id FROM history").all())


def test_the_first_admin_comes_in_by_the_link_and_the_start_up_token_opens_nothing_after(
    house: House,
) -> None:
    early = house.browser()
    assert early.get(f"/?token={TOKEN}").status_code == 303
    assert early.get("/pending").status_code == 200
    key, browser = house.add(role=Role.ADMIN), house.browser()
    page = browser.get(f"/invitation/{key}")
    assert (page.status_code, "Bienvenue, Anne" in page.text) == (200, True)
    assert early.get("/pending").status_code == 200  # nobody has come in yet
    assert browser.form(f"/invitation/{key}", password=PASSWORD, again=PASSWORD).status_code == 303
    assert browser.get("/people").status_code == 200
    assert early.get("/pending").headers["location"] == "/sign-in?next=/pending"
    assert house.browser().get(f"/?token={TOKEN}").headers["location"] == "/sign-in"
    assert early.form("/pause", scope="everything").status_code == 403


def test_a_link_lets_in_once(house: House) -> None:
    key = house.add()
    assert house.browser().form(f"/invitation/{key}", password=PASSWORD, again=PASSWORD).status_code == 303
    for again in (
        house.browser().get(f"/invitation/{key}"),
        house.browser().form(f"/invitation/{key}", password=PASSWORD, again=PASSWORD),
        house.browser().get("/invitation/made-up"),
    ):
        assert again.status_code == 403
        assert "a déjà servi" in again.text


@pytest.mark.parametrize(
    ("password", "again", "line"),
    [
        ("court", "court", "au moins 12 caractères"),
        ("motdepasse123", "motdepasse123", "parmi les premiers"),
        ("aaaaaaaaaaaaaaa", "aaaaaaaaaaaaaaa", "parmi les premiers"),
        ("x" * 1025, "x" * 1025, "au plus 1024 octets"),
        (PASSWORD, "autre chose ici", "ne sont pas les mêmes"),
    ],
)
def test_a_password_that_will_not_do_is_named_and_the_link_stays_good(
    house: House, password: str, again: str, line: str
) -> None:
    key = house.add()
    answer = house.browser().form(f"/invitation/{key}", password=password, again=again)
    assert (answer.status_code, line in answer.text) == (422, True)
    assert house.browser().get(f"/invitation/{key}").status_code == 200


@pytest.mark.parametrize(
    "password", ["x" * 1000 + "abcdefghij", "  with spaces  ", "nul\0inside-it", "🦭🌊🛰️🐋🧭⚓🏔️🌲🍁❄️🛶🦫"]
)
def test_a_password_counts_to_the_letter(house: House, password: str) -> None:
    key = house.add()
    assert house.browser().form(f"/invitation/{key}", password=password, again=password).status_code == 303
    assert house.browser().sign_in(password=password).status_code == 303
    assert house.browser().sign_in(password=password.strip().replace("\0", "") + "x").status_code == 403


def test_an_unknown_name_and_a_wrong_password_look_the_same(house: House) -> None:
    house.joined()
    wrong = house.browser().sign_in(password="not this one at all")
    unknown = house.browser().sign_in(login="nobody", password="not this one at all")
    assert (wrong.status_code, unknown.status_code) == (403, 403)
    assert wrong.text == unknown.text.replace('value="nobody"', 'value="anne"')


@pytest.mark.parametrize(
    "wanted",
    [
        "//evil",
        "https:evil",
        "/\\evil",
        "/%2f%2fevil",
        "javascript:alert(1)",
        "/\tevil",
        "https://evil.example",
    ],
)
def test_signing_in_goes_to_our_own_pages_alone(house: House, wanted: str) -> None:
    house.joined()
    assert house.browser().sign_in(next=wanted).headers["location"] == "/"
    assert house.browser().sign_in(next="/pending").headers["location"] == "/pending"


def test_a_stranger_s_form_from_elsewhere_signs_nobody_in(house: House) -> None:
    house.joined()
    for origin in ("http://evil.example", "null"):
        answer = house.browser().form("/sign-in", origin, login="anne", password=PASSWORD)
        assert (answer.status_code, "set-cookie" in answer.headers) == (403, False)


def test_guessing_is_slowed_down_and_the_owner_gets_in_from_a_known_browser(house: House) -> None:
    own = house.joined(address="198.51.100.1")
    assert own.act("/sign-out").status_code == 303
    statuses = [
        house.browser(f"203.0.113.{n}").sign_in(password=f"guess number {n}").status_code for n in range(50)
    ]
    assert statuses.count(429) >= 44
    assert house.browser("198.51.100.99").sign_in().status_code == 429  # right, but from a strange browser
    assert own.sign_in().status_code == 303
    house.later(timedelta(minutes=16))
    assert house.browser("198.51.100.99").sign_in().status_code == 303


def test_guessing_from_one_net_at_many_names_is_slowed_down(house: House) -> None:
    house.joined(address="2001:db8:1::1")
    nets = [f"2001:db8:2:0:{n:x}::1" for n in range(20)]
    assert 429 in [house.browser(net).sign_in(login=f"name{n}").status_code for n, net in enumerate(nets)]
    assert house.browser("2001:db8:3::1").sign_in().status_code == 303


def test_each_sign_in_is_a_new_stay_whatever_the_browser_brought(house: House) -> None:
    house.joined()
    victim = house.browser()
    victim.client.cookies.set("desk_80", "fixed-by-somebody")
    answer = victim.sign_in()
    assert "fixed-by-somebody" not in str(answer.headers)
    assert house.browser().get("/", cookie="desk_80=fixed-by-somebody").headers["location"] == "/sign-in"


def test_what_ends_a_stay(house: House) -> None:
    browsers = [house.joined("Anne"), house.joined("Bea"), house.joined("Cléo"), house.joined("Dara")]
    anne, bea, cleo, dara = browsers
    cookie = "; ".join(f"{each.name}={each.value}" for each in anne.client.cookies.jar)
    anne.act("/sign-out")
    assert house.browser().get("/", cookie=cookie).status_code == 303  # kept by somebody, and reused
    house.remove("bea")
    assert bea.get("/").status_code == 303
    answer = cleo.act("/account/password", present=PASSWORD, password="des mots tout neufs")
    assert answer.status_code == 303
    assert cleo.get("/").status_code == 303
    assert house.browser().sign_in("cleo", "des mots tout neufs").status_code == 303
    house.later(access.IDLE)
    assert dara.get("/").status_code == 303


def test_a_role_taken_away_counts_from_the_next_press(house: House, queue: Queue) -> None:
    anne, before = house.joined(), told(queue)
    csrf = csrf_of(anne.get("/pending").text)
    with queue.store.write() as tx:
        person = people.find(tx, "anne")
        tx.exec_driver_sql("UPDATE person SET grants = '[]'")
    answer = anne.form("/items/i1/approve", csrf=csrf, revision="1")
    assert (answer.status_code, "Votre rôle" in answer.text) == (403, True)
    assert told(queue) == before
    assert person.role is Role.EDITOR


def test_a_person_acts_under_a_number(house: House, queue: Queue) -> None:
    anne = house.joined("Anne Tremblay")
    anne.act("/items/i1/reject", why="hors sujet", revision="1")
    with queue.store.read() as tx:
        line = tx.exec_driver_sql("SELECT who, what FROM history ORDER BY id DESC").first()
    assert tuple(line or ()) == ("m1", "reject")
    assert "Anne Tremblay" in anne.get("/items/i1").text


def test_over_https_every_cookie_is_bound_to_our_very_host(queue: Queue) -> None:
    reached = Reached(frozenset({"desk.example.org", "127.0.0.1"}), PUBLIC)
    house = House(queue, create_app(replace(parts_of(queue), reached=reached)), [])
    key, browser = house.add(), house.browser(base="http://desk.example.org")
    answer = browser.form(f"/invitation/{key}", PUBLIC, password=PASSWORD, again=PASSWORD)
    cookies = answer.headers.get_list("set-cookie")
    assert [re.match(r"[\w-]+", each)[0] for each in cookies] == ["__Host-desk", "__Host-device"]  # type: ignore[index]
    for each in cookies:
        assert {"secure", "httponly", "path=/", "samesite=strict"} <= set(each.lower().split("; "))
    assert answer.headers["strict-transport-security"].startswith("max-age=")
    plain = house.browser(base="http://desk.example.org")
    assert (
        plain.form("/sign-in", "http://desk.example.org", login="anne", password=PASSWORD).status_code == 403
    )
    for client in house.clients:
        client.close()


def test_a_desk_that_others_could_overhear_lets_nobody_in_and_sets_no_cookie(queue: Queue) -> None:
    reached = Reached(frozenset({"192.0.2.5"}), closed=True)
    house = House(queue, create_app(replace(parts_of(queue), reached=reached)), [])
    key, browser = house.add(), house.browser(base="http://192.0.2.5")
    answers = [
        browser.get(f"/?token={TOKEN}"),
        browser.get("/sign-in"),
        browser.form("/sign-in", "http://192.0.2.5", login="anne", password=PASSWORD),
        browser.form(f"/invitation/{key}", "http://192.0.2.5", password=PASSWORD, again=PASSWORD),
    ]
    assert {answer.status_code for answer in answers} == {403}
    assert all("desk.public_url" in answer.text for answer in answers)
    assert not any("set-cookie" in answer.headers for answer in answers)
    for client in house.clients:
        client.close()


@pytest.mark.parametrize(
    ("proxies", "client", "passed", "seen"),
    [
        ((), "203.0.113.7", "198.51.100.1", "203.0.113.7"),
        (("127.0.0.1/32",), "127.0.0.1", "198.51.100.1", "198.51.100.1"),
        (("127.0.0.1/32",), "127.0.0.1", "6.6.6.6, 198.51.100.1", "198.51.100.1"),
        (("127.0.0.1/32", "10.0.0.0/8"), "127.0.0.1", "198.51.100.1, 10.1.2.3", "198.51.100.1"),
        (("127.0.0.1/32",), "203.0.113.7", "198.51.100.1", "203.0.113.7"),
        (("127.0.0.1/32",), "127.0.0.1", "", "127.0.0.1"),
    ],
)
def test_only_named_proxies_are_believed_about_who_asks(
    proxies: tuple[str, ...], client: str, passed: str, seen: str
) -> None:
    headers = [(b"x-forwarded-for", passed.encode())] if passed else []
    scope = {"type": "http", "client": (client, 1), "headers": headers}
    assert Reached(frozenset(), proxies=proxies).client(scope) == seen


def test_an_admin_invites_from_the_page_and_others_cannot(house: House) -> None:
    admin, editor = house.joined("Anne", Role.ADMIN), house.joined("Bea")
    answer = admin.act("/people", name="Chloé Roy", role="contributor")
    link = re.search(rf"{HOST}/invitation/[\w-]{{43}}", answer.text)
    assert link is not None
    assert house.browser().get(link[0].removeprefix(HOST)).status_code == 200
    refused = editor.act("/people", name="Dara", role="admin")
    assert (refused.status_code, "Votre rôle" in refused.text) == (403, True)
    page = admin.get("/people/m3").text
    assert "Chloé Roy" in page
    assert admin.act("/people/m3/remove").status_code == 303
    assert admin.act("/people/m3/erase").status_code == 303
    assert "Chloé" not in admin.get("/people").text
    last = admin.act("/people/m1/remove")
    assert (last.status_code, "dernière personne à l’administration" in last.text) == (422, True)


def test_a_token_is_shown_once_on_one_s_own_page(house: House) -> None:
    anne = house.joined()
    answer = anne.act("/account/tokens", name="site", scope="suggest", days="90")
    secret = re.search(r"tpb_[\w-]{51}", answer.text)
    assert secret is not None
    page = anne.get("/account").text
    assert ("site" in page, secret[0] in page) == (True, False)
    assert anne.act("/account/tokens", name="all", scope="admin", days="90").status_code == 403
    anne.act("/account/tokens/revoke", name="site")
    assert "Révoquer" not in anne.get("/account").text


def test_the_start_up_token_s_visitor_has_no_account(stranger: TestClient) -> None:
    stranger.get(f"/?token={TOKEN}")
    assert stranger.get("/account").status_code == 404
    assert "Personne n’a encore de nom" in stranger.get("/people").text


@pytest.mark.parametrize(
    ("agent", "said"),
    [
        ("Mozilla/5.0 (Android 15; Mobile; rv:140.0) Gecko/140.0 Firefox/140.0", "Firefox, Android"),
        (
            "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/140.0 Safari/537.36 Edg/140.0",
            "Edge, Windows",
        ),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Safari/604.1",
            "Safari, iPhone",
        ),
        ("curl/8.0", ""),
    ],
)
def test_a_browser_is_called_as_its_owner_calls_it(agent: str, said: str) -> None:
    assert browser_of(agent) == said


def test_a_stay_is_written_down_when_it_is_used(house: House, queue: Queue) -> None:
    anne = house.joined()
    house.later(timedelta(hours=11))
    assert anne.get("/").status_code == 200
    house.later(timedelta(hours=11))
    assert anne.get("/").status_code == 200
    queue.store.tell(lambda _tx: None).result()  # after whatever was still to be written
    with queue.store.read() as tx:
        assert people.find(tx, "anne").seen_at == NOW + timedelta(hours=22)
