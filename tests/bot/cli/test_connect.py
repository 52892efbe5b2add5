"""``connect``: a link to open, an address to paste back, a token that is proved and kept."""

from __future__ import annotations

import stat
from collections.abc import Callable
from urllib.parse import parse_qs, urlsplit

import pytest

from bot.sandbox.faults import Fault
from bot.sandbox.server import Sandbox
from tests.bot.cli.conftest import Answer, Shell
from tests.bot.cli.signing import Person, running_sandbox  # noqa: F401  a fixture

BACK = "https://www.facebook.com/connect/login_success.html"
TOML = """
[channels.page]
network = "facebook"
page = "42"
language = "fr"
api = "{api}"

[channels.hands]
network = "manual"
"""
NAME = "TECHNOPOLYS_PAGE_PAGE_TOKEN"
APP_SECRET = "TECHNOPOLYS_PAGE_APP_SECRET"


def led_to(link: str) -> str:
    """The address where Facebook leads who agreed."""
    return f"{BACK}?code=code-1&state={parse_qs(urlsplit(link).query)['state'][0]}#_=_"


def run(shell: Shell, sandbox: Sandbox, person: Person | None = None, *more: str, toml: str = TOML) -> Answer:
    """Sign the page in, as a person does who comes back with Facebook's address."""
    made = person or Person(shell, pastes=led_to)
    return made.runs(sandbox, toml, *(more or ("page", "--app", "138")))


def test_a_page_is_signed_in_and_its_token_kept_beside_what_stood_there(
    shell: Shell, sandbox: Sandbox
) -> None:
    env = shell.write(f"# ours\nexport {NAME}=old\nTECHNOPOLYS_OTHER='a b'\n", ".env")
    person = Person(shell, pastes=led_to)
    answer = run(shell, sandbox, person)
    assert (answer.status, answer.err) == (0, "")
    assert env.read_text() == f"# ours\nTECHNOPOLYS_OTHER='a b'\n{NAME}=42-own\n{APP_SECRET}=app-secret\n"
    assert stat.S_IMODE(env.stat().st_mode) == 0o600
    assert "page posts as Les vagues (https://www.facebook.com/42)" in answer.out
    shown = answer.out + "".join(person.seen)
    assert all(secret not in shown for secret in ("42-own", "app-secret", "person-"))
    asked = parse_qs(urlsplit(person.link).query)
    assert asked["scope"] == ["pages_show_list,pages_read_engagement,pages_manage_posts"]
    assert (asked["client_id"], asked["redirect_uri"]) == (["138"], [BACK])
    checked = shell.run("check", "--online", "--json")
    assert checked.status == 0
    assert [one["text"] for one in checked.json if one["text"].startswith("posts as Les vagues")] == [
        "posts as Les vagues (https://www.facebook.com/42), on the consent given to the app Les vagues"
    ]


@pytest.mark.parametrize(
    ("pastes", "words"),
    [
        (lambda _link: f"{BACK}?code=code-1&state=another", "belongs to another sign-in"),
        (lambda _link: "code-1", "there is no code in this"),
        (lambda _link: "https://[", "there is no code in this"),
        (lambda _link: f"{BACK}?error=access_denied&state=a", "did not agree"),
        (lambda _link: f"{BACK}?error=bad_scope&error_description=No%0Ascope", "bad_scope: No scope"),
        (lambda link: led_to(link).replace("code-1", "stale"), "This authorization code has been used"),
    ],
)
def test_what_is_pasted_must_be_of_this_sign_in(
    shell: Shell, sandbox: Sandbox, pastes: Callable[[str], str], words: str
) -> None:
    answer = run(shell, sandbox, Person(shell, pastes=pastes))
    assert answer.status == 1
    assert words in answer.err
    assert len(answer.err.splitlines()) == 1
    assert not (shell.folder / ".env").exists()


