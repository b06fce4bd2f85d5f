"""The queue page: what waits, what runs, and what has come of it."""
