"""Where content comes from: feeds, video channels, fact packs; what they say becomes entries.

Everything here is taken from strangers. This room must never open an address except through
``http_client``, never parse a stranger's document outside the cage, never keep a tag of markup, and it
judges nothing: what becomes of an entry is the queue's to decide.
"""
