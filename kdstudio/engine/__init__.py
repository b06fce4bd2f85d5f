"""The distillation engine: networks, heads, loss terms, stages, strategies and the one loop."""
