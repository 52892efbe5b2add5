"""What the bot tells about itself: health, status, metrics, alarms, logs.

This room only looks and tells. It must never decide what goes out, never let a secret through, and never
stop the work because nobody listens.
"""
