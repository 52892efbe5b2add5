"""Why an address could not be read: a small closed set, one clear line each."""

from __future__ import annotations


class FetchError(Exception):
    """The address could not be read; ``str()`` is one line for people, without any secret."""


class RefusedUrl(FetchError):  # noqa: N818  named by what happened, as the other five
    """The address itself is not one that we open: its scheme, its user name, its spelling, its port."""


class RefusedAddress(FetchError):  # noqa: N818  named by what happened
    """The address leads to a machine that is not on the public internet."""


class TooBig(FetchError):  # noqa: N818  named by what happened
    """The answer is longer than allowed, as sent or once decompressed."""


class TooSlow(FetchError):  # noqa: N818  named by what happened
    """The whole answer did not arrive before the deadline."""


class BadAnswer(FetchError):  # noqa: N818  named by what happened
    """Something answered, but not in a way that can be read."""


class Unreachable(FetchError):  # noqa: N818  named by what happened
    """No answer: name not found, connection refused or lost, certificate not valid."""
