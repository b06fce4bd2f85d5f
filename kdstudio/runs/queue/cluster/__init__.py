"""The queue on many machines: Ray finds a node for each run, and the queue stays the one on disk. No Qt."""
