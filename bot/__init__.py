"""The bot: brings content in, shows it to people and carries it out.

It decides nothing about what goes out when: that is the queue's. It must never change a row of the
queue except through the queue's operations.
"""
