"""Tests of the moderators' door in Telegram."""
