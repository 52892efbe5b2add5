"""The queue: decides *what* goes out and *when*.

It knows items, posts, calendars and holds. It must never know a network, HTTP, an event loop or the
settings file, and it never asks for the time: ``now`` is an argument everywhere.
"""
