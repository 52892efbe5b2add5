"""The documentation is held against the code: commands, keys, links."""
