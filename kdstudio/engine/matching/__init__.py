"""Matching terms: one file, one thing of the teacher's that the student can be drawn to."""
