"""The queue: a folder of runs that wait their turn, and who works it off. No Qt."""
