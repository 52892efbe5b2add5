"""YouTube's channel feeds: the video's id is the identity, whatever else changes."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

from bot.sources.words import tidy_lines
from content_queue.identity import is_youtube
from content_queue.item import UNSEEN, Kind

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bot.sources.draft import Draft

SHARES = {"video": "UULF", "short": "UUSH", "live": "UULV"}
"""YouTube's own lists of a channel's usual videos, its shorts and its live streams, by how their ids begin.

Source: observed; each is the channel's id with these letters in the place of "UC".
"""
SHORT, LIVE = "short", "live"
_SHORTS = re.compile(r"//(?:www\.|m\.)?youtube\.com/shorts/")
_VIDEO_ID = re.compile(r"[A-Za-z0-9_-]{6,20}")


def share_of(feed: str) -> str:
    """Return which of a channel's lists a feed is, as :data:`SHARES` names them; "" for any other."""
    if not is_youtube(feed):
        return ""
    listed = parse_qs(urlsplit(feed).query).get("playlist_id", [""])[0]
    return next((share for share, begins in SHARES.items() if listed.startswith(begins)), "")


def as_video(draft: Draft, raw: Mapping[str, object], share: str) -> Draft:
    """Return ``draft`` as a video where the entry is one of YouTube's, else as it is.

    Its text is plain and its lines are kept; the address is the watch page, for shorts too.
    """
    video = _video_id(draft, raw)
    if not video:
        return draft
    return replace(
        draft,
        guid=f"yt:video:{video}",
        kind=Kind.VIDEO,
        link=f"https://www.youtube.com/watch?v={video}",
        text=tidy_lines(str(raw.get("summary") or "")),
        image=draft.image or f"https://i.ytimg.com/vi/{video}/hqdefault.jpg",
        form=_form(draft.link, share, raw),
    )


def _form(link: str, share: str, raw: Mapping[str, object]) -> str:
    """Return "short", "live", "unseen" or "".

    A short is linked as one, or stands in the list of a channel's shorts, its ``share``; a live stream is
    told by its list alone. A premiere that has not begun has no views, but neither has one that came out a
    moment ago or that only members see (derekantrican/subarr issue 1): no more is said than that.
    """
    if _SHORTS.search(link) or share == SHORT:
        return SHORT
    if share == LIVE:
        return LIVE
    statistics = raw.get("media_statistics")
    views = statistics.get("views") if isinstance(statistics, dict) else None
    return UNSEEN if "yt_videoid" in raw and views in {None, "", "0"} else ""


def _video_id(draft: Draft, raw: Mapping[str, object]) -> str:
    named = str(raw.get("yt_videoid") or "")
    if not named and draft.guid.startswith("yt:video:"):
        named = draft.guid.removeprefix("yt:video:")
    if not named and "gdata.youtube.com" in draft.guid:  # the feeds of 2013 put it into the link alone
        named = parse_qs(urlsplit(draft.link).query).get("v", [""])[0]
    return named if _VIDEO_ID.fullmatch(named) else ""
