"""YouTube's channel feeds: the video's id is the identity, whatever else changes."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

from bot.sources.words import tidy_lines
from content_queue.item import Kind

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bot.sources.draft import Draft

_VIDEO_ID = re.compile(r"[A-Za-z0-9_-]{6,20}")


def as_video(draft: Draft, raw: Mapping[str, object]) -> Draft:
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
    )


def _video_id(draft: Draft, raw: Mapping[str, object]) -> str:
    named = str(raw.get("yt_videoid") or "")
    if not named and draft.guid.startswith("yt:video:"):
        named = draft.guid.removeprefix("yt:video:")
    if not named and "gdata.youtube.com" in draft.guid:  # the feeds of 2013 put it into the link alone
        named = parse_qs(urlsplit(draft.link).query).get("v", [""])[0]
    return named if _VIDEO_ID.fullmatch(named) else ""
