"""Sites whose links Facebook shows to nobody in Canada: since August 2023 it hides links to the news there.

Source: about.fb.com, changes to news availability in Canada. Meta publishes no list, so that this one is our
own: news sites to which a Québec movement is likely to link, as of the day below. It is a setting.
"""

from __future__ import annotations

import re
from datetime import date
from typing import Annotated

from pydantic import AfterValidator

_DOMAIN = re.compile(r"([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}")


def _a_domain(value: str) -> str:
    domain = value.strip().lower().removeprefix("www.")
    if not _DOMAIN.fullmatch(domain):
        raise ValueError(f'{value!r} is no domain; write it like "lapresse.ca"')
    return domain


NewsDomain = Annotated[str, AfterValidator(_a_domain)]

NEWS_SINCE = date(2026, 11, 27)
NEWS_DOMAINS = (
    # Québec and Canada, in French
    "lapresse.ca",
    "ledevoir.com",
    "radio-canada.ca",
    "journaldemontreal.com",
    "journaldequebec.com",
    "tvanouvelles.ca",
    "lesoleil.com",
    "ledroit.com",
    "lenouvelliste.ca",
    "latribune.ca",
    "lavoixdelest.ca",
    "lequotidien.com",
    "lactualite.com",
    "lesaffaires.com",
    "noovo.info",
    # Canada, in English
    "betakit.com",
    "bnnbloomberg.ca",
    "cbc.ca",
    "ctvnews.ca",
    "financialpost.com",
    "globalnews.ca",
    "montrealgazette.com",
    "nationalpost.com",
    "theglobeandmail.com",
    "thelogic.co",
    "thestar.com",
    # Elsewhere: links to news of other countries are hidden in Canada too
    "apnews.com",
    "bbc.com",
    "bloomberg.com",
    "lefigaro.fr",
    "lemonde.fr",
    "nytimes.com",
    "reuters.com",
    "theguardian.com",
    "washingtonpost.com",
    "wsj.com",
)
