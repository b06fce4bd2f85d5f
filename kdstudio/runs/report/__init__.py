"""One or several runs as a single HTML file that needs nothing else: no network, no script, no data."""
