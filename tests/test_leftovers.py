"""What a test leaves is found, whatever it is."""

import subprocess
import sys
import threading
import time

import pytest

from tests import leftovers
from tests.leftovers import left, things


@pytest.fixture
def before(monkeypatch):
    """Nobody waits long for what stays."""
    monkeypatch.setattr(leftovers, "PATIENCE", 0.05)
    return things()


def test_a_thread_is_found(before):
    end = threading.Event()
    thread = threading.Thread(target=end.wait, name="forgotten")
    thread.start()
    assert left(before) == ["thread 'forgotten'"]
    end.set()
    thread.join()
    assert left(before) == []


@pytest.mark.skipif(sys.platform != "linux", reason="not looked at elsewhere")
def test_a_process_and_a_file_are_found(before, tmp_path):
    file = (tmp_path / "open.txt").open("w")
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    try:
        first, second = left(before)
        assert first == f"open file {tmp_path / 'open.txt'}"
        assert second.startswith(f"process {child.pid} {sys.executable}")
    finally:
        child.communicate(b"\n")
        file.close()
    assert left(before) == []


def test_what_is_about_to_end_has_time_to(monkeypatch):
    before = things()
    threading.Thread(target=time.sleep, args=(0.1,)).start()
    assert left(before) == []


def test_looking_costs_little():
    began = time.thread_time()
    for _ in range(20):
        things()
    assert (time.thread_time() - began) / 20 < 0.01
