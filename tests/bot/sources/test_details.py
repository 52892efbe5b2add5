"""Dates, words, pictures, YouTube: the rules one by one."""

from datetime import UTC, datetime

import pytest

from bot.sources.dates import read_date
from bot.sources.words import cut, first_sentence, plain, tidy
from content_queue.item import Kind
from tests.bot.sources.documents import entry, rss, words


@pytest.mark.parametrize(
    ("text", "when"),
    [
        ("Sun, 04 Nov 2018 01:30:00 EDT", "2018-11-04T05:30"),
        ("Sun, 04 Nov 2018 01:30:00 EST", "2018-11-04T06:30"),
        ("Mon, 12 Mar 2018 09:00:00 -0400", "2018-03-12T13:00"),
        ("12 Mar 18 09:00 GMT", "2018-03-12T09:00"),
        ("2018-03-12T09:00:00-04:00", "2018-03-12T13:00"),
        ("2018-03-12 09:00:00", "2018-03-12T09:00"),
        ("2018-03-12", "2018-03-12T00:00"),
        ("2018/3/12 9:05:07", "2018-03-12T09:05:07"),
        ("2018.03.12", "2018-03-12T00:00"),
        ("lun., 12 mars 2018 09:00:00 -0400", "2018-03-12T13:00"),
        ("lundi 12 mars 2018 à 9 h 00", "2018-03-12T09:00"),
        ("1er août 2018", "2018-08-01T00:00"),
        ("dim., 04 févr. 2018 12:00:00 EST", "2018-02-04T17:00"),
        ("1520859600", "2018-03-12T13:00"),
        ("1520859600000", "2018-03-12T13:00"),
        ("Sat, 31 Dec 2016 23:59:60 GMT", "2017-01-01T00:00"),
        ("Mon, 12 Mar 2018 24:00:00 GMT", "2018-03-13T00:00"),
        ("Fri, 31 Dec 2099 23:59:59 +0000", "2099-12-31T23:59:59"),
        ("0001-01-01T00:00:00Z", "0001-01-01T00:00"),
    ],
)
def test_dates_are_kept_as_the_source_claims_them(text: str, when: str) -> None:
    assert read_date(text) == datetime.fromisoformat(when).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    ["", "bientôt", "yesterday", "02/03/2018 09:00", "Thu, 29 Feb 2018 09:00:00 GMT", "30 Feb 2018 09:00 GMT",
     "10000-01-01T00:00:00Z", "Mon, 12 Mar 20180 09:00:00 GMT", "0001-01-01T00:00:00+14:00", "1" * 200_000,
     "99999999999999", "-5", "31 septembre 2018", "Mon, 12 Mar 2018 25:00:00 GMT", "2018/13/12",
     "2018/2/30 9:00", "2018/3/12 25:00:00"],
)  # fmt: skip
def test_what_is_no_date_is_none(text: str) -> None:
    found = read_date(text)
    assert found is None or found.year > 5000  # a number of milliseconds may name a far year


@pytest.mark.parametrize("text", ["2018/2/30 09:00", "2018/13/01", "2018", "12.13.2018", "2018/"])
def test_no_date_is_filled_up_from_todays(text: str) -> None:
    assert entry(rss(f"<title>t</title><pubDate>{text}</pubDate>")).published_at is None


def test_an_item_dated_by_its_last_change_only_has_that_date() -> None:
    found = entry(rss("<title>t</title><pubDate>bientôt</pubDate><dc:date>2018-03-12T09:00:00Z</dc:date>"))
    assert found.published_at == datetime(2018, 3, 12, 9, tzinfo=UTC)


def test_paragraphs_part_words_and_no_break_spaces_stay() -> None:
    markup = "<p>Un\n «\u00a0geste\u00a0»</p><p>Deux<br>trois</p><ul><li>a</li><li>b</li></ul>"
    assert plain(markup) == "Un «\u00a0geste\u00a0»\n\nDeux\ntrois\n\na\n\nb"


def test_scripts_styles_and_captions_are_not_words() -> None:
    markup = "<style>p{}</style><figure><img><figcaption>Photo</figcaption></figure>Mot<script>x()</script>"
    assert plain(markup) == "Mot"


def test_hidden_characters_go_and_emoji_stay() -> None:
    hostile = "\u202eevil\u202c ze\u200bro \ufeffb\u00adc\u2066d\u2069 👩🏽‍💻🏳️‍🌈🇨🇦 \x1b[31mred\x1b[0m\x00\x07"
    assert tidy(hostile) == "evil zero bcd 👩🏽‍💻🏳️‍🌈🇨🇦 red"


