"""What is shown to a hall: one plot alone, large, with its formula and what came out."""
