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


def test_words_behind_a_bar_stand_where_the_name_is_empty() -> None:
    template = "{title}\n{summary|Bonne lecture.}"
    assert fill(template, values(title="a")) == "a\nBonne lecture."
    assert fill(template, values(title="a", summary="b")) == "a\nb"


def test_a_condition_chooses_by_whether_a_name_speaks() -> None:
    template = "{title}{if url}\n\nLire : {url}{else}\n\nDans notre profil.{end}"
    assert fill(template, values(title="a", url="b")) == "a\n\nLire : b"
    assert fill(template, values(title="a")) == "a\n\nDans notre profil."
    assert fill("{title}{if not credit} (anonyme){end}", values(title="a")) == "a (anonyme)"


def test_conditions_nest_and_know_the_language() -> None:
    template = "{if fr}Fait{if credit} ({credit}){end}{else}Fact{end}\u00a0: {title}"
    assert fill(template, values(title="a", credit="b"), "fr") == "Fait (b)\u00a0: a"
    assert fill(template, values(title="a", credit="b"), "en") == "Fact\u00a0: a"


def test_a_condition_that_says_nothing_takes_its_line_along() -> None:
    template = "{title}\n\n{if credit}Merci à {credit}{end}\n\n{url}"
    assert fill(template, values(title="a", url="b")) == "a\n\nb"


@pytest.mark.parametrize("hostile", ["{if url}", "{end}", "{title|x}", "{else}"])
def test_what_a_feed_says_is_never_a_condition(hostile: str) -> None:
    assert fill("{if title}{title}{else}rien{end}", values(title=hostile)) == hostile


@pytest.mark.parametrize(
    "template",
    [
        '{if url}<a href="{url}">{title}</a>{else}<b>{title}</b>{end}',
        "{title|Sans titre}",
        "{if not fr}{title}{end}",
        "{title}",
        "{wording} {lead}\n{summary}{url}{credit}{hashtags}",
        '<b><a href="{url}">{title}</a></b>',
    ],
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
        ("{if}{title}", "there is no {if}"),
        ("{if titel}{title}{end}", "{if titel}: did you mean {title}?"),
        ("{if url}{title}", "{if url} has no {end}"),
        ("{title}{end}", "{end} stands behind no {if}"),
        ("{title}{else}", "{else} stands behind no {if}"),
        ("{if url}{title}{else}a{else}b{end}", "{if url} has no {end}"),
        ("{if url}<b>{end}{title}", "<b> is not closed on its line"),
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
    with pytest.raises(ValueError, match=r"no|a |it |takes|closes|did"):
        fill(template, values())


def test_every_mistake_is_named_once() -> None:
    assert len(check("{titel} {titel} {sumary}")) == 2


def test_a_template_with_the_address_in_a_tag_needs_one() -> None:
    assert needs_link('<a href="{url}">{title}</a>')
    assert not needs_link("{title}\n\n{url}")
    assert not needs_link('{if url}<a href="{url}">{title}</a>{else}{title}{end}')


@given(st.text(alphabet="{}|if not url title else end\n<b>/ ", max_size=60))
def test_whatever_is_written_is_either_a_template_or_a_list_of_mistakes(template: str) -> None:
    if not check(template):
        assert "{url}" not in fill(template, values(url="u", title="t"))
