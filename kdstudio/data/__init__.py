"""Data sets: one file, one source; resident batches, augmentation by view number, splits."""
