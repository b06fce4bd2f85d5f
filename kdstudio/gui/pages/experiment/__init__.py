"""The experiment page: presets, the form, and what will happen."""
