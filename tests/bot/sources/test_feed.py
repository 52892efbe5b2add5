"""What a feed says becomes entries as a careful person reads them."""

import gzip
from datetime import UTC, datetime

import pytest

from bot.sources.feed import BadFeed
from content_queue.item import Entry, Kind, Version
from tests.bot.sources.documents import HOME, atom, entry, read, rss, words


def test_an_item_with_everything_becomes_an_entry() -> None:
    document = rss(
        "<title>Lire les vagues</title><link>https://site.example/vagues</link>"
        '<guid isPermaLink="false">https://site.example/?p=7</guid><dc:creator>Ève Roy</dc:creator>'
        "<pubDate>Mon, 12 Mar 2018 09:00:00 -0400</pubDate><category>StarTech</category>"
        "<category>Québec</category><category>startech</category>"
        "<description><![CDATA[<p>Une entreprise de Rimouski.</p>]]></description>"
        '<media:content url="https://site.example/v.jpg" medium="image"/>'
    )
    assert entry(document) == Entry(
        guid="https://site.example/?p=7",
        kind=Kind.ARTICLE,
        versions=(
            Version(
                language="fr",
                title="Lire les vagues",
                summary="Une entreprise de Rimouski.",
                url="https://site.example/vagues",
                image="https://site.example/v.jpg",
            ),
        ),
        published_at=datetime(2018, 3, 12, 13, tzinfo=UTC),
        topics=("startech", "québec"),
        author="Ève Roy",
    )


def test_a_feed_has_a_title_a_language_and_keeps_its_order() -> None:
    found = read(
        rss("<title>1</title>", "<title>2</title>", channel="<language>fr-CA</language>"), language=""
    )
    assert (found.title, found.language, found.notes) == ("Le site", "fr", ())
    assert [one.versions[0].title for one in found.entries] == ["1", "2"]
    assert {one.versions[0].language for one in found.entries} == {"fr"}


def test_the_settings_language_beats_the_feeds_own() -> None:
    assert words(rss("<title>x</title>", channel="<language>en</language>"), language="fr").language == "fr"


def test_atom_is_read() -> None:
    found = entry(
        atom(
            '<id>tag:site.example,2018:7</id><title type="html">Un &lt;em>plan&lt;/em></title>'
            '<link rel="edit" href="https://site.example/edit/7"/><link href="/7" rel="alternate"/>'
            "<published>2018-03-12T09:00:00-04:00</published><updated>2019-01-01T00:00:00Z</updated>"
            '<category term="ia" label="IA"/><summary>Court.</summary>'
            '<content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml"><p>Long.</p></div></content>'
        )
    )
    assert found.guid == "tag:site.example,2018:7"
    assert found.versions[0] == Version("fr", "Un plan", "Court.", "https://site.example/7")
    assert found.published_at == datetime(2018, 3, 12, 13, tzinfo=UTC)
    assert (found.topics, found.author) == (("ia",), "Équipe")


def test_atom_keeps_a_plain_title_to_the_letter() -> None:
    assert (
        words(atom("<title>Pourquoi &lt;b&gt; et &amp;eacute;?</title>")).title == "Pourquoi <b> et &eacute;?"
    )


def test_rdf_is_read() -> None:
    document = """<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/"
      xmlns:dc="http://purl.org/dc/elements/1.1/"><channel><title>c</title><link>https://site.example/</link></channel>
      <item rdf:about="https://site.example/1"><title>Un</title><link>https://site.example/1</link>
      <dc:date>2018-03-12T09:00:00Z</dc:date></item></rdf:RDF>"""
    found = entry(document.encode())
    assert (found.guid, found.versions[0].url) == ("https://site.example/1", "https://site.example/1")
    assert found.published_at == datetime(2018, 3, 12, 9, tzinfo=UTC)


def test_a_missing_title_is_the_first_sentence_and_the_rest_is_the_summary() -> None:
    text = "<p>Une idée, enfin. Elle vient de Laval.</p><p>Suite.</p>"
    found = words(rss(f"<title></title><description><![CDATA[{text}]]></description>"))
    assert (found.title, found.summary) == ("Une idée, enfin.", "Elle vient de Laval.\n\nSuite.")


def test_a_summary_that_only_repeats_the_title_is_dropped() -> None:
    for text in ("Un PLAN pour l'IA !", "Un plan pour…", "Un plan pour l’IA"):
        assert words(rss(f"<title>Un plan pour l’IA</title><description>{text}</description>")).summary == ""
    text = "<p>Un plan</p><p>Trois ans, dix millions.</p>"
    assert words(rss(f"<title>Un plan</title><description><![CDATA[{text}]]></description>")).summary == (
        "Trois ans, dix millions."
    )


