"""Files of items, whole and with every mistake at once: for ``import``, ``edit`` and the desk's page.

It must never touch the queue: it turns what people wrote into drafts.
"""
