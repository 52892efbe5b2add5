"""Tests of what the bot tells about itself."""
