"""What a test leaves behind: threads, processes and open files. On other systems than Linux threads alone."""

import os
import sys
import threading
import time
from multiprocessing import active_children
from pathlib import Path

PATIENCE = 10.0
"""Seconds for what has been told to end."""
LOOK = 0.01
THREADS = Path("/proc/self/task")
FILES = "/proc/self/fd"
NO_FILES = ("pipe:", "socket:", "anon_inode:", "/dev/", "/proc/", "/sys/", "/memfd:", "/usr/", sys.prefix)
"""Ends of what is no file, and what libraries keep open of their own: fonts, tables, the machine's facts."""
LIBRARIES = (".onnxruntime/", "/kdstudio-ray-")
"""Parts of the paths of what libraries keep open in the user's cache, and of their logs."""
LASTING = ("tqdm_monitor",)
"""Threads that a library begins once for the whole process."""
FORKING = ("multiprocessing.forkserver", "multiprocessing.resource_tracker")
"""Processes that serve all tests."""

Things = dict[object, str]
"""What there is, and how it is told."""


def things() -> Things:
    """All that is there now."""
    return _threads() | _children() | _files()


def left(before: Things) -> list[str]:
    """Tell what is there that was not ``before``, once what was told to end has had time to."""
    given_up = time.monotonic() + PATIENCE
    while (new := things().items() - before.items()) and time.monotonic() < given_up:
        time.sleep(LOOK)
    return sorted(told for _, told in new)


def _threads() -> Things:
    lasting = (thread for thread in threading.enumerate() if thread.name not in LASTING)
    return {thread: f"thread '{thread.name}'" for thread in lasting}


def _children() -> Things:
    found: Things = {child.pid: f"process {child.pid} {child.name}" for child in active_children()}
    if not (THREADS / str(os.getpid()) / "children").exists():
        return found
    for thread in os.listdir(THREADS):
        for child in _read(THREADS / thread / "children").split():
            line = _read(Path("/proc", child, "cmdline")).replace("\0", " ")
            if not any(serving in line for serving in FORKING):
                found.setdefault(int(child), f"process {child} {line}")
    return found


def _files() -> Things:
    found: Things = {}
    if os.path.isdir(FILES):
        for number in os.listdir(FILES):
            try:
                path = os.readlink(f"{FILES}/{number}")
            except OSError:  # that by which this is read
                continue
            if not path.startswith(NO_FILES) and not any(part in path for part in LIBRARIES):
                found[number, path] = f"open file {path}"
    return found


def _read(file: Path) -> str:
    """Return what it holds; nothing of what has ended meanwhile."""
    try:
        return file.read_text()
    except OSError:
        return ""
