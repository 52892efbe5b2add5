"""What is heard in the chat and what is said there, in values that know nothing of the library."""

from __future__ import annotations

import html
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from bot.compose.measure import utf16
from content_queue.item import Picture

LONGEST = 3800
"""UTF-16 units of one message, markup and all; Telegram takes 4096 of the text (Bot API, sendMessage)."""


@dataclass(frozen=True, slots=True)
class Heard:
    """Something that happened in a chat.

    ``sender`` is the number of whoever did it, 0 where nobody can be known. ``reply_to`` is the message of
    ours that a text answers; a press has its ``query``, the ``message`` it stands under and its ``data``.
    ``photo`` is the picture that came along, by Telegram's id of its file, and ``quoted`` the text of the
    message that is replied to, whose picture counts where none came along. ``forwarded``: others wrote it.
    ``joined`` is set where the bot was put into a chat, ``moved_to`` where a group got another number.
    """

    update: int
    chat: int
    sender: int
    private: bool = False
    text: str = ""
    reply_to: int = 0
    message: int = 0
    query: str = ""
    data: str = field(default="", repr=False)
    joined: bool = False
    moved_to: int = 0
    photo: str = ""
    quoted: str = ""
    forwarded: bool = False


@dataclass(frozen=True, slots=True)
class Button:
    """A button; ``value`` is what its press sends, ``digest`` what is kept of that."""

    label: str
    value: str = field(repr=False)
    digest: str


@dataclass(frozen=True, slots=True)
class Say:
    """A message of ours, as Telegram's HTML; ``asks`` are the digests of questions that it asks.

    ``pictures`` are shown before it, each as it would look on a channel.
    """

    html: str
    rows: tuple[tuple[Button, ...], ...] = ()
    asks: tuple[str, ...] = ()
    pictures: tuple[tuple[Picture, str], ...] = ()

    @property
    def digests(self) -> tuple[str, ...]:
        """What is kept of all that works under this message."""
        return (*(button.digest for row in self.rows for button in row), *self.asks)


@dataclass(frozen=True, slots=True)
class Proposal:
    """What somebody proposes that has to be fetched first: the page at ``address``, or a ``photo``'s file.

    Where it has a ``title`` or a photo, the page is not read: those are the words.
    """

    address: str = ""
    title: str = ""
    summary: str = ""
    alt: str = ""
    photo: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """What we do about something heard.

    ``toast`` is shown to whoever pressed; ``close`` takes the buttons away where they were pressed;
    ``leave`` walks out of the chat. ``changed`` says that the queue has changed. ``proposal`` is to be
    fetched, and comes back then.
    """

    says: tuple[Say, ...] = ()
    toast: str = ""
    close: bool = False
    leave: bool = False
    changed: bool = False
    proposal: Proposal | None = None


NOTHING = Answer()


def escaped(text: str) -> str:
    """Write a text so that Telegram reads it as nothing but text."""
    return html.escape(text, quote=False)


def quoted(text: str) -> Iterator[str]:
    """Write a text as quotations, each of which has room in a message."""
    piece, size = "", 0
    for character in text:
        width = utf16(escaped(character))
        if size + width > LONGEST - 300:
            yield f"<blockquote>{escaped(piece)}</blockquote>"
            piece, size = "", 0
        piece, size = piece + character, size + width
    if piece.strip():
        yield f"<blockquote>{escaped(piece)}</blockquote>"


def says(
    blocks: Iterable[str], rows: Iterable[Iterable[Button]] = (), asks: Iterable[str] = ()
) -> tuple[Say, ...]:
    """Put blocks into as few messages as hold them; what can be pressed stands under the last."""
    pages: list[str] = []
    for block in blocks:
        if pages and utf16(pages[-1]) + utf16(block) + 1 <= LONGEST:
            pages[-1] += f"\n{block}"
        else:
            pages.append(block)
    last = Say(pages[-1] if pages else "", tuple(tuple(row) for row in rows), tuple(asks))
    return (*(Say(page) for page in pages[:-1]), last)
