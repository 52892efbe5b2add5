"""What the contract suite must know of each network: options, a good answer, where it differs."""
