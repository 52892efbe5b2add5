"""The sandbox against the real clients, and its pages."""
