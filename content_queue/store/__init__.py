"""The store: tables, locks, threads and migrations, on SQLite and PostgreSQL.

It keeps what the operations decide. It must never decide anything itself: no state is compared or
assigned here, and no row is interpreted.
"""
