"""Builders of the cases P that are documents: bombs, lies and floods."""

import base64
import json
import time
from collections.abc import Sequence

from bot.sources.links import is_web
from content_queue.item import Item
from tests.bot.hostile.world import Builder, Codes, World
from tests.bot.http_client.servers import answer
from tests.bot.runtime.world import HOUR
from tests.bot.sources.documents import atom, rss
from tests.bot.sources.test_details import YOUTUBE

LAUGHS = '<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">'
FEED = "<rss><channel><item><title>{}</title></item></channel></rss>"
OLD = "<pubDate>Mon, 01 Jan 2024 09:00:00 GMT</pubDate>"
BASE64 = base64.b64encode(bytes(1_300_000)).decode()
BIG = 1_900_000  # below the world's limit; the parser's own tests read ten megabytes


async def bad(world: World, *documents: bytes | str) -> Codes:
    """Each is a bad feed, of one line, in a moment."""
    found = set[Codes]()
    for one in documents:
        began = time.process_time()
        met = await world.document(one.encode() if isinstance(one, str) else one)
        assert time.process_time() - began < 5
        assert met.row.error
        assert "\n" not in met.row.error
        assert met.entries == []
        found.add(met.codes)
    (codes,) = found
    return codes


async def clean(world: World, *documents: bytes | str) -> tuple[Codes, list[Item]]:
    """Each is read, and what it says is fit to be kept and shown."""
    items: list[Item] = []
    codes = frozenset[str]()
    for one in documents:
        met = await world.document(one.encode() if isinstance(one, str) else one)
        assert met.row.error == "", met.row.error
        for item in met.items:
            for text in (item.title, item.versions[0].summary, item.versions[0].alt):
                assert text.encode().decode() == text
                assert not any(ord(c) < 32 and c != "\n" for c in text)
            assert item.url == "" or is_web(item.url)
            assert len(item.title) <= 300 * 8
            assert len(item.versions[0].summary) <= 2000 * 8
        items += met.items
        codes = met.codes
    return codes, items


def are_bad(*documents: bytes | str) -> Builder:
    async def build(world: World) -> Codes:
        return await bad(world, *documents)

    return build


def are_clean(*documents: bytes | str, titles: Sequence[str] | None = None) -> Builder:
    async def build(world: World) -> Codes:
        codes, items = await clean(world, *documents)
        if titles is not None:
            assert [item.title for item in items] == list(titles)
        return codes

    return build


def one(inside: str) -> bytes:
    return rss(inside)


def entries(
    numbers: range, *, guid: str = "g", site: str = "site.example", date: str = OLD, path: str = "/"
) -> bytes:
    """A feed of numbered entries."""
    return rss(
        *(
            f"<title>Titre {n}</title><description>Texte numero {n} de l'article</description>{date}"
            f"<link>https://{site}{path}{n}</link><guid>{guid}{n}</guid>"
            for n in numbers
        )
    )


async def in_turn(world: World, *documents: bytes, backlog: int = 0) -> tuple[Codes, list[Item]]:
    """A source that serves one document after the other, the last one for ever."""
    left = list(documents)

    async def script(_head: bytes, writer: object) -> None:
        writer.write(answer(left.pop(0) if len(left) > 1 else left[0]))  # type: ignore[attr-defined]  # a StreamWriter

    async with world.site(script) as site:
        name = world.source(world.at(site), backlog=backlog)
        met = await world.polled(name)
        for _ in documents[1:]:
            met = await world.again(name, HOUR)
    return met.codes, met.items


def nothing_new(*documents: bytes) -> Builder:
    """No later document brings an item."""

    async def build(world: World) -> Codes:
        codes, items = await in_turn(world, *documents)
        assert items == []
        return codes | {"HELD"}  # nothing came, with a hold or without

    return build


async def first_five_hundred(world: World) -> Codes:
    met = await world.document(rss(*["<title>t</title><description>d</description>"] * 100_000))
    assert met.row.error in {"", f"more than {2_000_000:,} bytes"}
    met = await world.document(rss(*[f"<title>Titre {n}</title>" for n in range(2_000)]))
    assert len(met.entries) == 500
    return met.codes


