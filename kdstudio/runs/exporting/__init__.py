"""Trained networks as files that run elsewhere: written, read back by their runtime, and measured."""
