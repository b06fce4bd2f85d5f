"""Architectures: one file, one family; each declares its options and names its taps."""
