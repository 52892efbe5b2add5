"""The one exception of the desk: what was asked cannot be done, and why."""

from __future__ import annotations


class RefusalError(Exception):
    """What was asked cannot be done; ``status`` is the answer's, ``line`` says why, in English."""

    def __init__(self, status: int, line: str) -> None:
        super().__init__(line)
        self.status = status
        self.line = line
