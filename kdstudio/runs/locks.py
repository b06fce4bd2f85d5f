"""Whether a lock is held, asked without taking it: any number may ask at once, and nothing is written."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from filelock import FileLock, Timeout


def is_held(lock: Path) -> bool:
    """Tell whether a process holds the file ``lock``; one that a dead process has left is held by nobody."""
    if sys.platform == "win32":
        return lock.is_file() and _is_refused(lock)
    import fcntl

    try:
        descriptor = os.open(lock, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW)
    except OSError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:  # a file system that knows no such locks, for which FileLock has others
        return _is_refused(lock)
    finally:
        os.close(descriptor)
    return False


def _is_refused(lock: Path) -> bool:
    """Take it for an instant."""
    try:
        with FileLock(lock, timeout=0, thread_local=False):
            return False
    except Timeout:
        return True
    except OSError:
        return False
