"""The thread that prepares and runs a session; whatever happens in it, it ends and says why."""

import builtins
import errno
import sys

import pytest

from kdstudio.engine.events import Preparing
from kdstudio.errors import KDStudioError
from kdstudio.gui.worker import RunWorker, warm_up
from kdstudio.runs.recorder import Recorder
from kdstudio.runs.session import new_session
from tests.small import small_experiment

PATIENCE = 60


def session_in(runs, *settings):
    return lambda tell: new_session(small_experiment(*settings), runs, "run", tell)


def ended(worker):
    worker.start()
    assert worker.wait(PATIENCE)
    return worker


def test_a_run_goes_to_its_end_in_its_folder(runs):
    worker = ended(RunWorker(session_in(runs)))
    assert worker.failure is None
    assert worker.folder.summary().status == "finished"


def test_what_is_prepared_is_told(runs):
    def prepare(tell):
        tell(Preparing(what="fetching", fraction=0.5))
        raise KDStudioError("enough")

    worker = RunWorker(prepare)
    assert worker.doing == "preparing"
    assert ended(worker).doing == "fetching"
    assert worker.failure.message == "enough"


def test_a_stop_while_it_prepares_ends_it_at_its_next_word_and_nothing_is_left(runs):
    def prepare(tell):
        worker.stop()
        for _word in range(100):
            tell(Preparing(what="fetching", fraction=0.0))
        raise AssertionError("nobody stopped it")

    worker = RunWorker(prepare)
    ended(worker)
    assert (worker.failure, worker.folder) == (None, None)
    assert not runs.exists()


def test_a_stop_that_comes_when_all_is_prepared_leaves_a_run_that_can_be_resumed(runs):
    def prepare(tell):
        session = session_in(runs)(tell)
        worker.stop()
        return session

    worker = RunWorker(prepare)
    ended(worker)
    assert worker.failure is None
    assert worker.folder.summary().status == "stopped"
    assert worker.folder.checkpoint_file.exists()


def test_a_stop_saves_a_checkpoint(runs):
    worker = RunWorker(session_in(runs, "networks.teacher.training.epochs=10000"))
    worker.start()
    while worker.folder is None or not any(e.kind == "step-done" for e in worker.folder.events()):
        assert worker.is_alive
    worker.stop()
    assert worker.wait(PATIENCE)
    assert worker.folder.summary().status == "stopped"
    assert worker.folder.checkpoint_file.exists()
    worker.stop()  # nobody is there any more


def test_a_torch_that_cannot_be_imported_is_told(runs, monkeypatch):
    load = builtins.__import__

    def refuse(name, *more, **options):
        if name.startswith("kdstudio.engine.trainer"):
            raise ImportError("libtorch_cpu.so: cannot open shared object file")
        return load(name, *more, **options)

    monkeypatch.delitem(sys.modules, "kdstudio.engine.trainer")
    monkeypatch.setattr(builtins, "__import__", refuse)
    worker = ended(RunWorker(session_in(runs)))
    assert "libtorch_cpu.so" in worker.failure.message
    assert "install KD Studio anew" in worker.failure.message
    assert worker.folder is None


def test_warming_up_without_torch_ends_in_silence(monkeypatch):
    monkeypatch.setitem(sys.modules, "torch", None)
    thread = warm_up()
    thread.join(PATIENCE)
    assert not thread.is_alive()


@pytest.mark.parametrize("from_event", [1, 5])
def test_a_disk_that_fails_is_told(runs, monkeypatch, from_event):
    record, count = Recorder.record, 0

    def write(recorder, *more):
        nonlocal count
        count += 1
        if count >= from_event:
            raise OSError(errno.ENOSPC, "No space left on device", "events.jsonl")
        record(recorder, *more)

    monkeypatch.setattr(Recorder, "record", write)
    worker = ended(RunWorker(session_in(runs)))
    assert "No space left on device" in worker.failure.message
    assert "another place" in worker.failure.message
    assert not worker.folder.is_running()
