"""Several workers on one PostgreSQL, killed and stopped at random, before networks that count."""
