"""Runs on disk: presets, run folders, recording, comparison, export. No Qt."""
