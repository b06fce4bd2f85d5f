"""The search page: a study's trials, the best so far, and which field matters."""
