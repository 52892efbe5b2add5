"""What a person pastes: a code, or an address of this very sign-in."""

from __future__ import annotations

import pytest

from bot.cli.context import CliError
from bot.cli.pasted import code_in

BACK = "https://localhost/"


@pytest.mark.parametrize(
    ("pasted", "shown", "code"),
    [
        (" 1234567\n", True, "1234567"),
        ("aB-_9", True, "aB-_9"),
        (f"{BACK}?code=a.b&state=s#_=_", False, "a.b"),
        (f"{BACK}?code=c&state=s", True, "c"),
        (f"{BACK}?code=c", True, "c"),
    ],
)
def test_a_code_is_found(pasted: str, shown: bool, code: str) -> None:
    assert code_in(pasted, "s", shown=shown) == code


@pytest.mark.parametrize(
    ("pasted", "shown", "words"),
    [
        ("1234567", False, "paste the whole address, from https:// on"),
        ("my pin", True, "paste the code that is shown"),
        ("", True, "there is no code in this"),
        (f"{BACK}?code=", False, "there is no code in this"),
        (f"{BACK}?code=c", False, "belongs to another sign-in"),
        (f"{BACK}?code=c&state=é", False, "belongs to another sign-in"),
        (f"{BACK}?code=c&state=other", True, "belongs to another sign-in"),
        ("https://[?code=c&state=s", False, "there is no code in this"),
        (f"{BACK}?error=access_denied", False, "the person did not agree"),
        (
            f"{BACK}?error=odd&error_description=a%0a%1b[31mb{'x' * 500}",
            False,
            r"not signed in: odd: a \[31mb",
        ),
    ],
)
def test_anything_else_is_told_in_one_line(pasted: str, shown: bool, words: str) -> None:
    with pytest.raises(CliError, match=words) as caught:
        code_in(pasted, "s", shown=shown)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 300
