"""Plots: curves, bars and their legends, drawn with pyqtgraph in the theme's colours."""