def test_text_is_composed_and_marks_do_not_pile_up() -> None:
    assert tidy("Re\u0301sume\u0301") == "Résumé"
    assert len(tidy("a" + "\u0301" * 500)) <= 5


@pytest.mark.parametrize(
    ("text", "first", "rest"),
    [
        ("Bonjour. Ça va?", "Bonjour.", "Ça va?"),
        ("M. Roy et Mme Roy arrivent. Oui.", "M. Roy et Mme Roy arrivent.", "Oui."),
        ("C’est 3.5 fois mieux. Voilà", "C’est 3.5 fois mieux.", "Voilà"),
        ("Il dit « oui. » Puis non.", "Il dit « oui. »", "Puis non."),
        ("Une ligne\nDeux", "Une ligne", "Deux"),
        ("une seule", "une seule", ""),
        ("", "", ""),
    ],
)
def test_the_first_sentence_ends_where_a_reader_stops(text: str, first: str, rest: str) -> None:
    assert first_sentence(text) == (first, rest)


def test_cutting_splits_no_grapheme_and_no_word() -> None:
    assert cut("un deux trois", 100) == "un deux trois"
    assert cut("un deux trois quatre", 16) == "un deux trois…"
    family = "👨‍👩‍👧‍👦"
    assert cut(family * 10, 5) == family * 4 + "…"


@pytest.mark.parametrize(
    ("inside", "image", "alt"),
    [
        (
            """<media:content url="https://i.example/s.jpg" type="image/jpeg" width="140"/>
            <media:content url="https://i.example/l.jpg" type="image/jpeg" width="460"/>""",
            "https://i.example/l.jpg",
            "",
        ),
        ('<media:content url="https://i.example/v.mp4" medium="video"/>', "", ""),
        ('<media:thumbnail url="https://i.example/t"/>', "https://i.example/t", ""),
        ('<enclosure url="/e.png" type="image/png" length="1"/>', "https://site.example/e.png", ""),
        (
            '<description>&lt;img src="/d.png" alt="Une bouée &amp;amp; un quai"&gt;Mot</description>',
            "https://site.example/d.png",
            "Une bouée & un quai",
        ),
        (
            """<description>&lt;img src='https://i.example/p.gif' width='1' height='1'&gt;
            &lt;img src='https://i.example/real.jpg'&gt;</description>""",
            "https://i.example/real.jpg",
            "",
        ),
        ('<description>&lt;img src="data:image/png;base64,AAAA"&gt;</description>', "", ""),
        (
            """<media:content url="https://i.example/plan.jpg" medium="image"/>
            <description>&lt;img alt="Le plan" src="https://i.example/plan-1024x576.jpg"&gt;</description>""",
            "https://i.example/plan.jpg",
            "Le plan",
        ),
        ('<media:content url="https://0.gravatar.com/avatar/1?s=96" medium="image"/>', "", ""),
    ],
)
def test_the_picture_is_the_one_a_person_would_choose(inside: str, image: str, alt: str) -> None:
    found = words(rss(f"<title>t</title>{inside}"))
    assert (found.image, found.alt) == (image, alt)


YOUTUBE = """<feed xmlns:yt="http://www.youtube.com/xml/schemas/2015" xmlns:media="http://search.yahoo.com/mrss/"
 xmlns="http://www.w3.org/2005/Atom"><title>StarTech</title><published>2017-09-18T14:00:00+00:00</published>
 <entry><id>yt:video:-aB3_xYz012</id><yt:videoId>-aB3_xYz012</yt:videoId><title>Les coulisses</title>
 <link rel="alternate" href="https://www.youtube.com/shorts/-aB3_xYz012"/><author><name>Tech</name></author>
 <published>2018-02-14T17:00:06+00:00</published><updated>2018-02-15T02:11:40+00:00</updated>
 <media:group><media:title>Autre titre</media:title>
 <media:content url="https://www.youtube.com/v/-aB3_xYz012" type="application/x-shockwave-flash"/>
 <media:thumbnail url="https://i3.ytimg.com/vi/-aB3_xYz012/hqdefault.jpg" width="480" height="360"/>
 <media:description>Bonjour.\n\n00:00 Intro\n01:23 Suite</media:description></media:group></entry></feed>"""


def test_a_video_is_known_by_its_id_and_leads_to_its_page() -> None:
    found = entry(YOUTUBE.encode())
    (version,) = found.versions
    assert (found.guid, found.kind) == ("yt:video:-aB3_xYz012", Kind.VIDEO)
    assert version.url == "https://www.youtube.com/watch?v=-aB3_xYz012"
    assert version.image == "https://i3.ytimg.com/vi/-aB3_xYz012/hqdefault.jpg"
    assert (version.title, version.summary) == ("Les coulisses", "Bonjour.\n\n00:00 Intro\n01:23 Suite")
    assert found.published_at == datetime(2018, 2, 14, 17, 0, 6, tzinfo=UTC)


