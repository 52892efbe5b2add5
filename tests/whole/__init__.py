"""The real command, run as its users run it: documents served on loopback, the sandbox as the networks."""
