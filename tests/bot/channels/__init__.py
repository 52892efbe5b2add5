"""The channels: one contract suite for every network, and what each has of its own."""
