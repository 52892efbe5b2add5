"""``connect`` on X, Mastodon and LinkedIn: the whole way to tokens in ``.env`` that ``check`` takes."""

from __future__ import annotations

import re
import socket
from collections.abc import Callable
from dataclasses import dataclass
from http.client import HTTPConnection
from urllib.parse import parse_qs, urlsplit

import pytest

from bot.sandbox.faults import Fault
from bot.sandbox.server import Sandbox
from tests.bot.cli.conftest import Shell
from tests.bot.cli.signing import Person, running_sandbox  # noqa: F401  a fixture


def opened(link: str, more: str = "") -> tuple[str, str]:
    """Open a link as a browser does; return the page's words, and the address that it leads to."""
    parts = urlsplit(link)
    connection = HTTPConnection(parts.netloc, timeout=10)
    connection.request("GET", f"{parts.path}?{parts.query}{more}")
    answer = connection.getresponse()
    page = answer.read().decode()
    connection.close()
    return page, answer.headers.get("Location") or ""


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as made:
        made.bind(("127.0.0.1", 0))
        return int(made.getsockname()[1])


def code_of(link: str) -> str:
    """Agree, and copy the code that is shown."""
    found = re.search(r"<code>(.+)</code>", opened(link)[0])
    assert found is not None
    return found[1]


def address_of(link: str) -> str:
    """Agree, and copy the address that it leads to."""
    return opened(link)[1]


@dataclass(frozen=True)
class Case:
    """How one network is signed in to, and what its channel holds then."""

    toml: str
    arguments: tuple[str, ...]
    secret: str
    agrees: Callable[[str], str]
    env: dict[str, str]
    posts_as: str
    gives: str
    """The operation that gives the tokens."""


X = Case(
    '[channels.c]\nnetwork = "x"\nlanguage = "fr"\napi = "{api}"\n',
    ("c", "--app", "sandboxkey"),
    "sandbox-key-secret",
    code_of,
    {
        "API_KEY": "sandboxkey",
        "API_SECRET": "sandbox-key-secret",
        "ACCESS_TOKEN": "2018-access-1",
        "ACCESS_TOKEN_SECRET": "access-secret-1",
    },
    "c posts as @Lesvagues (https://x.com/Lesvagues)",
    "sign-in",
)
MASTODON = Case(
    '[channels.c]\nnetwork = "mastodon"\nlanguage = "fr"\napi = "{api}"\n',
    ("c",),
    "",
    code_of,
    {"ACCESS_TOKEN": "vagues-access-3"},
    "c posts as @vagues@",
    "sign-in",
)
LINKEDIN = '[channels.c]\nnetwork = "linkedin"\nlanguage = "fr"\napi = "{api}"\nauthor = "urn:li:%s"\n'
MEMBER = Case(
    LINKEDIN % "person:anne",
    ("c", "--app", "86sandbox"),
    "app-secret",
    address_of,
    {"ACCESS_TOKEN": "anne-access-1"},
    "c posts as Anne Vague",
    "token",
)
PAGE = Case(
    LINKEDIN % "organization:42",
    ("c", "--app", "86partner", "--redirect", "https://bot.example.org/back"),
    "app-secret",
    address_of,
    {
        "ACCESS_TOKEN": "anne-access-1",
        "REFRESH_TOKEN": "anne-refresh-1",
        "CLIENT_ID": "86partner",
        "CLIENT_SECRET": "app-secret",
    },
    "c posts as Les vagues",
    "token",
)
ALL = {"x": X, "mastodon": MASTODON, "linkedin": MEMBER, "linkedin-page": PAGE}


@pytest.fixture(name="case", params=list(ALL.values()), ids=list(ALL))
def each_case(request: pytest.FixtureRequest) -> Case:
    found: Case = request.param
    return found


def network_of(case: Case) -> str:
    found = re.search(r'network = "(\w+)"', case.toml)
    assert found is not None
    return found[1]


def env_of(shell: Shell) -> dict[str, str]:
    path = shell.folder / ".env"
    lines = path.read_text().splitlines() if path.exists() else []
    return {line.partition("=")[0].removeprefix("TECHNOPOLYS_C_"): line.partition("=")[2] for line in lines}


