"""The template language: small, safe, and clear about mistakes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.compose.template import NAMES, check, fill, needs_link


def values(**given: str) -> dict[str, str]:
    return dict.fromkeys(NAMES, "") | given


def test_names_stand_for_their_values() -> None:
    assert fill("{title} ({credit})", values(title="Un phare", credit="Tadoussac")) == "Un phare (Tadoussac)"


@pytest.mark.parametrize("hostile", ["{url}", "{{7*7}}", "{title.__class__}", "}{", "%s", "{0}", "\\n"])
def test_what_a_feed_says_is_never_a_template(hostile: str) -> None:
    assert fill("{title}\n\n{url}", values(title=hostile, url="https://example.org")) == (
        f"{hostile}\n\nhttps://example.org"
    )


@given(st.text(alphabet="{}title:!.[]0 "), st.text(alphabet="{}url "))
def test_no_value_changes_what_another_becomes(title: str, summary: str) -> None:
    text = fill("<{title}>\n<{summary}>", values(title=title + "a", summary=summary + "b"))
    assert text == f"<{title}a>\n<{summary}b>"


def test_an_empty_part_takes_its_paragraph_and_blank_line_along() -> None:
    assert fill("{title}\n\n{summary}\n\n\n{url}\n", values(title="a", url="b")) == "a\n\nb"


def test_an_empty_part_takes_its_line_along() -> None:
    assert fill("{title}\nSource : {credit}\n{url}", values(title="a", url="b")) == "a\nb"


def test_our_own_lines_stay() -> None:
    assert fill("{title}\n\nBonne lecture.", values(title="a")) == "a\n\nBonne lecture."


def test_a_doubled_brace_is_the_sign_itself() -> None:
    assert fill("{{{title}}}", values(title="a")) == "{a}"


@pytest.mark.parametrize(
    "template",
    ["{title}", "{wording} {lead}\n{summary}{url}{credit}{hashtags}", '<b><a href="{url}">{title}</a></b>'],
)
def test_a_good_template_has_no_mistakes(template: str) -> None:
    assert check(template) == []


@pytest.mark.parametrize(
    ("template", "mistake"),
    [
        ("{titel}", "there is no {titel}; did you mean {title}?"),
        ("{title} {xyzzy}", "there is no {xyzzy}; the names are title, wording, "),
        ("{title", "a { or } has no partner"),
        ("{title}}", "a { or } has no partner"),
        ("{title} {}", "there is no {}; "),
        ("{title.upper}", "there is no {title.upper}; did you mean {title}?"),
        ("{title!r}", "{title} takes nothing but its name"),
        ("{title:>10}", "{title} takes nothing but its name"),
        ("Bonjour", "it names nothing of the item"),
        ("<b>{title}", "<b> is not closed on its line"),
        ("<b>{title}\n{summary}</b>", "<b> is not closed on its line"),
        ("<b><i>{title}</b></i>", "</b> closes no <b> of its line"),
    ],
)
def test_a_mistake_is_named_in_one_line(template: str, mistake: str) -> None:
    mistakes = check(template)
    assert mistakes[0].startswith(mistake)
    assert "\n" not in "".join(mistakes)
    with pytest.raises(ValueError, match=r"no|a |it |takes|closes"):
        fill(template, values())


def test_every_mistake_is_named_once() -> None:
    assert len(check("{titel} {titel} {sumary}")) == 2


def test_a_template_with_the_address_in_a_tag_needs_one() -> None:
    assert needs_link('<a href="{url}">{title}</a>')
    assert not needs_link("{title}\n\n{url}")
