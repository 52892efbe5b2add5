"""Secrets: nothing prints them, three places hold them, a file that others may read is refused."""

import base64
import copy
import logging
import pickle
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

import pytest

from bot.secret import KEY, Redactor, Secret, open_secrets, variable

VALUE = 'p@ss/"wörd+1'
SECRET = Secret(VALUE)
TOKEN = "123456789:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw"


def private(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    path.chmod(0o600)
    return path


@pytest.mark.parametrize(
    "shown",
    [
        repr(SECRET),
        str(SECRET),
        f"{SECRET}",
        f"{SECRET:>5}".strip(),
        f"{SECRET!r}",
        "%s" % SECRET,  # noqa: UP031  an old way to print, and one way to leak
        str([SECRET]),
        str({"token": SECRET}),
    ],
)
def test_no_way_of_printing_shows_the_value(shown: str) -> None:
    assert "***" in shown
    assert "ss/" not in shown


def test_a_secret_reveals_its_value_to_who_asks_by_name() -> None:
    assert SECRET.reveal() == VALUE


@pytest.mark.parametrize("leak", [pickle.dumps, copy.deepcopy])
def test_a_secret_is_neither_pickled_nor_copied(leak: Callable[[Secret], object]) -> None:
    with pytest.raises(TypeError, match="not pickled"):
        leak(SECRET)


def test_secrets_are_equal_by_value_and_to_nothing_else() -> None:
    assert Secret(VALUE, "here") == Secret(VALUE, "there")
    assert len({Secret(VALUE), Secret(VALUE), Secret("other")}) == 2
    assert Secret("a") != Secret("b")
    assert Secret(VALUE) != VALUE


def test_a_variable_is_upper_case_with_dashes_as_underscores() -> None:
    assert variable("x-fr", "ACCESS_TOKEN") == "TECHNOPOLYS_X_FR_ACCESS_TOKEN"


def test_the_environment_wins_over_the_file_and_the_file_over_the_folder(tmp_path: Path) -> None:
    private(tmp_path / ".env", "TECHNOPOLYS_A_TOKEN=from-file\nexport TECHNOPOLYS_B_TOKEN='from file'\n")
    folder = tmp_path / "secrets"
    folder.mkdir()
    for name in ("TECHNOPOLYS_A_TOKEN", "TECHNOPOLYS_B_TOKEN", "technopolys_c_token"):
        private(folder / name, "from-folder\n")
    environ = {"TECHNOPOLYS_SECRETS_DIR": "secrets", "TECHNOPOLYS_A_TOKEN": "from-environment"}
    secrets = open_secrets(tmp_path, environ)
    found = [secrets.find(f"TECHNOPOLYS_{name}_TOKEN") for name in "ABC"]
    assert [secret and secret.reveal() for secret in found] == [
        "from-environment",
        "from file",
        "from-folder",
    ]
    assert [secret and secret.origin for secret in found] == [
        "the environment",
        ".env",
        str(folder / "technopolys_c_token"),
    ]
    assert secrets.mistakes == []


def test_an_empty_variable_counts_as_absent(tmp_path: Path) -> None:
    private(tmp_path / ".env", "TECHNOPOLYS_A_TOKEN=value\nTECHNOPOLYS_B_TOKEN=\n")
    secrets = open_secrets(tmp_path, {"TECHNOPOLYS_A_TOKEN": " "})
    assert secrets.find("TECHNOPOLYS_A_TOKEN") == Secret("value")
    assert secrets.find("TECHNOPOLYS_B_TOKEN") is None
    assert secrets.find("TECHNOPOLYS_C_TOKEN") is None


def test_dollars_in_the_env_file_are_part_of_the_value(tmp_path: Path) -> None:
    private(tmp_path / ".env", "TECHNOPOLYS_A_TOKEN=a${HOME}b\n")
    assert open_secrets(tmp_path, {}).find("TECHNOPOLYS_A_TOKEN") == Secret("a${HOME}b")


def test_the_key_is_read_from_its_file(tmp_path: Path) -> None:
    private(tmp_path / "technopolys.key", "abc\n")
    assert open_secrets(tmp_path, {}).find(KEY) == Secret("abc")
    assert open_secrets(tmp_path, {KEY: "def"}).find(KEY) == Secret("def")


@pytest.mark.parametrize("name", [".env", "technopolys.key", "secrets/TECHNOPOLYS_A_TOKEN"])
@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604])
def test_a_secret_file_that_others_may_read_is_refused_with_the_way_out(
    tmp_path: Path, name: str, mode: int
) -> None:
    (tmp_path / "secrets").mkdir()
    path = private(tmp_path / name, "TECHNOPOLYS_B_TOKEN=value")
    path.chmod(mode)
    secrets = open_secrets(tmp_path, {"TECHNOPOLYS_SECRETS_DIR": "secrets"})
    for variable_name in (KEY, "TECHNOPOLYS_A_TOKEN", "TECHNOPOLYS_A_TOKEN"):
        secrets.find(variable_name)
    assert len(secrets.mistakes) == 1
    assert f"{path}: others on this machine can read it (mode {mode:04o})" in secrets.mistakes[0]
    assert secrets.mistakes[0].endswith(f"run: chmod 600 {path}")


