"""Data sets: one file, one source."""
