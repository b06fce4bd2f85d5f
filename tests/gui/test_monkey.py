"""Random actions in the real window, in a process of its own, while runs start, fail and are damaged."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

MONKEY = Path(__file__).parents[2] / "benchmarks" / "monkey.py"
ACTIONS = 500
LONGEST_GAP = 10
"""Seconds of work without an answer; a generous limit, for a machine that does other things, too."""


@pytest.mark.slow
def test_nothing_breaks_whatever_is_done():
    options = ["--actions", str(ACTIONS), "--seed", "1", "--longest-gap", str(LONGEST_GAP)]
    done = subprocess.run(
        [sys.executable, str(MONKEY), *options],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
