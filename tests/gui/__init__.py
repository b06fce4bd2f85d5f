"""Overrides are guarded before any class of the window's is there, as when the program starts."""

from kdstudio.gui.guard import guard_overrides

guard_overrides()
