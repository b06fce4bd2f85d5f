"""Strategies: one file, one way to distil. See docs/extending.md."""
