"""The page of classes that a network never saw."""
