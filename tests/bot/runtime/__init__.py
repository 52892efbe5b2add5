"""The worker in its own process, with a clock that is told, a real database and pretend networks."""
