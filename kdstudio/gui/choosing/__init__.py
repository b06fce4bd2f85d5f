"""Choosing from lists that say what a thing is."""
