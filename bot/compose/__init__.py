"""Compose: what an item says on one channel, to the letter.

It measures as the networks measure, fits words into their limits and fills the templates. Everything in
here is a pure function of its arguments. It must never fetch, store, post, or know a network by name, and
what feeds bring is data to it: never a template, never markup.
"""
