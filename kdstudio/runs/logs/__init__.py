"""Runs in the logs of other tools: one file, one tool."""