def test_an_empty_description_falls_back_to_the_content() -> None:
    document = rss(
        "<title>t</title><description/><content:encoded><![CDATA[<p>Le texte.</p>]]></content:encoded>"
    )
    assert words(document).summary == "Le texte."


@pytest.mark.parametrize(
    ("appended", "left"),
    [
        ("<p>The post <a href='/1'>T</a> appeared first on <a href='/'>S</a>.</p>", "Texte."),
        ("<p>L’article T est apparu en premier sur S.</p>", "Texte."),
        (" [&#8230;]", "Texte."),
        (" et puis [...]", "Texte. et puis…"),
        (" Lire la suite &rarr;", "Texte."),
        ("<a class='more-link' href='/1'>Lire <span>plus</span></a>", "Texte."),
        ("[vc_row]", "Texte."),
    ],
)
def test_what_a_system_appends_is_not_the_authors_words(appended: str, left: str) -> None:
    assert (
        words(rss(f"<title>t</title><description><![CDATA[Texte.{appended}]]></description>")).summary == left
    )


def test_a_description_that_is_only_a_link_says_nothing() -> None:
    document = rss('<title>t</title><description><![CDATA[<a href="/c">Comments</a>]]></description>')
    assert words(document).summary == ""


def test_fields_are_cut_at_a_word() -> None:
    found = words(rss(f"<title>{'mot ' * 200}</title><description>{'phrase ' * 2000}</description>"))
    assert len(found.title) <= 300
    assert found.title.endswith("mot…")
    assert len(found.summary) <= 2000
    assert found.summary.endswith("phrase…")


def test_titles_escaped_twice_are_read_as_meant() -> None:
    document = rss("<title>AT&amp;amp;T &amp;#8211; un &lt;em&gt;Plan&lt;/em&gt; : 5 &amp;lt; 6</title>")
    assert words(document).title == "AT&T – un Plan : 5 < 6"


@pytest.mark.parametrize(
    ("inside", "url"),
    [
        ("<link>/articles/1?a=1&amp;b=2</link>", "https://site.example/articles/1?a=1&b=2"),
        ("<link> https://site.example/1 \n</link>", "https://site.example/1"),
        ("<guid>https://site.example/2</guid>", "https://site.example/2"),
        ("<guid>balado-2</guid>", ""),
        ('<guid isPermaLink="false">https://site.example/3</guid>', ""),
        (
            "<link>https://feed.example/~r/1</link><feedburner:origLink>https://site.example/4</feedburner:origLink>",
            "https://site.example/4",
        ),
        (
            "<link>https://www.google.com/url?rct=j&amp;url=https://site.example/5&amp;ct=ga</link>",
            "https://site.example/5",
        ),
        (
            "<link>http://www.bing.com/news/apiclick.aspx?tid=1&amp;url=https%3a%2f%2fsite.example%2f6</link>",
            "https://site.example/6",
        ),
        ('<enclosure url="/ep2.mp3" type="audio/mpeg" length="1"/>', "https://site.example/ep2.mp3"),
        ("<link>https://site.example/a b</link>", "https://site.example/a%20b"),
    ],
)
def test_the_link_is_where_the_reader_should_arrive(inside: str, url: str) -> None:
    assert words(rss(f"<title>t</title>{inside}")).url == url


def test_a_relative_link_counts_from_xml_base() -> None:
    document = atom(
        '<title>t</title><link href="post/1"/>', attributes='xml:base="https://site.example/blog/"'
    )
    assert words(document).url == "https://site.example/blog/post/1"


def test_without_a_channel_link_a_relative_link_counts_from_the_feed() -> None:
    document = rss("<title>t</title><link>1</link>").replace(f"<link>{HOME}</link>".encode(), b"")
    assert words(document, url="https://site.example/blog/feed").url == "https://site.example/blog/1"


def test_a_guid_of_two_links_is_none_and_one_of_the_same_link_counts_once() -> None:
    one = "<guid>g</guid><link>https://site.example/1</link>"
    same = "<guid>g</guid><link>https://site.example/1?utm_source=rss</link>"
    other = "<guid>g</guid><link>https://site.example/2</link>"
    both = read(rss(f"<title>a</title>{one}", f"<title>b</title>{other}", "<title>c</title><guid>h</guid>"))
    assert [found.guid for found in both.entries] == ["", "", "h"]
    first = read(rss(f"<title>a</title>{one}", f"<title>b</title>{same}"))
    assert [found.versions[0].title for found in first.entries] == ["a"]
    assert first.notes == ("entries left out because they repeat another one's guid: 1",)


