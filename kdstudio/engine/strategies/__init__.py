"""Strategies: one file, one way to distil. See docs/adding-a-strategy.md."""