def test_what_the_platform_hands_in_is_taken_with_its_own_mode(tmp_path: Path) -> None:
    private(tmp_path / "TECHNOPOLYS_A_TOKEN", "value").chmod(0o440)
    secrets = open_secrets(tmp_path, {"CREDENTIALS_DIRECTORY": str(tmp_path)})
    assert secrets.find("TECHNOPOLYS_A_TOKEN") == Secret("value")
    assert secrets.mistakes == []


def test_files_that_cannot_be_understood_are_named(tmp_path: Path) -> None:
    private(tmp_path / ".env", "TECHNOPOLYS_A_TOKEN=value\n'broken\n")
    (tmp_path / "technopolys.key").write_bytes(b"\xff\xfe\x00")
    (tmp_path / "technopolys.key").chmod(0o600)
    secrets = open_secrets(tmp_path, {"TECHNOPOLYS_SECRETS_DIR": "nowhere"})
    secrets.find(KEY)
    assert secrets.mistakes == [
        f"TECHNOPOLYS_SECRETS_DIR: {tmp_path}/nowhere is no folder; make it, or unset the variable",
        f"{tmp_path}/.env: line 2 is not written NAME=value",
        f"{tmp_path}/technopolys.key: is not text in UTF-8",
    ]


@pytest.mark.parametrize(
    "dress",
    [
        VALUE,
        quote(VALUE, safe=""),
        quote(VALUE),
        repr(VALUE),
        base64.b64encode(VALUE.encode()).decode(),
        'p@ss/\\"w\\u00f6rd+1',
    ],
)
def test_a_known_secret_is_hidden_in_every_dress(dress: str) -> None:
    redacted = Redactor([SECRET])(f"before {dress} after")
    assert dress not in redacted
    assert redacted.startswith("before ")
    assert redacted.endswith(" after")


@pytest.mark.parametrize(
    ("text", "redacted"),
    [
        (f"https://api.telegram.org/bot{TOKEN}/sendMessage", "https://api.telegram.org/bot***/sendMessage"),
        ("Authorization: Bearer AAAA.bbbb-cccc=", "Authorization: Bearer ***"),
        ("?access_token=abcdef&page=2", "?access_token=***&page=2"),
        ("postgresql+psycopg://bot:hunter2@db/name", "postgresql+psycopg://bot:***@db/name"),
        ("xoxb-1234567890-abcdef", "***"),
        ("12:30:00 bearer of news, 1234567 posts", "12:30:00 bearer of news, 1234567 posts"),
        ("https://example.org:8080/a@b", "https://example.org:8080/a@b"),
    ],
)
def test_what_looks_like_a_secret_is_hidden_and_nothing_else(text: str, redacted: str) -> None:
    assert Redactor()(text) == redacted


def test_a_secret_of_a_few_letters_does_not_blank_the_whole_log() -> None:
    assert Redactor([Secret("a"), Secret("")])("all is well") == "all is well"


def test_reading_secrets_logs_nothing(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    private(tmp_path / ".env", "not a setting\n")
    with caplog.at_level(logging.DEBUG):
        open_secrets(tmp_path, {})
    assert caplog.text == ""