def test_a_secret_that_is_none_is_told_and_shown_nowhere(shell: Shell, sandbox: Sandbox) -> None:
    answer = run(shell, sandbox, Person(shell, led_to, secret="canary-secret"))
    assert answer.status == 1
    assert "Error validating client secret" in answer.err
    assert "canary" not in answer.err + answer.out


def test_a_page_that_was_not_chosen_is_named_with_those_that_were(shell: Shell, sandbox: Sandbox) -> None:
    answer = run(shell, sandbox, toml=TOML.replace('"42"', '"43"'))
    assert answer.status == 1
    assert "page 43 is not among those that were chosen (Les vagues (42), Un autre (7))" in answer.err


def test_a_token_that_cannot_be_proved_is_not_kept(shell: Shell, sandbox: Sandbox) -> None:
    sandbox.misbehave(Fault("facebook", "401", 1, "me"))
    answer = run(shell, sandbox)
    assert answer.status == 1
    assert "signed in, but nothing is kept" in answer.err
    assert not (shell.folder / ".env").exists()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("stranger", "--app", "138"), "there is no channel stranger; the channels are page, hands"),
        (("hands", "--app", "138"), "nobody signs in to manual here: docs/networks/manual.md says"),
        (("page", "--app", "my app"), "--app my app: this is not the number of your app"),
        (("page",), "--app is missing: the number of your app"),
        (("page", "--app", "138", "--redirect", "https://a.example/"), "facebook leaves no choice"),
    ],
)
def test_what_cannot_be_signed_in_is_told_before_anything_is_asked(
    shell: Shell, sandbox: Sandbox, arguments: tuple[str, ...], words: str
) -> None:
    person = Person(shell, pastes=led_to)
    answer = run(shell, sandbox, person, *arguments, toml=TOML)
    assert (answer.status, person.link) == (2, "")
    assert words in answer.err


def test_a_variable_of_the_environment_goes_before_the_file_and_is_named(
    shell: Shell, sandbox: Sandbox
) -> None:
    shell.monkeypatch.setenv(NAME, "old")
    answer = run(shell, sandbox)
    assert answer.status == 2
    assert f"{NAME} is set in the environment" in answer.err


def test_what_belongs_to_another_sign_in_does_not_stand_in_the_way(shell: Shell, sandbox: Sandbox) -> None:
    env = shell.write(f"{APP_SECRET}='of\nanother app'\n", ".env")
    assert run(shell, sandbox).status == 0
    assert env.read_text() == f"{NAME}=42-own\n{APP_SECRET}=app-secret\n"


def test_a_channel_is_signed_in_while_others_still_wait_for_it(shell: Shell, sandbox: Sandbox) -> None:
    others = '[channels.x]\nnetwork = "x"\n[channels.second]\nnetwork = "facebook"\npage = "7"\n'
    answer = run(shell, sandbox, toml=TOML + others)
    assert (answer.status, answer.err) == (0, "")
    assert "page posts as Les vagues" in answer.out


@pytest.mark.parametrize("name", [NAME, APP_SECRET])
def test_a_secret_that_would_go_before_or_beside_is_named_with_its_place(
    shell: Shell, sandbox: Sandbox, name: str
) -> None:
    (shell.folder / "secrets").mkdir()
    shell.write("old", f"secrets/{name}")
    shell.monkeypatch.setenv("TECHNOPOLYS_SECRETS_DIR", "secrets")
    answer = run(shell, sandbox)
    assert answer.status == (2 if name == APP_SECRET else 0)
    assert (f"{name} stands in" in answer.err) == (name == APP_SECRET)


def test_a_page_in_place_of_an_answer_leaves_all_as_it_was(shell: Shell, sandbox: Sandbox) -> None:
    env = shell.write("A=1\n", ".env")
    sandbox.misbehave(Fault("facebook", "html", 1, "sign-in"))
    answer = run(shell, sandbox)
    assert (answer.status, env.read_text()) == (1, "A=1\n")
    assert "Facebook gave no token for this code" in answer.err
