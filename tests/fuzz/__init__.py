"""Every reader and every page over damaged files, drawn by hypothesis; mirrors no room of ``kdstudio``.

``KDSTUDIO_FUZZ=20000`` draws so many examples in all instead of 2,000; see docs/reliability.md. What draws
through the window is ``tests/gui/test_fuzzed_runs.py``.
"""
