"""Every hostile fetch, parse and image case of the file, one builder for each id."""
