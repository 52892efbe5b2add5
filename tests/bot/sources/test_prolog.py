"""Before the parser sees a document, nothing is left in it that XML forbids, and nothing else is gone."""

from hypothesis import given
from hypothesis import strategies as st

from bot.sources.prolog import plain_xml

ODD = st.sampled_from("a\t\n\r \x00\x0b\x1f\x7f\x85\u00a0\u200b\ud800\udfff\ufffd\ufffe\uffff\U0001f600")


def allowed(character: str) -> bool:
    """The characters of XML 1.0, section 2.2."""
    code = ord(character)
    return code in {9, 10, 13} or 0x20 <= code <= 0xD7FF or 0xE000 <= code <= 0xFFFD or code >= 0x10000


def test_comments_addresses_and_counts_are_not_read_and_words_are() -> None:
    unread = (
        "<comments>https://site.example/a/#respond</comments>",
        "<wfw:commentRss>\n https://site.example/a/feed/\n</wfw:commentRss>",
        "<slash:comments>12</slash:comments>",
        '<post-id xmlns="com-wordpress:feed-additions:1">3</post-id>',
    )
    read = "<comments>Some words</comments><slash:comments>two</slash:comments><comments><b/></comments>"
    assert plain_xml(f"<item>{''.join(unread)}{read}</item>") == f"<item>{read}</item>"


@given(st.one_of(st.text(), st.text(ODD)))
def test_what_xml_forbids_is_gone_and_nothing_else(text: str) -> None:
    text = text.replace("&", "").replace("<", "")
    assert plain_xml(f"<a>{text}") == "<a>" + "".join(filter(allowed, text))
