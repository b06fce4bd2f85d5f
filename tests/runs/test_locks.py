"""A lock is asked about without being taken, made or waited for."""

import errno
import fcntl
import os
import subprocess
import sys
import threading

import pytest
from filelock import FileLock

from kdstudio.runs import locks
from kdstudio.runs.locks import is_held

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="flock")


@pytest.fixture
def lock(tmp_path):
    return tmp_path / ".lock"


HOLD = """if True:
    import filelock, signal, sys
    with filelock.FileLock(sys.argv[1]):
        print("held", flush=True)
        signal.pause()
"""


def test_a_lock_is_held_until_it_is_released(lock):
    assert not is_held(lock)
    assert not lock.exists()
    with FileLock(lock):
        assert is_held(lock)
    assert lock.exists()  # a file that is left over says nothing
    assert not is_held(lock)


def test_a_lock_goes_with_the_process_that_held_it(lock):
    with subprocess.Popen([sys.executable, "-c", HOLD, lock], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline() == "held\n"
        assert is_held(lock)
        process.kill()
    assert not is_held(lock)


def test_who_asks_is_seen_by_nobody_who_asks(lock):
    """Ten at once, and a lock that is free is free for all of them."""
    lock.touch()
    found = []
    ask = [
        threading.Thread(target=lambda: found.extend(is_held(lock) for _ in range(300))) for _ in range(10)
    ]
    for thread in ask:
        thread.start()
    for thread in ask:
        thread.join()
    assert found == [False] * 3000


def test_a_lock_that_may_only_be_read_tells_the_truth(lock):
    with FileLock(lock):
        lock.chmod(0o444)
        assert is_held(lock)


def test_what_is_no_file_is_held_by_nobody(tmp_path):
    fifo, loop, folder = (tmp_path / name for name in ("fifo", "loop", "folder"))
    os.mkfifo(fifo)
    loop.symlink_to(loop)
    folder.mkdir()
    assert [is_held(path) for path in (fifo, loop, folder, tmp_path / "none" / "none")] == [False] * 4


def test_where_there_are_no_such_locks_it_is_asked_as_it_is_taken(lock, monkeypatch):
    def refuse(*_arguments):
        raise OSError(errno.ENOSYS, "not implemented")

    lock.touch()
    monkeypatch.setattr(fcntl, "flock", refuse)
    monkeypatch.setattr(locks, "_is_refused", lambda path: path == lock)
    assert is_held(lock)
