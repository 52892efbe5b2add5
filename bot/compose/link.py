"""Links in a text, found where X finds them, and addresses that no network cuts.

The rules are those of twitter-text 3: an address with http(s)://, or a bare domain of ASCII or accented
letters (``README.md`` is one), ends in a known top-level domain and goes on with port, path and query,
without the punctuation behind it. X counts each as 23 whatever its length.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING
from urllib.parse import quote

from bot.compose.tld import longest, top_level_domains

if TYPE_CHECKING:
    from collections.abc import Iterator

_LONGEST_URL = 4096
_LONGEST_LABEL = 63
_LONGEST_SLUG = 40  # of t.co

_DIRECTION = r"\u202a-\u202e\u061c\u200e\u200f\u2066-\u2069"
_INVALID = r"\ufffe\ufeff\uffff"
_LETTER = rf"[^\s\x85\u180e!'#%&()*+,\\./:;<=>?@\[\]^_{{|}}~$\-{_INVALID}{_DIRECTION}]"
_LABEL = rf"{_LETTER}+(?:[_\-]+{_LETTER}+)*"
_CHAIN = re.compile(rf"{_LABEL}(?:\.{_LABEL})*")  # matches whatever it enters: linear in any text
_START = re.compile(rf"(?<![A-Za-z0-9@＠$#＃{_INVALID}]){_LETTER}")
_PROTOCOL = re.compile(rf"(?<![A-Za-z0-9@＠$#＃{_INVALID}])https?://$", re.IGNORECASE)
_NO_BARE_AFTER = frozenset("-_./")

_ACCENTED = r"À-ÖØ-öø-ɏɓɔɖɗəɛɣɨɯɲʉʻ\u0300-\u036fḀ-ỿ"
_BARE = re.compile(rf"(?:[\-a-z0-9{_ACCENTED}]+\.)+", re.IGNORECASE)
_DOT = re.compile(r"\.(?=[^\W\d_])")
_PUNYCODE = re.compile(r"xn--[\-0-9a-z]+", re.IGNORECASE)
_TLD_SIGNS = re.compile(r"[A-Za-z\x80-\U0010ffff]+")
_RUNS_ON = re.compile(r"[0-9a-zA-Z@]")

_IN_PATH = rf"a-z\u0400-\u04ff0-9!*';:=+,.$/%#\[\]\-\u2013_~@|&{_ACCENTED}"
_BRACKETS = rf"\((?:[{_IN_PATH}]+|[{_IN_PATH}]*\([{_IN_PATH}]+\)[{_IN_PATH}]*)\)"
_PORT = re.compile(r"(?::[0-9]+)?")
_PATH = re.compile(rf"(?:/(?:[{_IN_PATH}]|{_BRACKETS})*)?", re.IGNORECASE)
_QUERY = re.compile(r"(?:\?[a-z0-9!?*'@();:&=+$/%#\[\]\-_.,~|]*)?", re.IGNORECASE)
_NOT_LAST_IN_PATH = "!*';:,.$%[]\u2013~@|&"
_NOT_LAST_IN_QUERY = "!?*'@();:+$%[].,~|"
_TCO = re.compile(r"https?://t\.co/([a-z0-9]+)", re.IGNORECASE)

_WEB = re.compile(r"https?://[^\s/]", re.IGNORECASE)
_URL_SIGNS = "!#$%&'()*+,/:;=?@[]~-._|"
_NO_URL_SIGN = re.compile(rf"[^0-9A-Za-z{re.escape(_URL_SIGNS)}\x80-\U0010ffff]")


@dataclass(frozen=True, slots=True)
class _Found:
    """An address in a text: where it starts, its domain, and where port, path and query end."""

    start: int
    domain: int
    domain_end: int
    path: int
    end: int


def find(text: str) -> list[tuple[int, int]]:
    """Return start and end of every link in ``text``, in order, as X finds them."""
    links: list[tuple[int, int]] = []
    if not any(_tld_end(text, dot.end()) for dot in _DOT.finditer(text)):
        return links
    free = 0  # the character before a link may not belong to the one before it
    for chain in _CHAIN.finditer(text):
        if "." not in chain[0]:
            continue
        found = _found(text, chain.start(), chain.end(), free)
        if found is not None:
            free = found.end + 1
            links += _links(text, found)
    return links


def _found(text: str, start: int, stop: int, free: int) -> _Found | None:
    """Return the first address that begins in the chain of labels from ``start`` to ``stop``."""
    protocol = _PROTOCOL.search(text, max(start - len("https://"), free), start) if start else None
    if protocol and (end := _domain_end(text, start, stop)):
        return _with_tail(text, protocol.start(), start, end)
    first = _START.search(text, max(start, free), stop)
    if first and (end := _domain_end(text, first.start(), stop)):
        return _with_tail(text, first.start(), first.start(), end)
    return None


def _with_tail(text: str, start: int, domain: int, domain_end: int) -> _Found:
    path = _match_end(_PORT, text, domain_end)
    after_path = _trimmed(text, path, _match_end(_PATH, text, path), _NOT_LAST_IN_PATH)
    end = _trimmed(text, after_path, _match_end(_QUERY, text, after_path), _NOT_LAST_IN_QUERY)
    return _Found(start, domain, domain_end, path, end)


def _match_end(pattern: re.Pattern[str], text: str, at: int) -> int:
    match = pattern.match(text, at)
    return match.end() if match else at


def _trimmed(text: str, start: int, end: int, not_last: str) -> int:
    """Leave the punctuation behind an address to the sentence it stands in."""
    return start + len(text[start:end].rstrip(not_last))


def _domain_end(text: str, start: int, stop: int) -> int:
    """Return where the longest domain from ``start`` ends, or 0; its own name holds no underscore."""
    dot = text.rfind(".", start, stop)
    while dot > start:
        before = text.rfind(".", start, dot)
        name = text[max(before + 1, start) : dot]
        if "_" not in name and (end := _tld_end(text, dot + 1)):
            return end
        dot = before
    return 0


def _tld_end(text: str, at: int) -> int:
    """Return where the top-level domain that stands at ``at`` ends, or 0."""
    if punycode := _PUNYCODE.match(text, at):
        return punycode.end()
    word = _TLD_SIGNS.match(text, at)
    last = min(at + longest(), word.end()) if word else 0
    for end in range(last, at + 1, -1):
        if text[at:end].lower() in top_level_domains() and not _RUNS_ON.match(text, end):
            return end
    return 0


def _links(text: str, found: _Found) -> list[tuple[int, int]]:
    """Return what X makes of an address: with a protocol one link, without perhaps several, perhaps none."""
    if not _could_exist(text[found.domain : found.domain_end], found.end - found.start):
        return []
    if found.start < found.domain:
        return _with_protocol(text, found)
    return _bare(text, found)


def _could_exist(domain: str, length: int) -> bool:
    return length + len("https://") <= _LONGEST_URL and all(map(_label_fits, domain.split(".")))


def _label_fits(label: str) -> bool:
    if len(label) > _LONGEST_LABEL or label.isascii():
        return 0 < len(label) <= _LONGEST_LABEL
    return len("xn--") + len(label.encode("punycode")) <= _LONGEST_LABEL


def _with_protocol(text: str, found: _Found) -> list[tuple[int, int]]:
    short = _TCO.match(text, found.start, found.end)
    if short is None:
        return [(found.start, found.end)]
    return [short.span()] if len(short[1]) <= _LONGEST_SLUG else []


def _bare(text: str, found: _Found) -> list[tuple[int, int]]:
    """Return the domains of ASCII or accented letters; path and query belong to the last."""
    if found.start and text[found.start - 1] in _NO_BARE_AFTER:
        return []
    links = list(_bare_domains(text, found.domain, found.domain_end))
    if links and text.startswith("/", found.path):
        links[-1] = (links[-1][0], found.end)
    return links


def _bare_domains(text: str, start: int, stop: int) -> Iterator[tuple[int, int]]:
    while labels := _BARE.search(text, start, stop):
        start = labels.end()
        dot = start - 1
        while dot > labels.start():
            if end := _tld_end(text, dot + 1):
                yield labels.start(), end
                start = end
                break
            dot = text.rfind(".", labels.start(), dot)


@lru_cache(maxsize=512)  # asked for each channel that shows it
def address(url: str) -> str:
    """Return ``url`` so that no network cuts it, or "" if it is no web address.

    Blanks and what no address holds are percent-encoded; so is, in a path, what would end the link early (a
    letter outside ASCII, a closing full stop).
    """
    url = url.encode("utf-8", "ignore").decode()  # half an emoji is no character
    url = _NO_URL_SIGN.sub(lambda sign: quote(sign[0]), url.strip())
    if not _WEB.match(url):
        return ""
    if _is_one_link(url):
        return url
    origin, slash, rest = _parts(url)
    return _without_loose_ends(f"{origin}{slash}{quote(rest, safe=_URL_SIGNS)}")


def _parts(url: str) -> tuple[str, str, str]:
    start = url.index("://") + len("://")
    host, slash, rest = url[start:].partition("/")
    return url[:start] + host, slash, rest


def _without_loose_ends(url: str) -> str:
    """Percent-encode, one after the other, the signs at which X would end the link.

    It ends where that leads no further: in a host a sign that does not belong there stays what it is.
    """
    end = _first_end(url)
    while 0 < end < len(url):
        longer = f"{url[:end]}%{ord(url[end]):02X}{url[end + 1 :]}"
        further = _first_end(longer)
        if further <= end:
            break
        url, end = longer, further
    return url


def _first_end(url: str) -> int:
    """Return where the link that begins ``url`` ends, or 0."""
    links = find(url)
    return links[0][1] if links and links[0][0] == 0 else 0


def _is_one_link(text: str) -> bool:
    return find(text) == [(0, len(text))]
