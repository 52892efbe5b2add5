"""The moderators' web pages: what waits, what will go out, what went out, what is wrong, and stop.

A request passes the guard (host, session, origin, form token), then one page or one act. Pages work without
any script. This room must never change the queue except through ``operations``, never show what a feed
wrote as anything but text, and never load anything from elsewhere.
"""