async def links(world: World) -> Codes:
    hostile = (
        "javascript:alert(1)", "data:text/html,x", "vbscript:x", "http:// site.example/\n", "relative/page",
        "https://site.example/" + "x" * 10_000, "http://good.example@evil.example/",
    )  # fmt: skip
    codes, items = await clean(
        world, *(one(f"<title>t{n}</title><link>{link}</link>") for n, link in enumerate(hostile))
    )
    assert len(items) == len(hostile)
    assert not any("evil" in item.url or "script" in item.url for item in items)
    return codes


async def inside_link(world: World) -> Codes:
    address = f"http://127.0.0.1:{world.inside.port}/admin"
    _, items = await clean(world, one(f"<title>t</title><link>{address}</link>"))
    return await world.refused(items[0].url)


async def nameless(world: World) -> Codes:
    document = one("<description>Rien que du texte</description>")
    codes, items = await in_turn(world, document, document, backlog=9)
    assert len(items) == 1
    return codes


async def same_guid(world: World) -> Codes:
    twice = rss(
        *[
            f"<title>Titre</title><link>https://site.example/1</link><guid>g</guid><description>{n}</description>"
            for n in range(2)
        ]
    )
    codes, items = await in_turn(world, twice, twice, backlog=9)
    assert len(items) == 1
    return codes


async def guids(world: World) -> Codes:
    strange = ("g" * 1_000_000, "a\x00b", "42", "")
    for guid in strange:
        document = one(f"<title>Titre {guid[:3]}</title><guid>{guid}</guid>")
        codes, items = await in_turn(world, document, document, backlog=9)
        assert len(items) == 1
    return codes


async def dates(world: World) -> Codes:
    absurd = (
        "Thu, 01 Jan 2099 00:00:00 GMT", "0001-01-01T00:00:00Z", "10000-01-01", "30 Feb 2024 09:00:00 GMT",
        "yesterday", "9" * 200_000,
    )  # fmt: skip
    codes, items = await clean(
        world, *(one(f"<title>d{n}</title><pubDate>{date}</pubDate>") for n, date in enumerate(absurd))
    )
    assert len(items) == len(absurd)
    for item in items:
        assert item.published_at is not None
        assert item.created_at.year - 6 < item.published_at.year <= item.created_at.year
        assert item.published_at <= item.created_at
    return codes


async def flips(world: World) -> Codes:
    one_way, other = entries(range(3)), entries(range(2, 6))
    codes, items = await in_turn(world, one_way, other, one_way, other, one_way, backlog=9)
    assert sorted(item.title for item in items) == [f"Titre {n}" for n in range(6)]
    return codes


async def emptied(world: World) -> Codes:
    codes, items = await in_turn(world, entries(range(3)), rss(), entries(range(3)), backlog=9)
    assert len(items) == 3
    return codes


async def first_fetch(world: World) -> Codes:
    codes, items = await in_turn(world, entries(range(499, -1, -1)), entries(range(500, 0, -1)))
    assert [item.title for item in items] == ["Titre 500"]
    return codes


async def youtube(world: World) -> Codes:
    codes, items = await in_turn(
        world, YOUTUBE.encode(), YOUTUBE.replace("<title>", "<title>Encore : ").encode(), backlog=9
    )
    assert items
    assert all(item.kind.value == "video" and "watch?v=" in item.url for item in items)
    return codes


def attributes() -> str:
    return (
        "<rss><channel "
        + " ".join(f'a{n}="1"' for n in range(100_000))
        + "><item><title>t</title></item></channel></rss>"
    )


