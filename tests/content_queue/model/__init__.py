"""An exhaustive model of publishing one post: every interleaving, on the real lifecycle tables."""
