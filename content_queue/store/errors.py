"""What can stand against using the database, each one line for people."""

from __future__ import annotations


class StoreError(RuntimeError):
    """The database cannot be used; the message is one line for people."""


class BrokenDiskError(StoreError):
    """The disk did not keep what it was given. What it holds is unknown, so this process must end.

    A sync that failed is never tried again: the kernel may have dropped the pages and report success the
    second time (PostgreSQL's rule since 2018). A fresh start reads what is really there.
    """


class DamagedError(BrokenDiskError):
    """The file holds what SQLite cannot have written. Nothing is mended in silence: this process ends."""


class UnsureError(StoreError):
    """The connection was lost while a transaction was committed: nobody can tell whether it is written.

    Whoever gets it looks again under a lock of the row, or repeats only what may be done twice.
    """
