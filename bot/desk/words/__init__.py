"""The desk's words: French and English screens, from gettext catalogues, with times in the bot's zone.

English is written where it is used; ``fr.po`` has the French. This room must never decide anything, and
never let a sentence reach a French screen in English without a test noticing.
"""
