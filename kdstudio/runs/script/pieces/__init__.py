"""The parts of a script that every experiment has: copied into it, function by function, as they stand."""
