"""Parts of a text fitted into a network's limit, by graceful steps.

What gives way, in this order: hashtags down to two, sums of money written out, the summary at a sentence, the
summary at a word, the summary altogether, hashtags down to one, the title at a word, the last hashtag. The
address and the credit never do.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from bot.compose.cut import at_sentence, at_word, first_sentence
from bot.compose.measure import graphemes
from bot.compose.money import shorter
from bot.compose.template import fill
from bot.message import Limits

_FEW = 2  # hashtags that go later than the summary
_LEAST_OF_A_SUMMARY = 60  # graphemes: a shorter stump says less than nothing


class DoesNotFit(Exception):  # noqa: N818  named by what is wrong with the words
    """Even the smallest text is too long, or nothing is left of it; one line says which."""


@dataclass(frozen=True, slots=True)
class Parts:
    """What a text is made of, in plain words: no markup, one line each.

    ``ours`` says that the words are the movement's own, which may be set more tightly; others' are quoted.
    """

    title: str
    summary: str = ""
    url: str = ""
    credit: str = ""
    hashtags: tuple[str, ...] = ()
    language: str = ""
    ours: bool = False


_Fits = Callable[[Parts], bool]


def fit(parts: Parts, template: str, limits: Limits) -> str:
    """Return the text that ``template`` makes of as much of ``parts`` as ``limits`` take.

    Raises :class:`DoesNotFit`, and ValueError for a template with mistakes.
    """

    def fits(candidate: Parts) -> bool:
        return limits.measure(_write(candidate, template, limits)) <= limits.maximum

    length = 0
    for give_way in _STEPS:
        parts = give_way(parts, fits)
        text = _write(parts, template, limits)
        length = limits.measure(text)
        if length <= limits.maximum:
            return _something(text)
    raise DoesNotFit(f"the shortest text is {length} long, the limit is {limits.maximum}; shorten the title")


def _something(text: str) -> str:
    if not text.strip():
        raise DoesNotFit("the template leaves nothing to say")
    return text


def _write(parts: Parts, template: str, limits: Limits) -> str:
    title = limits.escape(parts.title)
    values = {
        "title": title,
        "wording": title,
        "summary": limits.escape(parts.summary),
        "lead": limits.escape(first_sentence(parts.summary)) if "lead" in template else "",
        "url": limits.escape(parts.url),
        "credit": limits.escape(parts.credit),
        "hashtags": limits.escape(" ".join(parts.hashtags)),
    }
    return fill(template, values, parts.language)


def _nothing(parts: Parts, _fits: _Fits) -> Parts:
    return parts


def _down_to_two_hashtags(parts: Parts, fits: _Fits) -> Parts:
    while len(parts.hashtags) > _FEW and not fits(parts):
        parts = replace(parts, hashtags=parts.hashtags[:-1])
    return parts


def _sums_in_short(parts: Parts, _fits: _Fits) -> Parts:
    if not parts.ours:
        return parts
    title, summary = (shorter(text, parts.language) for text in (parts.title, parts.summary))
    return replace(parts, title=title, summary=summary)


def _summary_at_a_sentence(parts: Parts, fits: _Fits) -> Parts:
    summary = at_sentence(parts.summary, lambda text: fits(replace(parts, summary=text)))
    return replace(parts, summary=summary)


def _summary_at_a_word(parts: Parts, fits: _Fits) -> Parts:
    summary = at_word(parts.summary, lambda text: fits(replace(parts, summary=text)))
    return replace(parts, summary=summary if graphemes(summary) >= _LEAST_OF_A_SUMMARY else "")


def _one_hashtag(parts: Parts, _fits: _Fits) -> Parts:
    return replace(parts, hashtags=parts.hashtags[:1])


def _title_at_a_word(parts: Parts, fits: _Fits) -> Parts:
    title = at_word(parts.title, lambda text: fits(replace(parts, title=text)))
    return replace(parts, title=title or parts.title)


def _no_hashtag(parts: Parts, _fits: _Fits) -> Parts:
    return replace(parts, hashtags=())


_STEPS: tuple[Callable[[Parts, _Fits], Parts], ...] = (
    _nothing,
    _down_to_two_hashtags,
    _sums_in_short,
    _summary_at_a_sentence,
    _summary_at_a_word,
    _one_hashtag,
    _title_at_a_word,
    _no_hashtag,
    _title_at_a_word,
)
