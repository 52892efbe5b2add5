"""The worker: one pass for intake, planning, delivery, reading back and housekeeping each.

It decides when something is begun and carries out what the queue says. It must never decide what goes out,
never send without the queue's intent, and never let one channel's or source's trouble hold up another's.
"""
