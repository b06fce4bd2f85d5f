"""The compare page: all runs in a table, the chosen ones side by side."""
