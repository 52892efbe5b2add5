"""The real program, killed while it posts to servers that only count."""