SEEN = '<media:community><media:statistics views="12"/></media:community></media:group>'
WATCH = YOUTUBE.replace("/shorts/-aB3_xYz012", "/watch?v=-aB3_xYz012").replace("</media:group>", SEEN)
UNSEEN = WATCH.replace('views="12"', 'views="0"')
LISTS = "https://www.youtube.com/feeds/videos.xml?playlist_id="


@pytest.mark.parametrize(
    ("document", "url", "form"),
    [
        (YOUTUBE, "https://www.youtube.com/feeds/videos.xml?channel_id=UCaaaaaaaaaaaaaaaaaaaaaa", "short"),
        (WATCH, "https://www.youtube.com/feeds/videos.xml?channel_id=UCaaaaaaaaaaaaaaaaaaaaaa", ""),
        (WATCH, f"{LISTS}UUSHaaaaaaaaaaaaaaaaaaaaaa", "short"),
        (WATCH, f"{LISTS}UULVaaaaaaaaaaaaaaaaaaaaaa", "live"),
        (WATCH, f"{LISTS}UULFaaaaaaaaaaaaaaaaaaaaaa", ""),
        (UNSEEN, f"{LISTS}UULVaaaaaaaaaaaaaaaaaaaaaa", "live"),
        (UNSEEN, f"{LISTS}UULFaaaaaaaaaaaaaaaaaaaaaa", "unseen"),
        (UNSEEN.replace('<media:statistics views="0"/>', ""), "https://site.example/feed", "unseen"),
        (WATCH.replace("www.youtube.com/watch", "evil.example/shorts/"), "https://site.example/feed", ""),
        (WATCH, "https://site.example/feed?playlist_id=UUSHaaaaaaaaaaaaaaaaaaaaaa", ""),
    ],
)
def test_a_short_is_told_by_its_link_and_a_stream_by_its_list(document: str, url: str, form: str) -> None:
    found = entry(document.encode(), url=url)
    assert (found.form, found.versions[0].url) == (form, "https://www.youtube.com/watch?v=-aB3_xYz012")


def test_a_video_without_a_thumbnail_has_the_usual_one() -> None:
    document = YOUTUBE.replace("media:thumbnail", "media:nothing")
    assert words(document.encode()).image == "https://i.ytimg.com/vi/-aB3_xYz012/hqdefault.jpg"


def test_one_sign_of_a_thousand_characters_is_cut_too() -> None:
    family = "\U0001f469" + "\u200d\U0001f469" * 10_000
    assert len(cut(family, 300)) == 300
    assert cut("e\u0301" * 300, 300) == "e\u0301" * 300


@pytest.mark.parametrize(
    "odd",
    [
        '<tags term="x"/>',
        '<media:content/><media_content url="x"/><media_thumbnail url="x"/>',
        '<title_detail type="text/plain"/>',
        '<summary_detail value="x"/>',
        '<image>x</image><image a="b"/>',
        '<published_parsed a="b"/><pubDate>tantôt</pubDate>',
        '<content a="b">x</content>',
        '<yt_videoid a="b"/><media_statistics a="b"/>',
        '<feedburner_origlink a="b"/>',
        '<author_detail a="b"/><author>Ana</author>',
    ],
)
@pytest.mark.parametrize("first", [True, False])
def test_an_element_named_as_feedparser_names_its_own_costs_the_entry_nothing(
    odd: str, *, first: bool
) -> None:
    plain_part = "<title>Un titre</title><link>https://site.example/1</link><guid>g</guid>"
    found = entry(rss(odd + plain_part if first else plain_part + odd))
    assert (found.guid, found.versions[0].title) == ("g", "Un titre")
    assert found.versions[0].url == "https://site.example/1"


def test_a_link_that_an_odd_element_takes_the_place_of_is_only_missing() -> None:
    odd = '<links rel="alternate" href="https://site.example/odd"/>'
    found = entry(rss(f"<title>Un titre</title><guid isPermaLink='false'>g</guid>{odd}"))
    assert (found.guid, found.versions[0].title, found.versions[0].url) == ("g", "Un titre", "")


@pytest.mark.parametrize("link", ["Https://site.example/1", "HTTPS://site.example/1"])
def test_a_scheme_is_written_small(link: str) -> None:
    assert entry(rss(f"<title>t</title><link>{link}</link>")).versions[0].url == "https://site.example/1"
