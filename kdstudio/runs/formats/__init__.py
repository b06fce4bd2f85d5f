"""File formats of trained networks: one file, one format."""
