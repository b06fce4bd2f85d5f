"""Work beside the window: the latest wish wins, and nothing is heard of any other."""

import subprocess
import sys
from threading import Event

import pytest
import shiboken6
from PySide6.QtCore import QObject

from kdstudio.errors import KDStudioError
from kdstudio.gui.background import BackgroundJob, RunReader
from tests.small import run_in, small_experiment

SOON = 5_000


@pytest.fixture
def owner(qapp):
    return QObject()


@pytest.fixture
def job(owner):
    return BackgroundJob("test", owner)


class Held:
    """Work that goes on until it is released; it notes how it ended."""

    def __init__(self, answer="held"):
        self.answer = answer
        self.begun, self.release, self.ended = Event(), Event(), Event()
        self.was_cancelled = False

    def __call__(self, progress):
        self.begun.set()
        self.release.wait(5)
        try:
            progress("going on", 0.5)
        except BaseException:
            self.was_cancelled = True
            raise
        finally:
            self.ended.set()
        return self.answer


def test_the_result_is_told(job, qtbot):
    with qtbot.waitSignal(job.done, timeout=SOON) as told:
        job.start(lambda _progress: 42)
        assert job.is_busy
    assert told.args == [42]
    assert not job.is_busy


def test_the_end_waits_for_work_that_takes_its_files_back(job, qtbot):
    taken_back = Event()

    def work(progress):
        try:
            while True:
                progress("writing", 0.0)
        finally:
            taken_back.wait(0.2)
            taken_back.set()

    with qtbot.waitSignal(job.progressed, timeout=SOON):
        job.start(work)
    job.finish()
    assert taken_back.is_set()
    assert not job.is_busy


def test_the_end_of_nothing_is_at_once(job):
    job.finish()
    assert not job.is_busy


def test_progress_is_told_while_it_goes_on(job, qtbot):
    end = Event()

    def work(progress):
        progress("loading", 0.25)
        end.wait(5)

    with qtbot.waitSignal(job.progressed, timeout=SOON) as told:
        job.start(work)
    assert told.args == ["loading", 0.25]
    with qtbot.waitSignal(job.done, timeout=SOON):
        end.set()


def test_an_error_is_told(job, qtbot):
    def work(_progress):
        raise KDStudioError("out of tune")

    with qtbot.waitSignal(job.failed, timeout=SOON) as told:
        job.start(work)
    assert str(told.args[0]) == "out of tune"
    assert not job.is_busy


def test_the_latest_wish_wins_and_the_one_before_is_asked_to_end(job, qtbot):
    first, results = Held("first"), []
    job.done.connect(results.append)
    job.failed.connect(results.append)
    job.start(first)
    assert first.begun.wait(5)
    job.start(lambda _progress: "second")
    with qtbot.waitSignal(job.done, timeout=SOON):
        job.start(lambda _progress: "third")
        first.release.set()
    assert results == ["third"]
    assert first.was_cancelled


def test_nothing_is_heard_of_what_was_cancelled(job, qtbot):
    work, heard = Held(), []
    for signal in (job.done, job.failed, job.progressed):
        signal.connect(lambda *told: heard.append(told))
    job.start(work)
    assert work.begun.wait(5)
    job.cancel()
    assert not job.is_busy
    work.release.set()
    with qtbot.waitSignal(job.done, timeout=SOON):
        job.start(lambda _progress: "next")
    assert heard == [("next",)]


def test_an_owner_that_goes_takes_its_job_along(owner, job):
    work = Held()
    job.start(work)
    assert work.begun.wait(5)
    shiboken6.delete(owner)
    work.release.set()
    assert work.ended.wait(5)
    assert work.was_cancelled


def test_the_program_ends_while_a_job_sleeps():
    code = """
import time
from PySide6.QtCore import QCoreApplication, QTimer
from kdstudio.gui.background import BackgroundJob
application = QCoreApplication([])
job = BackgroundJob("sleeper", application)
job.start(lambda _progress: time.sleep(120))
QTimer.singleShot(100, application.quit)
application.exec()
print("closed")
"""
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=20)
    assert (told.returncode, told.stdout.strip()) == (0, "closed"), told.stderr


@pytest.fixture
def read():
    wishes = []

    def note(run, *more, progress):
        progress("half of it", 0.5)
        wishes.append((run.name, *more))
        return wishes[-1]

    note.wishes = wishes
    return note


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return run_in(tmp_path_factory.mktemp("trained"), small_experiment(strategy="supervised"), "run")


def test_a_run_is_read_once_for_each_wish(owner, read, run, qtbot):
    reader = RunReader(read, "temperature", owner)
    for wish in ("student", "teacher"):
        with qtbot.waitSignal(reader.found, timeout=SOON) as told:
            reader.want(run, wish)
            reader.want(run, wish)
        assert told.args == [("run", wish)]
        reader.want(run, wish)
        assert not reader.job.is_busy
    assert read.wishes == [("run", "student"), ("run", "teacher")]


def test_what_was_forgotten_is_read_again(owner, read, run, qtbot):
    reader = RunReader(read, "temperature", owner)
    reader.want(run)
    reader.forget()
    assert not reader.job.is_busy
    with qtbot.waitSignal(reader.found, timeout=SOON):
        reader.want(run)


def test_what_may_not_be_read_unasked_is_told(owner, read, run, monkeypatch):
    monkeypatch.setattr(
        "kdstudio.gui.background.why_unreadable", lambda _run, command, *_more: f"use {command}"
    )
    reader, told = RunReader(read, "bias", owner), []
    reader.message.connect(told.append)
    reader.want(run)
    assert told == ["use bias"]
    assert not reader.job.is_busy
