"""The sandbox: local stand-ins for the networks, and pages that show what the public would see.

It speaks X API v2 and the Telegram Bot API closely enough for the real clients, enforces the networks'
rules, shares the worker's clock and misbehaves when told to. It is an island: it must never import a room
of the project, since a judge that borrows the code it judges would repeat its mistakes. It keeps everything
in memory, sends nothing anywhere and logs nothing.
"""
