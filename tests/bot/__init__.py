"""Tests of the bot's rooms."""
