"""What the bot and the desk may do with the queue: one function an act, each inside one transaction.

A function takes the open transaction first and ``now`` as an argument. It must never reach for a
network, a clock or a setting, and never change a state without ``lifecycle.step_*``.
"""
