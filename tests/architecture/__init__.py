"""Tests of the house itself: arrows, sizes, locks, container. They never start the bot."""
