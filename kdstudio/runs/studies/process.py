"""A search in a process of its own, which goes on without whoever started it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from kdstudio.runs.files import make_folder
from kdstudio.runs.reading import read_file
from kdstudio.runs.studies.storage import StudyStorage, own_folder

TAIL = 20
"""Lines of its log that tell why it has ended."""
LARGEST = 10**7


def log_file(runs: Path, study: str) -> Path:
    """What the process says, and code that it runs."""
    return own_folder(runs) / f"{study}.log"


def launch(
    runs: Path, study: str, storage: StudyStorage, trials: int, *, allow_code: bool = False
) -> subprocess.Popen[bytes]:
    """Go on with a study until it has so many trials; ``kdstudio study --stop`` ends it."""
    path = {"PYTHONPATH": os.pathsep.join(filter(None, sys.path)), "PYTHONIOENCODING": "utf-8"}
    make_folder(own_folder(runs), "folder of studies")
    what = ["--study", study, "--storage", storage.place, "--trials", str(trials)]
    where = ["--runs-dir", str(runs), "--quiet", *["--allow-code"] * allow_code]
    with log_file(runs, study).open("wb") as log:
        return subprocess.Popen(
            [sys.executable, "-m", "kdstudio", "search", *what, *where],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            env={**os.environ, **path},
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
            start_new_session=True,  # neither Ctrl+C nor the end of a terminal is meant for it
        )


def last_words(runs: Path, study: str) -> str:
    """Return the end of what the process has said; empty where that cannot be read."""
    try:
        text = read_file(log_file(runs, study), LARGEST).decode(errors="replace")
    except (OSError, ValueError):
        return ""
    return "\n".join(text.splitlines()[-TAIL:])
