"""The moderators' door in Telegram: their group, and private chats that a code has linked.

``wire`` speaks with Telegram, ``talk`` is what was heard and what is said, ``hearing`` finds out who speaks,
``commands``, ``presses`` and ``cards`` answer. It must never decide what may be done, show one text and
approve another, or answer a stranger.
"""