def test_a_channel_is_signed_in_and_its_tokens_serve(shell: Shell, sandbox: Sandbox, case: Case) -> None:
    person = Person(shell, case.agrees, case.secret)
    answer = person.runs(sandbox, case.toml, *case.arguments)
    assert (answer.status, answer.err) == (0, "")
    assert env_of(shell) == case.env
    assert case.posts_as in answer.out
    shown = answer.out + "".join(person.seen)
    public = {"API_KEY", "CLIENT_ID"}
    assert [name for name, value in case.env.items() if value in shown and name not in public] == []
    assert "app-secret-" not in shown  # of the app that Mastodon made
    checked = shell.run("check", "--online", "--json")
    assert checked.status == 0
    assert any("posts as" in one["text"] for one in checked.json)


def test_what_another_sign_in_left_is_taken_out(shell: Shell, sandbox: Sandbox) -> None:
    further = ("REFRESH_TOKEN", "CLIENT_ID", "CLIENT_SECRET")
    shell.write("".join(f"TECHNOPOLYS_C_{name}=old\n" for name in further), ".env")
    answer = Person(shell, address_of).runs(sandbox, MEMBER.toml, *MEMBER.arguments)
    assert (answer.status, env_of(shell)) == (0, MEMBER.env)
    for name in further:
        assert f"TECHNOPOLYS_C_{name}: taken out of" in answer.out


def test_a_token_that_ends_says_when_and_where_to_write_it(shell: Shell, sandbox: Sandbox) -> None:
    answer = Person(shell, address_of).runs(sandbox, MEMBER.toml, *MEMBER.arguments)
    assert re.search(
        r"ends on 20\d\d-\d\d-\d\d: write `consent_until = 20[\d-]+` under \[channels.c\]", answer.out
    )
    answer = Person(shell, address_of).runs(sandbox, PAGE.toml, *PAGE.arguments)
    assert "consent_until" not in answer.out


def test_linkedin_is_asked_for_what_the_author_needs(shell: Shell, sandbox: Sandbox) -> None:
    for case, scopes in (
        (MEMBER, {"openid", "profile", "w_member_social"}),
        (PAGE, {"w_organization_social", "r_organization_social"}),
    ):
        person = Person(shell, address_of)
        person.runs(sandbox, case.toml, *case.arguments)
        asked = parse_qs(urlsplit(person.link).query)
        assert set(asked["scope"][0].split()) == scopes


def failed(
    shell: Shell, sandbox: Sandbox, case: Case, pastes: Callable[[str], str], secret: str | None = None
) -> str:
    """Sign in so that it fails; return the one line that is said."""
    person = Person(shell, pastes, case.secret if secret is None else secret)
    answer = person.runs(sandbox, case.toml, *case.arguments)
    assert answer.status == 1
    (line,) = answer.err.splitlines()
    assert env_of(shell) == {}
    shown = answer.out + line + "".join(person.seen)
    assert [word for word in ("-access-", "-refresh-", "-secret") if word in shown] == []
    return line


def test_a_code_serves_once(shell: Shell, sandbox: Sandbox, case: Case) -> None:
    used: list[str] = []

    def remembers(link: str) -> str:
        used.append(case.agrees(link))
        return used[-1]

    assert Person(shell, remembers, case.secret).runs(sandbox, case.toml, *case.arguments).status == 0
    (shell.folder / ".env").unlink()
    line = failed(shell, sandbox, case, lambda _link: used[0])
    assert re.search("begin again|another sign-in", line), line


def test_a_code_of_nobody_is_refused(shell: Shell, sandbox: Sandbox) -> None:
    for case in (X, MASTODON):
        assert "begin again" in failed(shell, sandbox, case, lambda link: code_of(link) + "9")
    line = failed(shell, sandbox, MEMBER, lambda link: address_of(link).replace("code=AQ", "code=BQ"))
    assert "not signed in: LinkedIn answered 400 Bad Request: Unable to retrieve access token" in line


def test_a_person_who_declines_is_told(shell: Shell, sandbox: Sandbox) -> None:
    line = failed(shell, sandbox, MEMBER, lambda link: opened(link, "&decline=1")[1])
    assert "the person did not agree: begin again" in line
    for case in (X, MASTODON):
        line = failed(shell, sandbox, case, lambda link: opened(link, "&decline=1")[0] and link)
        assert "there is no code in this; paste the code that is shown" in line


