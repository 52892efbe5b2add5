"""The accounts of the stand-ins. Whoever posts has one; some were named when the sandbox was made."""

import re
import unicodedata
import zlib
from collections.abc import Mapping
from dataclasses import dataclass

_HANDLE_LENGTH = 15
"""X: a user name has at most 15 letters, digits and underscores."""
_CHANNEL_NUMBERS = -1_000_000_000_000
"""Telegram: a channel's number is -100 followed by its own."""
_CHAT_NAME = re.compile(r"@[A-Za-z][A-Za-z0-9_]*", re.ASCII)
_ON_MASTODON = re.compile(r"[a-z_][a-z0-9_]*@[a-z0-9.-]+", re.ASCII)
_ON_LINKEDIN = re.compile(r"urn:li:(?:organization:[1-9][0-9]{0,18}|person:[A-Za-z0-9_-]{1,50})", re.ASCII)
_ON_FACEBOOK = re.compile(r"facebook\.com/[1-9][0-9]{0,18}", re.ASCII)
_ON_APPRISE = re.compile(r"apprise/[\w-]+", re.ASCII)
_ON_BLUESKY = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)+", re.ASCII)
_CHAT_NUMBER = re.compile(r"-?[1-9][0-9]{0,15}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Account:
    """One account on one network."""

    network: str
    key: str
    """X: the user id. Telegram: `@name` or the chat's number, as it was first written. Bluesky: the handle.
    Mastodon: the user name. LinkedIn: the URN. Facebook: the page's number. Apprise: the hook's
    name."""
    name: str
    handle: str
    number: int

    @property
    def path(self) -> str:
        """Its page."""
        return f"/{self.network}/{self.key}"

    @property
    def initials(self) -> str:
        """Two letters at most, for its picture."""
        words = re.findall(r"\w+", self.name) or ["?"]
        return "".join(word[0] for word in words[:2]).upper()

    @property
    def hue(self) -> int:
        """One of eight colours, always the same for the same account."""
        return zlib.crc32(self.key.encode()) % 8


class Accounts:
    """Finds an account by what a client calls it, and makes one for whoever is new."""

    def __init__(self, names: Mapping[str, str]) -> None:
        self._known: dict[tuple[str, str], Account] = {}
        for key, name in names.items():
            if self._named(key, name) is None:
                message = (
                    f"{key!r} is no X user id, Telegram chat (@name or a number), Bluesky handle (a.domain), "
                    "Mastodon account (name@server), LinkedIn author (urn:li:organization:1) "
                    "Facebook page (facebook.com/1) or hook of Apprise (apprise/name)"
                )
                raise ValueError(message)

    def all(self) -> list[Account]:
        """Every account known so far."""
        return list(self._known.values())

    def first(self, network: str, otherwise: str, begins: str = "") -> str:
        """Return the key of a network's first account: who signs in where the page's link names nobody."""
        keys = (one.key for one in self._known.values() if one.network == network)
        return next((key for key in keys if key.startswith(begins)), otherwise)

    def get(self, network: str, key: str) -> Account | None:
        """Return the account with this page, or None."""
        return self._known.get((network, key.lower()))

    def on_x(self, user_id: str, name: str = "") -> Account:
        """Return the user with this id."""
        handle = _ascii(name)[:_HANDLE_LENGTH] or f"user{user_id}"[:_HANDLE_LENGTH]
        return self._keep(Account("x", user_id, name or f"User {user_id}", handle, int(user_id)))

    def on_telegram(self, chat: str, name: str = "") -> Account | None:
        """Return the chat of this name or number; None if it is neither."""
        if _CHAT_NAME.fullmatch(chat):
            number = _CHANNEL_NUMBERS - zlib.crc32(chat.lower().encode())
            return self._keep(Account("telegram", chat, name or chat[1:], chat[1:], number))
        if _CHAT_NUMBER.fullmatch(chat):
            return self._by_number(int(chat)) or self._keep(
                Account("telegram", chat, name or f"Chat {chat}", "", int(chat))
            )
        return None

    def on_bluesky(self, handle: str, name: str = "") -> Account:
        """Return the account with this handle."""
        shown = name or handle.partition(".")[0]
        return self._keep(Account("bluesky", handle.lower(), shown, handle.lower(), 0))

    def on_mastodon(self, username: str, name: str = "") -> Account:
        """Return the account of this name on the stand-in's one server."""
        number = 110_000_000_000_000_000 + zlib.crc32(username.encode())
        return self._keep(Account("mastodon", username, name or username, username, number))

    def on_linkedin(self, urn: str, name: str = "") -> Account:
        """Return the page or the member of this URN."""
        kind, _, number = urn.removeprefix("urn:li:").partition(":")
        return self._keep(Account("linkedin", urn, name or f"{kind.capitalize()} {number}", number, 0))

    def on_facebook(self, page: str, name: str = "") -> Account:
        """Return the page of this number."""
        return self._keep(Account("facebook", page, name or f"Page {page}", page, int(page)))

    def on_apprise(self, hook: str, name: str = "") -> Account:
        """Return the hook of this name."""
        return self._keep(Account("apprise", hook, name or hook, hook, 0))

    def _named(self, key: str, name: str) -> Account | None:
        """Return the account that a key names beforehand."""
        if key.isdecimal():
            return self.on_x(key, name)
        makers = (
            (_ON_LINKEDIN, self.on_linkedin, key),
            (_ON_FACEBOOK, self.on_facebook, key.partition("/")[2]),
            (_ON_APPRISE, self.on_apprise, key.partition("/")[2]),
            (_ON_MASTODON, self.on_mastodon, key.partition("@")[0]),
            (_ON_BLUESKY, self.on_bluesky, key),
        )
        for pattern, make, own in makers:
            if pattern.fullmatch(key):
                return make(own, name)
        return self.on_telegram(key, name)

    def _by_number(self, number: int) -> Account | None:
        chats = (account for account in self._known.values() if account.network == "telegram")
        return next((chat for chat in chats if chat.number == number), None)

    def _keep(self, account: Account) -> Account:
        return self._known.setdefault((account.network, account.key.lower()), account)


def _ascii(name: str) -> str:
    bare = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    return re.sub(r"[^A-Za-z0-9]", "", bare)