BUILDERS: dict[str, Builder] = {
    "P01": are_bad(
        f"<!DOCTYPE rss [{LAUGHS}]>" + FEED.format("&b;"),
        f"<?xml version='1.0'?>\n<!DOCTYPE\n rss\n [\n{LAUGHS}\n]>" + FEED.format("&b;"),
    ),
    "P02": are_bad(f'<!DOCTYPE rss [<!ENTITY b "{"x" * 60_000}">]>' + FEED.format("&b;" * 20_000)),
    "P03": are_bad(
        *(
            f"<!DOCTYPE rss [{what}]>" + FEED.format("&b;")
            for what in (
                '<!ENTITY b SYSTEM "file:///etc/passwd">',
                '<!ENTITY b SYSTEM "http://127.0.0.1/">',
                '<!ENTITY % p SYSTEM "http://127.0.0.1/x"> %p;',
            )
        )
    ),
    "P04": are_bad(attributes()),
    "P05": are_clean(
        FEED.format("x" * BIG),
        f'<rss><channel a="{"x" * BIG}"><item><title>t</title></item></channel></rss>',
        f"<rss><channel><!-- {'x' * BIG} --><item><title>t</title></item></channel></rss>",
        FEED.format(f"<![CDATA[{'x' * BIG}]]>"),
    ),
    "P06": are_clean(
        FEED.format(f"t</title><description>{'&lt;' * 200_000}</description><title>"),
        FEED.format(f"t</title><description>{'&lt;![' * 100_000}</description><title>"),
        "<rss><channel><item><title>t</title>"
        + "<a>" * 100_000
        + "</a>" * 100_000
        + "</item></channel></rss>",
    ),
    "P07": first_five_hundred,
    "P08": are_clean(FEED.format("a&#xD800;b"), titles=["ab"]),
    "P09": are_clean(FEED.format("a&#xFFFFFFFF;b"), titles=["ab"]),
    "P10": are_clean(
        one("<title>a\x00\x07\ufffe\x1bb</title>"),
        one("<title>a XX b</title>").replace(b"XX", b"\xed\xa0\x80\x00"),
    ),
    "P11": are_clean(
        one("<title>\u00e9t\u00e9</title>").decode().encode("latin-1"),
        one("<title>\u00e9t\u00e9</title>").replace(b"UTF-8", b"UTF-16"),
        one("<title>+ADw-script+AD4-</title>").replace(b"UTF-8", b"UTF-7"),
        rss("<title>\u00e9t\u00e9</title>", head=""),
        b"\xef\xbb\xbf" + one("<title>\u00e9t\u00e9</title>").replace(b"UTF-8", b"iso-8859-1"),
        titles=["\u00e9t\u00e9", "\u00e9t\u00e9", "+ADw-script+AD4-", "\u00e9t\u00e9", "\u00e9t\u00e9"],
    ),
    "P12": are_clean(
        one(f"<title>a\u202eb\u200bc{chr(0x301) * 500} \u0430</title>"),
        one("<title>" + "\U0001f469\U0001f3fd\u200d\U0001f4bb" * 60_000 + "</title>"),
    ),
    "P13": are_clean(
        *(
            one(f"<title>t {x}</title>")
            for x in (
                "&lt;script&gt;alert(1)&lt;/script&gt;",
                "&amp;lt;script&amp;gt;alert(1)&amp;lt;/script&amp;gt;",
                "<![CDATA[<script>alert(1)</script>]]>",
                "&lt;img src=x onerror=alert(1)&gt;",
            )
        )
    ),
    "P14": are_clean(
        *(
            one(f"<title>t</title><description><![CDATA[d {x}]]></description>")
            for x in (
                "<svg><style><img src=x onerror=alert(1)></style></svg>",
                "<math><annotation-xml encoding='text/html'><style><img onerror=alert(1)></style>",
                "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>",
                "<svg></p><style><a id='</style><img src=1 onerror=alert(1)>'>",
            )
        ),
        titles=["t"] * 4,
    ),
    "P15": links,
    "P16": inside_link,
    "P17": nameless,
    "P18": same_guid,
    "P19": guids,
    "P20": nothing_new(entries(range(400)), entries(range(400), guid="new")),
    "P21": nothing_new(
        entries(range(400)), entries(range(400), date="<pubDate>Wed, 03 Jun 2026 13:59:00 GMT</pubDate>")
    ),
    "P22": dates,
    "P23": flips,
    "P24": emptied,
    "P25": nothing_new(entries(range(60)), entries(range(60), guid="new", path="/x/y/")),
    "P26": nothing_new(
        entries(range(30)), entries(range(5_000), guid="cms", site="cms.example", path="/archive/")
    ),
    "P27": first_fetch,
    "P28": youtube,
    "P29": are_bad(
        "[" * 100_000,
        '{"version": "https://jsonfeed.org/version/1.1", "items": ' + "[" * 100_000,
        json.dumps({"version": "x"}) + "NaN",
    ),
    "P30": are_clean(
        atom(f'<title>t</title><content type="image/png">{BASE64}</content>'),
        atom('<title>t</title><link href="p/1"/>', attributes='xml:base="javascript:alert(1)//"'),
        atom('<title>t</title><link href="p/1"/>', attributes='xml:base="file:///etc/"'),
    ),
}
