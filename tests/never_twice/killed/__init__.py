"""Real processes, really killed: at every named point, on SQLite and on PostgreSQL."""
