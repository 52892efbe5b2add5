"""Links, hashtags and mentions in plain text, by rules written for the sandbox alone.

X takes a bare word for a link when it ends in a known top-level domain, so that `README.md` counts 23
(twitter-text, version 3). The list here is a modest one of the sandbox's own.
"""

from dataclasses import dataclass

import regex

_TOP_LEVEL = """
com org net edu gov mil int info biz name pro aero coop museum jobs mobi travel app dev ai io co me tv
tech online site shop store blog cloud digital media news press social studio design agency academy school
events community foundation fund solutions software systems technology ventures work world zone xyz
quebec montreal paris bzh link live life video wiki page top club team tools today space fyi
ac ad ae ag am ar at au be bg bo br by ca cc ch ci cl cn cr cu cy cz de dj dk do dz ec ee eg es eu fi fm
fr ga gg gl gp gr gs gt hk hr ht hu id ie il im in ir is it je jo jp ke kr kz la lb li lt lu lv ly ma mc md
mg ml mn mq ms mu mx my nc ng nl no nu nz pa pe pf ph pk pl pm pr ps pt py qa re ro rs ru sa se sg sh si sk
sn so st su sv tc tf tg th tk tn to tr tt tw ua ug uk us uy uz va vc ve vn vu wf ws za
рф укр 中国 中國 香港 みんな پاکستان مصر भारत
"""
_LONGEST_ADDRESS = 4096
_LONGEST_LABEL = 63
"""DNS: bytes in one label, after punycode."""

_TLD = "(?:" + "|".join(sorted(_TOP_LEVEL.split(), key=len, reverse=True)) + r")(?![A-Za-z0-9@+\-])"
_WORD = r"[\p{L}\p{N}](?:[\p{L}\p{N}_\-]*[\p{L}\p{N}])?"
_PLAIN = r"[A-Za-z0-9\xC0-\u024F](?:[A-Za-z0-9\xC0-\u024F_\-]*[A-Za-z0-9\xC0-\u024F])?"
_BRACKETED = r"\([^()\s]*\)"
_INSIDE = rf"(?:{_BRACKETED}|[\p{{L}}\p{{M}}\p{{N}}!*';:=+,.$/%#\[\]\-–_~@|&])"
_AT_END = rf"(?:{_BRACKETED}|[\p{{L}}\p{{M}}\p{{N}}=_#/+\-])"
_PATH = rf"(?:/(?:{_INSIDE}*{_AT_END})?)?"
_QUERY = r"(?:\?[A-Za-z0-9!?*'@();:&=+$/%#\[\]\-_.,~|]*[A-Za-z0-9\-_&=#/])?"
_LINK = regex.compile(
    rf"""
    (?: (?<![A-Za-z0-9@＠$\#＃]) (?P<scheme>https?://) (?P<host>(?:{_WORD}\.)+{_TLD})
      | (?<![A-Za-z0-9\xC0-\u024F@＠$\#＃_./\-]) (?P<host>(?:{_PLAIN}\.)+{_TLD})
    )
    (?::[0-9]+)? {_PATH} {_QUERY}
    """,
    regex.IGNORECASE | regex.VERBOSE,
)
_LOCAL = regex.compile(
    r"https?://(?:localhost|[0-9.]+|\[[0-9a-f:]+\])(?::[0-9]+)?(?:/[^\s<>\"]*[\w/=])?", regex.IGNORECASE
)
_HASHTAG = regex.compile(r"(?<![\w&/])[#＃](?=\w*\p{L})\w+")
_MENTION = regex.compile(r"(?<![\w@])@[A-Za-z0-9_]{1,32}\b")


@dataclass(frozen=True, slots=True)
class Found:
    """Something found at `text[start:end]`, counted in code points."""

    start: int
    end: int
    text: str

    @property
    def address(self) -> str:
        """The address that a link leads to; a bare domain gets its scheme, as X gives it."""
        return self.text if "://" in self.text else f"http://{self.text}"


def find_links(text: str) -> list[Found]:
    """Return the links, in order."""
    return [_found(match) for match in _LINK.finditer(text) if _resolvable(match)]


def find_addresses(text: str) -> list[Found]:
    """Return the links and the addresses without a domain, which X does not link: sample feeds have them."""
    local = [_found(match) for match in _LOCAL.finditer(text)]
    return sorted([*find_links(text), *local], key=lambda found: found.start)


def find_hashtags(text: str) -> list[Found]:
    """Return the hashtags that are not inside a link."""
    return _outside_links(text, _HASHTAG)


def find_mentions(text: str) -> list[Found]:
    """Return the mentions that are not inside a link."""
    return _outside_links(text, _MENTION)


def _outside_links(text: str, pattern: "regex.Pattern[str]") -> list[Found]:
    links = find_links(text)
    marks = (_found(match) for match in pattern.finditer(text))
    return [mark for mark in marks if not any(link.start <= mark.start < link.end for link in links)]


def _found(match: "regex.Match[str]") -> Found:
    return Found(match.start(), match.end(), match.group())


def _resolvable(match: "regex.Match[str]") -> bool:
    labels = match["host"].split(".")
    return len(match.group()) <= _LONGEST_ADDRESS and all(_bytes(label) <= _LONGEST_LABEL for label in labels)


def _bytes(label: str) -> int:
    return len(label) if label.isascii() else len("xn--") + len(label.encode("punycode"))