def test_what_an_app_may_not_ask_for_is_told_in_the_networks_words(shell: Shell, sandbox: Sandbox) -> None:
    line = failed(shell, sandbox, Case(PAGE.toml, MEMBER.arguments, *_rest(PAGE)), address_of)
    assert 'unauthorized_scope_error: Scope "w_organization_social" is not authorized' in line


def _rest(case: Case) -> tuple[str, Callable[[str], str], dict[str, str], str, str]:
    return case.secret, case.agrees, case.env, case.posts_as, case.gives


def test_an_address_of_another_sign_in_is_refused(shell: Shell, sandbox: Sandbox, case: Case) -> None:
    bare = "https://localhost/?code=AQ-1&state=another"
    assert "belongs to another sign-in" in failed(shell, sandbox, case, lambda _link: bare)


def test_mastodons_own_address_does_as_well_as_its_code(shell: Shell, sandbox: Sandbox) -> None:
    def address(link: str) -> str:
        return f"{sandbox.url}/oauth/authorize/native?code={code_of(link)}"

    assert Person(shell, address).runs(sandbox, MASTODON.toml, *MASTODON.arguments).status == 0


@pytest.mark.parametrize("effect", ["500", "html", "cut-before", "redirect", "empty-after", "429"])
def test_a_network_out_of_order_is_told_and_leaves_all_as_it_was(
    shell: Shell, sandbox: Sandbox, case: Case, effect: str
) -> None:
    sandbox.misbehave(Fault(network_of(case), effect, 1, case.gives))
    assert "not signed in" in failed(shell, sandbox, case, case.agrees)


@pytest.mark.parametrize("effect", ["401", "500", "html", "cut-before"])
@pytest.mark.parametrize(("case", "first"), [(X, "link"), (MASTODON, "apps")], ids=["x", "mastodon"])
def test_a_link_that_cannot_be_had_is_told_before_anybody_opens_one(
    shell: Shell, sandbox: Sandbox, case: Case, first: str, effect: str
) -> None:
    sandbox.misbehave(Fault(network_of(case), effect, 1, first))
    person = Person(shell, case.agrees, case.secret)
    answer = person.runs(sandbox, case.toml, *case.arguments)
    assert (answer.status, person.link) == (1, "")
    assert "c: not signed in: " in answer.err


@pytest.mark.parametrize("case", [X, MASTODON], ids=["x", "mastodon"])
def test_a_network_that_cannot_be_reached_is_told(shell: Shell, sandbox: Sandbox, case: Case) -> None:
    person = Person(shell, case.agrees, case.secret)
    answer = person.runs(
        sandbox, case.toml.replace("{api}", f"http://127.0.0.1:{free_port()}"), *case.arguments
    )
    assert (answer.status, person.link) == (1, "")
    assert "could not be reached: nothing was sent" in answer.err


def test_a_secret_that_is_none_is_told_and_shown_nowhere(shell: Shell, sandbox: Sandbox) -> None:
    person = Person(shell, X.agrees, "canary-secret")
    answer = person.runs(sandbox, X.toml, *X.arguments)
    assert "Could not authenticate you. (is the app's key or secret wrong" in answer.err
    line = failed(shell, sandbox, MEMBER, address_of, "canary")
    assert "Client authentication failed" in line
    assert "canary" not in answer.err + answer.out + line


@pytest.mark.parametrize(
    ("case", "arguments", "words"),
    [
        (X, ("c",), "--app is missing: the API key of your app"),
        (X, ("c", "--app", "a key"), "--app a key: this is not the API key of your app"),
        (X, ("c", "--app", "key", "--redirect", "https://a.example/"), "x leaves no choice"),
        (MASTODON, ("c", "--app", "key"), "on mastodon the bot makes an app of its own"),
        (MEMBER, ("c", "--app", "86", "--redirect", "http://a.example/"), "begins with https://"),
        (MEMBER, ("c", "--app", "86", "--redirect", "https://a.example/#a"), "has no #"),
    ],
)
def test_what_does_not_fit_the_network_is_told_before_anything_is_asked(
    shell: Shell, sandbox: Sandbox, case: Case, arguments: tuple[str, ...], words: str
) -> None:
    person = Person(shell, case.agrees)
    answer = person.runs(sandbox, case.toml, *arguments)
    assert (answer.status, person.asked) == (2, 0)
    assert words in answer.err
