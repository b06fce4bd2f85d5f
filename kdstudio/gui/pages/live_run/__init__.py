"""The live page: the curves of a run while it goes on, or as it went."""
