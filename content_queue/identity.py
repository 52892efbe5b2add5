"""What makes two entries the same piece of content: guid, canonical address, fingerprint. Pure.

Whatever a feed claims is taken as hostile or careless: nothing here raises on any text. A title alone
never merges two items: :func:`fingerprint` without a text serves as a key inside one source only.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections import defaultdict
from collections.abc import Hashable, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from ipaddress import IPv6Address
from typing import Final
from urllib.parse import quote, urlsplit

from content_queue.item import Entry
from content_queue.redirectors import unwrapped

OLDEST: Final = timedelta(days=5 * 365)
"""An entry that claims to be older counts as this old."""
TELLING: Final = 20
"""So many words of text make two entries of different sources the same story where they are the same."""

# Parameters that say how a reader came, not what is read.
_TRACKING_FAMILIES: Final = (
    *("utm_", "pk_", "mtm_", "piwik_", "matomo_", "hsa_", "oly_", "at_custom", "amp_", "trk_", "wt."),
)
_TRACKING: Final = re.compile(
    "fbclid|gclid|dclid|gbraid|wbraid|gclsrc|msclkid|yclid|twclid|ttclid|li_fat_id|igsh|igshid|mc_cid|mc_eid"
    "|mkt_tok|vero_id|_ga|_gl|_hsenc|_hsmi|xtor|s_cid|wt_mc|wt_zmc|at_medium|at_campaign|ref_src|ref_url|amp"
    "|srsltid|mibextid|cmpid|ncid|ocid|sfnsn|__twitter_impression|__hstc|__hssc|__hsfp|epik|_branch_match_id",
)
_FEED_MARKS: Final = frozenset({"source=rss", "source=feed", "ref=rss", "ref=feed", "outputtype=amp"})
_MEDIUM_MARK: Final = "source=rss-"  # Medium: source=rss----a1b2c3---4
# Last parts of a path that name the same page as the path without them.
_FOLDED: Final = frozenset({"", "amp", "index.html", "index.htm", "index.php"})
_DEFAULT_PORTS: Final = (None, 80, 443)
_LONGEST_HOST: Final = 253
_HOST: Final = re.compile(r"[a-z0-9_-]+(?:\.[a-z0-9_-]+)*")
_WWW: Final = re.compile(r"^(?:(?:www|amp)\.)+(?=[^.]+\.)")
_PERCENT: Final = re.compile(r"%([0-9A-Fa-f]{2})?")
_UNRESERVED: Final = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
_KEPT: Final = "%/:?@!$&'()*+,;=~[]"
_YOUTUBE: Final = re.compile(r"(?:(?:m|music)\.)?youtube(?:-nocookie)?\.com")
_YOUTUBE_PAGES: Final = frozenset({"youtube.com", "www.youtube.com", "m.youtube.com"})
_VIDEO: Final = re.compile(r"[A-Za-z0-9_-]{5,20}")
_VIDEO_FOLDERS: Final = frozenset({"shorts", "live", "embed", "v"})
_NO_VIDEO: Final = frozenset({"videoseries", "live_stream"})
_WORD: Final = re.compile(r"[^\W_]+")
_BEYOND_ASCII: Final = re.compile(r"[^\x00-\x7f]")


def key(entry_guid: str, canonical: str, fingerprint: str) -> str:
    """Return an entry's identity inside its source: of its guid, else its address, else its words."""
    named = (("guid", entry_guid), ("address", canonical), ("words", fingerprint))
    kind, value = next((pair for pair in named if pair[1]), ("nothing", ""))
    return _digest(f"{kind}:{value}")


def canonical(url: str) -> str:
    """Return the address to compare by, or "" for what is no web address. It is not for visiting.

    http and https are one, so is a host with and without "www." or "amp."; redirectors are unwrapped;
    default ports, fragments, tracking parameters, trailing slashes, "index.html" and "/amp" are gone; each
    YouTube video has one form.
    """
    try:
        parts = urlsplit(unwrapped(url.strip()))
        host, port = _host(parts.hostname or ""), parts.port
    except ValueError:
        return ""
    if parts.scheme not in {"http", "https"} or not host:
        return ""
    path, query = _path(parts.path), _query(parts.query)
    video = _video(host, path, query)
    if video:
        return f"https://youtube.com/watch?v={video}"
    netloc = host if port in _DEFAULT_PORTS else f"{host}:{port}"
    return f"https://{netloc}{path or '/'}" + (f"?{query}" if query else "")


def is_youtube(url: str) -> bool:
    """Say whether an address is one of YouTube's own pages or feeds."""
    if "youtube" not in url.lower():  # as most are not: asked of every source at every poll
        return False
    try:
        return (urlsplit(url).hostname or "") in _YOUTUBE_PAGES
    except ValueError:
        return False


def is_root(url: str) -> bool:
    """Say whether an address is only a site's front door, which is no identity."""
    return _is_front_door(canonical(url))


def fingerprint(title: str, text: str) -> str:
    """Return a digest of the words, without case, accents and punctuation; "" where there are none."""
    words = [bare(part) for part in (title, text)]
    return _digest("\n".join(words)) if any(words) else ""


def bare(text: str) -> str:
    """Return the words of a text, without case, accents and punctuation, to compare by."""
    return " ".join(_words(text))


