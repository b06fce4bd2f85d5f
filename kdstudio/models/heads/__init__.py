"""Heads: modules fed by what networks give; declared, so that a file can tell how to rebuild them."""
