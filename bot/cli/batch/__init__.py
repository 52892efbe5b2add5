"""Files of items for ``import`` and ``edit``: read whole, every mistake at once with its line.

It must never touch the queue: it turns a file into drafts.
"""
