"""Every message that an item may become, to the letter."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial

import pytest
from hypothesis import given as given_
from hypothesis import strategies as st

from bot.compose.fit import DoesNotFit
from bot.compose.render import NoVersion, Style, render, style_digest
from bot.compose.style import Topic
from bot.message import Message, Picture
from content_queue.item import Item, Kind, Version
from tests.bot.compose.samples import ENGLISH, FRENCH, SENTENCES, SHORT, TITLE, URL, item, marked_up, short


def only(given: Item, style: Style) -> Message:
    (message,) = render(given, style)
    return message


def texts(given: Item, style: Style) -> dict[str, str]:
    return {message.variant: message.text for message in render(given, style)}


ARTICLE = item(FRENCH, ENGLISH, topics=("portraits", "côte-nord", "phare"))
FACT = item(
    Version(
        "fr",
        "En 2017, le fleuve comptait 43 phares.",
        credit="Institut de la mer, 2017",
        wordings=("43 phares\u00a0: voilà le fleuve en 2017 (Institut de la mer).", "Une lumière, 43 fois."),
    ),
    kind=Kind.FACT,
    topics=("phares",),
    evergreen=True,
)


def test_an_article_says_title_summary_link_and_two_hashtags() -> None:
    assert only(ARTICLE, short()).text.split("\n\n") == [
        TITLE,
        " ".join(SENTENCES),
        URL,
        "#Portraits #CôteNord",
    ]


def test_a_network_with_markup_has_the_title_as_the_link() -> None:
    message = only(ARTICLE, marked_up())
    assert message.text == f'<b><a href="{URL}">{TITLE}</a></b>\n\n{" ".join(SENTENCES)}'
    assert message.length == len(f"{TITLE}\n\n{' '.join(SENTENCES)}")


def test_a_message_carries_all_that_is_sent_and_shown() -> None:
    message = only(ARTICLE, short(cost=lambda linked: 200_000 if linked else 15_000))
    assert (message.channel, message.network, message.language) == ("x-fr", "x", "fr")
    assert (message.link, message.title, message.variant) == (URL, TITLE, "")
    assert message.length == SHORT.measure(message.text)
    assert (message.limit, message.cost, message.id) == (280, 200_000, 0)
    assert message.pictures == (Picture("https://example.org/phare.jpg", "Un phare, la nuit."),)
    assert message.style == style_digest(short(), Kind.ARTICLE)


def test_the_first_language_that_the_item_speaks_is_taken() -> None:
    assert only(ARTICLE, short(languages=("en", "fr"))).language == "en"
    assert only(item(ENGLISH), short(languages=("fr", "en"))).text == (
        "Portrait: the lighthouse that talks to whales\n\nhttps://example.org/en/lighthouse"
    )


@pytest.mark.parametrize(
    "version", [ENGLISH, Version("fr", "", image="https://example.org/a.jpg"), Version("fr", " \ufeff")]
)
def test_an_item_without_words_in_the_channels_languages_is_named(version: Version) -> None:
    with pytest.raises(NoVersion, match=r"^i12 has no words in fr, which x-fr speaks$"):
        render(item(version), short())


def test_without_a_title_the_first_sentence_is_the_title() -> None:
    message = only(item(Version("fr", "", " ".join(SENTENCES), URL)), short())
    assert message.title == SENTENCES[0]
    assert message.text.split("\n\n") == [*SENTENCES, URL]


@pytest.mark.parametrize("summary", [TITLE, TITLE.upper(), "Portrait, le phare…", "", "\n"])
def test_a_summary_that_repeats_the_title_is_left_out(summary: str) -> None:
    assert only(item(replace(FRENCH, summary=summary)), short()).text == f"{TITLE}\n\n{URL}"


def test_the_mark_of_an_excerpt_becomes_an_ellipsis() -> None:
    text = only(item(replace(FRENCH, summary="Trois villages l’ont adopté et […]")), short()).text
    assert "adopté et…" in text


def test_links_never_means_no_link_anywhere() -> None:
    for style in (short(links="never"), marked_up(links="never")):
        message = only(ARTICLE, style)
        assert message.link == ""
        assert URL not in message.text
        assert "href" not in message.text


def test_under_a_budget_both_variants_are_rendered_with_their_price() -> None:
    messages = render(ARTICLE, short(links="budget", cost=lambda linked: 200_000 if linked else 15_000))
    assert [(m.variant, m.link, m.cost) for m in messages] == [("link", URL, 200_000), ("plain", "", 15_000)]
    assert [URL in m.text for m in messages] == [True, False]


def test_a_link_by_accident_is_paid_for() -> None:
    given = item(replace(FRENCH, title="Lisez README.md"))
    assert only(given, short(links="never", cost=int)).cost == 1


def test_an_item_without_an_address_has_one_variant_under_a_budget() -> None:
    assert list(texts(item(replace(FRENCH, url="")), short(links="budget"))) == [""]


@pytest.mark.parametrize("url", ["javascript:alert(1)", "data:text/html,x", "pas une adresse"])
def test_what_is_no_web_address_is_no_link(url: str) -> None:
    message = only(item(replace(FRENCH, url=url)), marked_up())
    assert (message.link, message.text) == ("", f"<b>{TITLE}</b>\n\n{' '.join(SENTENCES)}")


def test_an_evergreen_item_has_a_message_for_each_wording() -> None:
    assert texts(FACT, short()) == {
        "": "En 2017, le fleuve comptait 43 phares.\n\nSource\u00a0: Institut de la mer, 2017\n\n#Phares",
        "wording-1": "43 phares\u00a0: voilà le fleuve en 2017 (Institut de la mer).\n\n#Phares",
        "wording-2": "Une lumière, 43 fois.\n\nSource\u00a0: Institut de la mer, 2017\n\n#Phares",
    }


def test_wordings_keep_the_title_for_the_card() -> None:
    assert {message.title for message in render(FACT, short())} == {"En 2017, le fleuve comptait 43 phares."}


def test_wordings_and_variants_are_combined() -> None:
    evergreen = item(replace(FRENCH, wordings=("Encore le phare.",)), evergreen=True)
    assert list(texts(evergreen, short(links="budget"))) == [
        "link",
        "plain",
        "wording-1-link",
        "wording-1-plain",
    ]


BOTH = item(
    FRENCH,
    replace(ENGLISH, image="https://example.org/en.jpg", alt="A lighthouse at night."),
    topics=("phare",),
)


def together(**more: object) -> Style:
    return short(**{"languages": ("fr", "en"), "together": True, **more})


def test_two_languages_together_stand_in_one_text_french_first() -> None:
    message = only(BOTH, together())
    assert message.text.split("\n\n") == [
        TITLE, " ".join(SENTENCES), URL, ENGLISH.title, ENGLISH.url, "#Phare"
    ]  # fmt: skip
    assert message.length == SHORT.measure(message.text) <= 280
    assert (message.language, message.link) == ("fr", URL)
    assert message.pictures == (
        Picture("https://example.org/phare.jpg", "Un phare, la nuit."),
        Picture("https://example.org/en.jpg", "A lighthouse at night."),
    )


def test_together_what_has_one_language_says_one() -> None:
    assert only(item(ENGLISH), together()).text == f"{ENGLISH.title}\n\n{ENGLISH.url}"


def test_together_a_link_that_both_share_stands_once() -> None:
    shared = item(FRENCH, replace(ENGLISH, url=URL))
    assert only(shared, together()).text.count("https://") == 1


def test_together_what_one_leaves_the_other_takes() -> None:
    long = item(replace(FRENCH, title="mot " * 55), replace(ENGLISH, title="Short", url=""))
    text = only(long, together()).text
    assert text.endswith("Short")
    assert SHORT.measure(text) > 250


def test_together_what_cannot_fit_is_said() -> None:
    with pytest.raises(DoesNotFit, match=r"^i12 does not fit x-fr: the shortest text is"):
        render(BOTH, together(limits=replace(SHORT, maximum=60)))


@given_(st.integers(60, 400), st.integers(0, 60), st.integers(0, 60))
def test_together_is_never_over(maximum: int, french: int, english: int) -> None:
    both = item(
        replace(FRENCH, summary="Une suite. " * french), replace(ENGLISH, summary="More of it. " * english)
    )
    try:
        message = only(both, together(limits=replace(SHORT, maximum=maximum)))
    except DoesNotFit:
        return
    assert message.length <= maximum
    assert URL in message.text


def test_a_campaign_names_the_link_and_trackers_go() -> None:
    tracked = item(replace(FRENCH, url=f"{URL}?fbclid=1"))
    message = only(tracked, short(campaign="utm_source={network}&utm_content={channel}"))
    assert message.link == f"{URL}?utm_source=x&utm_content=x-fr"
    assert message.link in message.text


def test_a_partner_is_credited_by_its_handle_and_strangers_are_not_called() -> None:
    given = replace(item(replace(FRENCH, title="Avec @untel")), partner="Techno-Côte")
    style = short(templates={"article": "{title}\n{credit}"}, partners={"technocote": "@technocote"})
    assert only(given, style).text == "Avec @\u200cuntel\nAvec @technocote"
    assert only(given, replace(style, partners={})).text.endswith("\nAvec Techno-Côte")


def test_a_fact_is_set_by_the_rules_and_an_articles_title_is_quoted_as_written() -> None:
    words = Version("fr", "Le Québec : 7 530 idées !")
    assert only(item(words, kind=Kind.FACT), short()).text == "Le Québec\u00a0: 7\u00a0530 idées!"
    assert only(item(words), short()).text == "Le Québec : 7 530 idées !"


def test_the_words_of_a_template_are_set_by_the_rules() -> None:
    style = short(templates={"article": "Lire l'article : {title}"})
    assert only(item(), style).text == f"Lire l’article\u00a0: {TITLE}"


def test_an_item_that_comes_once_says_only_its_title() -> None:
    assert list(texts(item(replace(FRENCH, wordings=("Encore.",))), short())) == [""]


@pytest.mark.parametrize(
    ("kind", "language", "credit", "line"),
    [
        (Kind.FACT, "fr", "Institut, 2017", "Source\u00a0: Institut, 2017"),
        (Kind.FACT, "fr", "Source : l'Institut", "Source\u00a0: l’Institut"),
        (Kind.FACT, "en", "Institute, 2017", "Source: Institute, 2017"),
        (Kind.QUOTE, "fr", "Jeanne Roy", "— Jeanne Roy"),
        (Kind.ARTICLE, "fr", "TechnoCôte", "Avec TechnoCôte"),
        (Kind.ARTICLE, "en", "TechnoCôte", "With TechnoCôte"),
        (Kind.ARTICLE, "fr", "Portrait", ""),
    ],
)
def test_the_credit_is_named_unless_the_title_names_it(
    kind: Kind, language: str, credit: str, line: str
) -> None:
    version = Version(language, "Portrait d’un phare", credit=credit)
    style = short(languages=(language,), templates={kind.value: "{credit}|{title}"})
    assert only(item(version, kind=kind), style).text == f"{line}|Portrait d’un phare"


def test_the_operators_template_comes_before_the_networks_and_kind_before_the_rest() -> None:
    network = replace(SHORT, templates={"default": "réseau {title}", "fact": "réseau, fait {title}"})
    own = {"article": "ici {title}", "default": "ici, sinon {title}"}

    def first_words(kind: Kind, templates: dict[str, str]) -> str:
        return only(item(kind=kind), short(limits=network, templates=templates)).text.removesuffix(
            f" {TITLE}"
        )

    assert first_words(Kind.ARTICLE, own) == "ici"
    assert first_words(Kind.FACT, own) == "réseau, fait"
    assert first_words(Kind.VIDEO, own) == "ici, sinon"
    assert first_words(Kind.VIDEO, {}) == "réseau"


def test_a_message_without_a_link_takes_the_plain_template_where_the_kind_has_none() -> None:
    own = {"plain": "{title}\n\nL’article est dans notre profil."}
    assert texts(ARTICLE, short(links="budget", templates=own))["plain"] == (
        f"{TITLE}\n\nL’article est dans notre profil."
    )


def test_a_template_that_needs_a_link_is_not_used_without_one() -> None:
    own = {"article": '<a href="{url}">{title}</a>'}
    network = replace(SHORT, templates={"default": '<a href="{url}">{summary}</a>'})
    assert (
        only(item(Version("fr", "Titre", "Suite")), short(limits=network, templates=own)).text
        == "Titre\n\nSuite"
    )


def test_feed_text_stays_what_it_is() -> None:
    hostile = Version("fr", "{url} {{7*7}} <b>x</b>", url=URL)
    assert only(item(hostile), short()).text == f"{{url}} {{{{7*7}}}} <b>x</b>\n\n{URL}"
    assert "&lt;b&gt;x&lt;/b&gt;" in only(item(hostile), marked_up()).text


@pytest.mark.parametrize(
    ("change", "style", "pictures"),
    [
        (partial(replace, alt=""), {}, 0),
        (partial(replace, alt="  "), {}, 0),
        (partial(replace, alt=""), {"require_alt": False}, 1),
        (partial(replace, image=""), {"require_alt": False}, 0),
        (replace, {"limits": replace(SHORT, pictures=0)}, 0),
        (replace, {"limits": replace(SHORT, caption=20)}, 0),
        (replace, {"limits": replace(SHORT, caption=SHORT.maximum)}, 1),
        (replace, {}, 1),
    ],
)
def test_a_picture_goes_out_with_alt_text_in_its_language(
    change: Callable[[Version], Version], style: dict[str, object], pictures: int
) -> None:
    assert len(only(item(change(FRENCH)), short(**style)).pictures) == pictures


def test_an_alt_text_too_long_ends_at_a_word() -> None:
    limits = replace(SHORT, alt_maximum=12)
    assert only(ARTICLE, short(limits=limits)).pictures[0].alt == "Un phare…"


def test_the_words_of_a_card_are_the_summary_of_a_linked_item_within_bounds() -> None:
    assert only(ARTICLE, short()).summary == " ".join(SENTENCES)
    assert only(ARTICLE, short(links="never")).summary == ""
    long = only(item(replace(FRENCH, summary="Une phrase. " * 60)), short()).summary
    assert len(long) <= 300
    assert long.endswith("…")


def test_what_fits_no_limit_names_item_and_channel() -> None:
    with pytest.raises(
        DoesNotFit, match=r"^i12 does not fit x-fr: the shortest text is \d+ long, the limit is 20"
    ):
        render(ARTICLE, short(limits=replace(SHORT, maximum=20)))


def test_a_template_with_a_mistake_is_named() -> None:
    with pytest.raises(ValueError, match=r"did you mean \{title\}"):
        render(ARTICLE, short(templates={"article": "{titel}"}))


def test_the_digest_tells_every_difference_that_the_public_would_see() -> None:
    base = only(ARTICLE, short())
    others = [
        only(ARTICLE, replace(short(), channel="x-en")),
        only(ARTICLE, short(links="never")),
        only(item(replace(FRENCH, alt="Autre.")), short()),
        only(item(replace(FRENCH, title="Autre")), short()),
    ]
    assert base.digest == only(ARTICLE, short()).digest
    assert len({base.digest, *(other.digest for other in others)}) == 5


def test_the_digest_of_the_style_tells_a_changed_template_or_option() -> None:
    base = style_digest(short(), Kind.ARTICLE)
    changed = [
        short(templates={"article": "{title}"}),
        short(templates={"plain": "{title}"}),
        short(links="never"),
        short(require_alt=False),
        short(together=True),
        short(campaign="a=b"),
        short(hashtags=1),
        short(partners={"a": "@a"}),
        short(topics={"a": Topic({"fr": "A"})}),
        short(limits=replace(SHORT, maximum=500)),
    ]
    assert base not in {style_digest(style, Kind.ARTICLE) for style in changed}
    assert base == style_digest(short(templates={"video": "{title}"}), Kind.ARTICLE)
    assert base == style_digest(short(cost=int), Kind.ARTICLE)
