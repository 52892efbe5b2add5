"""What makes two entries the same piece of content, and what does not."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from content_queue.identity import (
    OLDEST,
    addresses,
    canonical,
    clamp_date,
    fingerprint,
    guids,
    is_root,
    key,
    pages,
)
from content_queue.item import Entry, Kind, Version

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


def guids_of(document: list[Entry]) -> tuple[str, ...]:
    return guids(document, pages(document))


def addresses_of(document: list[Entry]) -> tuple[str, ...]:
    return addresses(pages(document))


def entry(guid: str = "", *urls: str, title: str = "Un atelier") -> Entry:
    versions = tuple(Version(language, title, url=url) for language, url in zip("fe", urls, strict=False))
    return Entry(guid, Kind.ARTICLE, versions or (Version("f", title),))


SAME = "https://example.org/a"


@pytest.mark.parametrize(
    "url",
    [
        "https://example.org/a",
        "  https://example.org/a\n",
        "HTTPS://EXAMPLE.ORG/a",
        "http://example.org/a",
        "https://www.example.org/a",
        "https://www.example.org./a",
        "https://example.org:443/a",
        "http://example.org:80/a",
        "https://someone:secret@example.org/a",
        "https://example.org/a/",
        "https://example.org/a#part",
        "https://example.org/a/index.html",
        "https://example.org/a/amp/",
        "https://example.org/%61",
        "https://example.org/a?",
        "https://example.org/a?utm_source=x&utm_medium=y",
        "https://example.org/a?UTM_Source=x",
        "https://example.org/a?%75tm_source=x",
        "https://example.org/a?fbclid=1&gclid=2&mc_cid=3&mc_eid=4&igshid=5&ref_src=6&source=rss&amp=1",
    ],
)
def test_one_address_written_in_many_ways_is_one(url: str) -> None:
    assert canonical(url) == SAME


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://example.org/?p=12", "https://example.org/?p=12"),
        ("https://example.org/index.php?p=12&utm_source=x", "https://example.org/?p=12"),
        ("https://example.org/node?id=3&v=2", "https://example.org/node?id=3&v=2"),
        ("https://example.org/a?b=2&a=1", "https://example.org/a?b=2&a=1"),
        ("https://example.org/a?source=montreal", "https://example.org/a?source=montreal"),
        ("https://example.org/a?amplitude=1", "https://example.org/a?amplitude=1"),
        ("https://example.org/A", "https://example.org/A"),
        ("https://example.org/camp", "https://example.org/camp"),
        ("https://example.org:8443/a", "https://example.org:8443/a"),
        ("https://m.example.org/a", "https://m.example.org/a"),
        ("https://www.ca/", "https://www.ca/"),
        ("https://example.org/été", "https://example.org/%C3%A9t%C3%A9"),
        ("https://example.org/%c3%a9t%c3%a9", "https://example.org/%C3%A9t%C3%A9"),
        ("https://example.org/a%2fb", "https://example.org/a%2Fb"),
        ("https://example.org/100%", "https://example.org/100%25"),
        ("https://Montréal.example/", "https://xn--montral-fya.example/"),
        ("http://[2001:DB8::1]/a", "https://[2001:db8::1]/a"),
    ],
)
def test_what_tells_pages_apart_is_kept(url: str, expected: str) -> None:
    assert canonical(url) == expected


@pytest.mark.parametrize(
    "url",
    [
        "https://www.youtube.com/watch?v=dQw4w9WgXcQ",
        "https://www.youtube.com/watch?t=4&v=dQw4w9WgXcQ&feature=youtu.be",
        "https://m.youtube.com/watch?v=dQw4w9WgXcQ&list=PL1",
        "https://youtu.be/dQw4w9WgXcQ?si=abc",
        "https://youtube.com/shorts/dQw4w9WgXcQ",
        "https://www.youtube.com/live/dQw4w9WgXcQ?feature=share",
        "https://www.youtube-nocookie.com/embed/dQw4w9WgXcQ",
    ],
)
def test_each_youtube_video_has_one_address(url: str) -> None:
    assert canonical(url) == "https://youtube.com/watch?v=dQw4w9WgXcQ"


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://www.youtube.com/@startech", "https://youtube.com/@startech"),
        (
            "https://www.youtube.com/embed/videoseries?list=PL1",
            "https://youtube.com/embed/videoseries?list=PL1",
        ),
        ("https://www.youtube.com/watch", "https://youtube.com/watch"),
        ("https://notyoutube.com/watch?v=dQw4w9WgXcQ&t=1", "https://notyoutube.com/watch?v=dQw4w9WgXcQ&t=1"),
    ],
)
def test_what_is_no_video_stays_what_it_is(url: str, expected: str) -> None:
    assert canonical(url) == expected


@pytest.mark.parametrize(
    "url",
    [
        "",
        "example.org/a",
        "//example.org/a",
        "/a",
        "mailto:bot@example.org",
        "javascript:alert(1)",
        "file:///etc/passwd",
        "http://",
        "http:///a",
        "http://exa mple.org/",
        "http://[::1/",
        "http://[1:2]/",
        "http://example.org:port/",
        "http://example.org:99999/",
        "http://a..b/",
        "http://" + "a" * 64 + ".org/",
        "http://" + "a." * 200 + "org/",
        "http://\udcff/",
        "http://℀.example/",
    ],
)
def test_what_is_no_web_address_has_none(url: str) -> None:
    assert canonical(url) == ""
    assert not is_root(url)


PARTS = (
    "http:// https:// www. example.org youtu.be/ youtube.com/watch?v= shorts/ : 80 / // amp index.html ? &"
    " utm_ source=rss = # % %2 %25 41 é @ [ ] ::1 .. ＷＷＷ. 。 xn-- ß"
)
PIECES = st.lists(
    st.sampled_from([*PARTS.split(), " ", "\n", "\udcff"]) | st.text(max_size=3), max_size=12
).map("".join)


@given(PIECES.map(lambda rest: "https://" + rest) | PIECES)
def test_a_canonical_address_is_its_own_and_nothing_raises(url: str) -> None:
    once = canonical(url)
    assert canonical(once) == once
    assert once == "" or once.startswith("https://")
    assert isinstance(is_root(url), bool)


def test_a_front_door_is_no_identity_but_a_page_of_it_is() -> None:
    assert all(map(is_root, ["https://example.org", "http://www.example.org/index.html?utm_source=x#top"]))
    assert not any(map(is_root, ["https://example.org/?p=1", "https://example.org/en/", "example.org", ""]))


def test_a_fingerprint_hears_words_and_nothing_else() -> None:
    said = fingerprint("L\u2019ÉTÉ, à Montréal !", "Une journée\n\u2014 gratuite.")
    assert said == fingerprint("l'ete a montreal", "une journee gratuite")
    assert said != fingerprint("l'ete a montreal", "une soiree gratuite")
    assert fingerprint("a", "b c") != fingerprint("a b", "c")
    assert fingerprint("?!", "\u2014") == ""


@given(st.text(), st.text())
def test_a_fingerprint_never_raises(title: str, text: str) -> None:
    assert len(fingerprint(title, text)) in {0, 64}


def test_a_key_rests_on_the_guid_then_the_address_then_the_words() -> None:
    assert key("g", SAME, "w") == key("g", "https://example.org/moved", "other words")
    assert key("", SAME, "w") == key("", SAME, "other words")
    assert len({key("x", "", ""), key("", "x", ""), key("", "", "x"), key("", "", "")}) == 4
    assert len(key("\udcff", "", "")) == 64


def test_a_guid_used_for_two_links_names_neither() -> None:
    document = [entry("g1", SAME), entry("g1", "https://example.org/b"), entry("g2", "https://example.org/c")]
    assert guids_of(document) == ("", "", "g2")


def test_an_entry_that_stands_twice_in_a_document_keeps_its_guid() -> None:
    assert guids_of([entry("g1", SAME), entry("g1", SAME + "?utm_source=rss")]) == ("g1", "g1")


def test_without_links_one_guid_for_two_titles_names_neither() -> None:
    assert guids_of([entry("g1", title="Un"), entry("g1", title="Deux"), entry("")]) == ("", "", "")


def test_an_address_that_two_entries_share_is_no_identity() -> None:
    document = [
        entry("1", SAME),
        entry("2", "http://www.example.org/a/"),
        entry("3", "https://example.org/b"),
    ]
    assert addresses_of(document) == ("", "", "https://example.org/b")


def test_a_front_door_or_no_link_leaves_an_entry_without_address() -> None:
    assert (
        addresses_of([entry("1", "https://example.org/"), entry("2"), entry("3", "mailto:a@b.ca")])
        == ("",) * 3
    )


def test_the_first_version_with_an_address_of_its_own_gives_it() -> None:
    shared = "https://example.org/facts"
    document = [entry("1", shared, "https://example.org/en/one"), entry("2", shared, shared)]
    assert addresses_of(document) == ("https://example.org/en/one", "")


def test_a_title_alone_never_merges() -> None:
    document = [entry("1", SAME, title="Calendrier"), entry("2", "https://example.org/b", title="Calendrier")]
    keys = {
        key(g, a, fingerprint("Calendrier", ""))
        for g, a in zip(guids_of(document), addresses_of(document), strict=True)
    }
    assert len(keys) == 2


def test_a_date_is_believed_between_five_years_ago_and_now() -> None:
    last_week = NOW - timedelta(days=7)
    assert clamp_date(last_week, NOW) == last_week
    assert clamp_date(None, NOW) == NOW
    assert clamp_date(datetime(2099, 1, 1, tzinfo=UTC), NOW) == NOW
    assert clamp_date(datetime(1970, 1, 1, tzinfo=UTC), NOW) == NOW - OLDEST
    assert clamp_date(last_week.replace(tzinfo=None), NOW) == last_week


@given(
    st.datetimes(
        timezones=st.none() | st.integers(-1439, 1439).map(lambda m: timezone(timedelta(minutes=m)))
    ),
)
def test_no_claimed_date_overflows(claimed: datetime) -> None:
    date = clamp_date(claimed, NOW)
    assert NOW - OLDEST <= date <= NOW
    assert date.tzinfo is UTC


@pytest.mark.parametrize(
    "url",
    [
        "https://www.google.com/url?rct=j&sa=t&url=https://example.org/a%3Futm_source%3Dx&ct=ga",
        "https://www.google.ca/url?q=http://example.org/a",
        "https://www.google.co.uk/url?url=https%3A%2F%2Fexample.org%2Fa",
        "https://www.bing.com/news/apiclick.aspx?ref=FexRss&url=https%3a%2f%2fexample.org%2fa&c=1",
        "https://l.facebook.com/l.php?u=https%3A%2F%2Fexample.org%2Fa%3Ffbclid%3D1",
        "https://www.google.com/amp/s/example.org/a",
        "https://www.google.com/amp/s/www.example.org/a/amp",
        "https://example-org.cdn.ampproject.org/c/s/example.org/a",
        "https://www.google.com/url?url=https%3A%2F%2Fwww.google.com%2Furl%3Furl%3Dhttps%3A%2F%2Fexample.org%2Fa",
        "https://amp.example.org/a?amp_js_v=0.1",
        "https://example.org/a?source=rss----0a1b2c3d---4",
    ],
)
def test_an_address_that_only_leads_to_another_is_that_other(url: str) -> None:
    assert canonical(url) == SAME


@pytest.mark.parametrize(
    "url",
    [
        "https://www.google.com/url?url=javascript:alert(1)",
        "https://www.google.com/url?url=https://",
        "https://google.com.example/url?url=https://example.org/a",
        "https://example.org/url?url=https://example.org/a",
        "https://example.org/amp/s/example.org/a",
    ],
)
def test_what_leads_nowhere_or_is_no_redirector_stays_itself(url: str) -> None:
    assert canonical(url) != SAME
    assert canonical(url)


@pytest.mark.parametrize("names", ["p", "id", "v", "post", "article", "page", "lang"])
def test_parameters_that_say_what_is_read_are_kept(names: str) -> None:
    one, other = (canonical(f"https://example.org/?{names}={number}&utm_campaign=x") for number in (1, 2))
    assert one == f"https://example.org/?{names}=1"
    assert one != other
