"""The moderators' doors: one set of operations, and the web page, chat and API that call them.

A door finds out who is speaking and shows what came of it. It must never change the queue except through
``operations``, and never render a message of its own.
"""
