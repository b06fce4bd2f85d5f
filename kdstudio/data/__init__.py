"""Images: sources, resident batches, augmentation by view number, splits."""