def test_a_guid_stays_what_it_is_wherever_the_feed_moves() -> None:
    for url in ("https://site.example/feed", "https://moved.example/feed"):
        assert entry(rss("<title>t</title><guid>1.42</guid>"), url=url).guid == "1.42"


def test_entries_that_hold_nothing_are_left_out_and_counted() -> None:
    found = read(rss("<title>a</title>", "<author/>", "<guid>x</guid>"))
    assert len(found.entries) == 1
    assert found.notes == ("entries left out because they hold nothing: 2",)


def test_authors_lose_their_mail_addresses() -> None:
    assert entry(rss("<title>t</title><author>eve@site.example (Ève Roy)</author>")).author == "Ève Roy"
    assert entry(rss("<title>t</title><author>eve@site.example</author>")).author == ""


def test_topics_are_words() -> None:
    document = rss(
        "<title>t</title><category>R&amp;amp;D</category><category>Non classé</category>"
        "<category>http://schemas.example/kind#video</category><category>  Femmes en  TI </category>"
    )
    assert entry(document).topics == ("r&d", "femmes en ti")


def test_more_than_500_entries_are_counted_not_read() -> None:
    found = read(rss(*(f"<title>{n}</title>" for n in range(620))))
    assert [len(found.entries), found.entries[-1].versions[0].title] == [500, "499"]
    assert found.notes == ("120 entries beyond the first 500 were not read",)


def test_a_gzip_file_served_as_it_is_is_opened() -> None:
    assert words(gzip.compress(rss("<title>t</title>"))).title == "t"


@pytest.mark.parametrize(
    "head",
    ["", "\n\n  <?xml version='1.0'?>", "<?phpxml version='1.0' ?>", "<!-- a --><?xml?xml version='1.0' ??>",
     '<!DOCTYPE rss PUBLIC "-//Netscape Communications//DTD RSS 0.91//EN" "http://n.example/rss.dtd">',
     "\ufeff", "oops"],
)  # fmt: skip
def test_what_stands_before_the_root_does_not_matter(head: str) -> None:
    assert words(rss("<title>é</title>", head=head)).title == "é"


def test_broken_xml_is_read_as_far_as_it_goes() -> None:
    document = rss(
        "<title>a</title><link>https://site.example/?a=1&b=2</link>", "<title>Montr&eacute;al &nbsp;!</title>"
    )
    found = read(document)
    assert [one.versions[0].title for one in found.entries] == ["a", "Montréal \u00a0!"]
    assert found.entries[0].versions[0].url == "https://site.example/?a=1&b=2"
    cut = rss("<title>a</title>", "<title>b</title><description><![CDATA[text")
    assert len(read(cut[: cut.index(b"text") + 4]).entries) == 2


def test_a_prefix_that_nobody_declared_is_dropped() -> None:
    document = (
        b"<rss rss:version=2.0><rss:channel><rss:item><rss:title>a</rss:title></rss:item></rss:channel></rss>"
    )
    assert words(document).title == "a"


@pytest.mark.parametrize(
    ("document", "line"),
    [
        (b"", "the document is empty"),
        (b" \r\n\t", "the document is empty"),
        (b"plain words", "holds no XML"),
        (b"<!DOCTYPE html><html><head><title>Log in</title></head><body>x</body></html>", "web page"),
        (b"<head><title>Document Moved</title></head><body>Object Moved</body>", "web page"),
        (b"<note><to>x</to></note>", "it begins with <note>"),
        (b'{"message": "not found"}', "no list of items"),
        (gzip.compress(b"x" * 100, mtime=0)[:-9], "gzip"),
    ],
)
def test_what_is_no_feed_says_so_in_one_line(document: bytes, line: str) -> None:
    with pytest.raises(BadFeed, match=line) as refusal:
        read(document)
    assert "\n" not in str(refusal.value)


def test_a_feed_without_entries_is_a_feed() -> None:
    assert read(atom()).entries == ()


def test_a_click_counter_s_link_is_left_for_the_guid_that_is_an_address() -> None:
    counted = "<link>http://feedproxy.google.com/~r/blog/~3/abc/</link>"
    made = rss(f"<item><title>T</title>{counted}<guid>https://blog.example/a</guid></item>")
    assert words(made).url == "https://blog.example/a"
