"""The one place where settings enter: the operator's TOML file, checked whole before anything starts.

``load`` either returns frozen ``Settings`` or raises ``SettingsError`` with every mistake at once, each
one line with file and key. Sections are checked apart, so that a mistake in one hides none in another.

This room must never write the file, never show a secret, never know a network: the registry of networks
and the check of templates are handed in.
"""

from bot.settings.mistakes import SettingsError
from bot.settings.reading import load
from bot.settings.result import BotSettings, ChannelSettings, DeskSettings, NetworkShape, Settings
from bot.settings.result import SourceSettings as SourceSettings
from bot.settings.tables import Bilingual, Cards, FetchSettings, Links, OnLocked, OnUncertain, TopicTable

__all__ = [
    "Bilingual",
    "BotSettings",
    "Cards",
    "ChannelSettings",
    "DeskSettings",
    "FetchSettings",
    "Links",
    "NetworkShape",
    "OnLocked",
    "OnUncertain",
    "Settings",
    "SettingsError",
    "SourceSettings",
    "TopicTable",
    "load",
]