def pages(entries: Sequence[Entry]) -> tuple[tuple[str, ...], ...]:
    """Return for each entry the canonical address of each of its versions, "" where it has none."""
    return tuple(tuple(canonical(version.url) for version in entry.versions) for entry in entries)


def guids(entries: Sequence[Entry], at: Sequence[Sequence[str]]) -> tuple[str, ...]:
    """Return each entry's guid, or "" where it is none; ``at`` are the entries' :func:`pages`.

    A guid that two entries of one document use for different things names neither.
    """
    meant = _gather((entry.guid, _thing(entry, own)) for entry, own in zip(entries, at, strict=True))
    return tuple(entry.guid if len(meant[entry.guid]) == 1 else "" for entry in entries)


def addresses(at: Sequence[Sequence[str]]) -> tuple[str, ...]:
    """Return the canonical address of each entry, or "" where none of its :func:`pages` tells it from others.

    A site's front door tells nothing, nor does an address that two entries of one document share.
    """
    usable = [[address for address in own if address and not _is_front_door(address)] for own in at]
    users = _gather((address, index) for index, own in enumerate(usable) for address in own)
    return tuple(next((address for address in own if len(users[address]) == 1), "") for own in usable)


def clamp_date(claimed: datetime | None, first_seen: datetime) -> datetime:
    """Return when an entry was published, in UTC: never in the future, never older than five years.

    ``claimed`` is the source's word, however absurd; without a zone it counts as UTC. ``first_seen``
    is our own clock's.
    """
    if claimed is None:
        return first_seen.astimezone(UTC)
    if claimed.tzinfo is None:
        claimed = claimed.replace(tzinfo=UTC)
    return min(max(claimed, first_seen - OLDEST), first_seen).astimezone(UTC)


def _host(name: str) -> str:
    if ":" in name:
        return f"[{IPv6Address(name.partition('%')[0]).compressed}]"
    if len(name) > _LONGEST_HOST:
        return ""
    ascii_name = name.rstrip(".").encode("idna").decode().lower()  # UnicodeError is a ValueError too
    bare = _WWW.sub("", ascii_name)
    return bare if _HOST.fullmatch(bare) else ""


def _path(text: str) -> str:
    segments = _percent(text).split("/")
    while segments and segments[-1].lower() in _FOLDED:
        segments.pop()
    return "/".join(segments)


def _query(text: str) -> str:
    pairs = _percent(text).split("&") if text else ()
    return "&".join(pair for pair in pairs if pair and not _tracks(pair.lower()))


def is_tracker(name: str) -> bool:
    """Say whether a parameter follows one reader about, by its name in lower case."""
    return _TRACKING.fullmatch(name) is not None


def is_campaign(name: str) -> bool:
    """Say whether a parameter names a campaign (utm_source and its like), by its name in lower case."""
    return name.startswith(_TRACKING_FAMILIES)


def _tracks(pair: str) -> bool:
    name = pair.partition("=")[0]
    marked = pair in _FEED_MARKS or pair.startswith(_MEDIUM_MARK)
    return is_tracker(name) or is_campaign(name) or marked


def _percent(text: str) -> str:
    """Write every character in one way: "%7e" and "~" are the same, so are "%c3" and "%C3"."""
    return quote(_PERCENT.sub(_decoded, text), safe=_KEPT, errors="surrogatepass")


def _decoded(match: re.Match[str]) -> str:
    if match[1] is None:
        return "%25"
    character = chr(int(match[1], 16))
    return character if character in _UNRESERVED else match[0].upper()


def _video(host: str, path: str, query: str) -> str:
    folder, _, rest = path.lstrip("/").partition("/")
    found = ""
    if host == "youtu.be":
        found = folder
    elif _YOUTUBE.fullmatch(host) and folder == "watch":
        found = next((pair[2:] for pair in query.split("&") if pair.startswith("v=")), "")
    elif _YOUTUBE.fullmatch(host) and folder in _VIDEO_FOLDERS:
        found = rest.partition("/")[0]
    return found if _VIDEO.fullmatch(found) and found not in _NO_VIDEO else ""


def _words(text: str) -> list[str]:
    plain = unicodedata.normalize("NFKD", text.casefold())
    return _WORD.findall(_BEYOND_ASCII.sub(_base, plain))


def _base(match: re.Match[str]) -> str:
    return "" if unicodedata.combining(match[0]) else match[0]


def _is_front_door(address: str) -> bool:
    """Say whether a canonical address is only a site's front door."""
    if not address.endswith("/"):  # as most do not
        return False
    parts = urlsplit(address)
    return parts.path == "/" and not parts.query


def _thing(entry: Entry, own: Sequence[str]) -> str:
    """Say what an entry points to; without an address, what it is called."""
    both = zip(entry.versions, own, strict=True)
    urls = [address or version.url for version, address in both if version.url]
    return "\n".join(urls or [" ".join(_words(version.title)) for version in entry.versions])


def _gather(pairs: Iterable[tuple[str, Hashable]]) -> dict[str, set[Hashable]]:
    users: dict[str, set[Hashable]] = defaultdict(set)
    for name, user in pairs:
        users[name].add(user)
    return users


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode(errors="replace")).hexdigest()
