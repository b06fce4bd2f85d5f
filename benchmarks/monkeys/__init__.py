"""What benchmarks/monkey.py plays with."""
