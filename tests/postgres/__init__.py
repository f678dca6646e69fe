"""The memory in PostgreSQL: ``make test-postgres`` runs the store's tests, the migrations and two watchers on it."""
