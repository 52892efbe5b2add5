"""Servers that we did not write: each one's lock file, and how it is started for one run of the suite."""
