"""Carrying out what was taken: whatever happens in a run, its entry says so."""

import pytest

from kdstudio.engine.events import Preparing
from kdstudio.errors import KDStudioError
from kdstudio.runs.folder import RunFolder
from kdstudio.runs.queue import working
from kdstudio.runs.queue.queue import Queue
from kdstudio.runs.queue.working import Work
from tests.full_disk import FullDisk
from tests.models.faulty_networks import FAULTY, RAISING_LATE
from tests.small import small_experiment


@pytest.fixture
def queue(runs):
    return Queue(runs)


def carried_out(queue, *settings, leaving=lambda: False, allow_code=False, **heard):
    queue.add(small_experiment(*settings), allow_code=allow_code)
    return Work(queue, leaving, **heard).carry_out(queue.take())


def run_of(queue, entry):
    return RunFolder(queue.runs / entry.run)


def test_a_run_to_its_end_is_done(queue):
    heard = []
    entry = carried_out(queue, runs=heard.append)
    assert (entry.state, entry.tries) == ("done", 1)
    assert queue.entries() == [entry]
    assert run_of(queue, entry).summary().status == "finished"
    assert set(heard) == {run_of(queue, entry)}


def test_a_stop_leaves_a_checkpoint_and_it_goes_on_from_there(queue):
    def stop(folder):
        if any(event.kind == "epoch-done" for event in folder.events()):
            queue.cancel([queue.entries()[0].key])

    entry = carried_out(queue, "networks.teacher.training.epochs=9", runs=stop)
    assert entry.state == "stopped"
    assert run_of(queue, entry).checkpoint_file.exists()
    queue.retry([entry.key])
    entry = Work(queue, lambda: False).carry_out(queue.take())
    assert (entry.state, entry.tries) == ("done", 2)
    assert run_of(queue, entry).summary().status == "finished"
    assert len([path for path in queue.runs.iterdir() if path.name != ".queue"]) == 1


def test_a_folder_that_vanishes_is_told_and_nothing_is_made_in_its_place(queue):
    def move(folder):
        if any(event.kind == "epoch-done" for event in folder.events()):
            queue.runs.rename(queue.runs.with_name("gone"))

    with pytest.raises(KDStudioError, match="it was moved or deleted: put it back, then resume the run"):
        carried_out(queue, "networks.teacher.training.epochs=9", runs=move)
    assert not queue.runs.exists()
    queue.runs.with_name("gone").rename(queue.runs)
    assert [entry.state for entry in queue.entries()] == ["interrupted"]


def test_a_run_whose_end_was_not_written_down_is_done(queue):
    """Its worker was killed between the two."""
    entry = carried_out(queue)
    queue.note(entry)
    assert [left.state for left in queue.entries()] == ["interrupted"]
    queue.retry([entry.key])
    before = run_of(queue, entry).events_file.read_bytes()
    assert Work(queue, lambda: False).carry_out(queue.take()).state == "done"
    assert run_of(queue, entry).events_file.read_bytes() == before


def test_a_worker_that_leaves_keeps_its_run_for_another_day(queue):
    began = []
    entry = carried_out(queue, leaving=lambda: len(began) > 2, runs=began.append)
    assert entry.state == "interrupted"
    assert run_of(queue, entry).summary().status == "stopped"
    assert [left.key for left in queue.set_aside()] == [entry.key]


@pytest.mark.parametrize(("leaving", "state"), [(True, "waiting"), (False, "cancelled")])
def test_a_stop_while_it_prepares_leaves_no_run(queue, monkeypatch, leaving, state):
    gone = []

    def prepare(_experiment, _runs, _name, tell, *, allow_code):
        tell(Preparing(what="fetching", fraction=0.25))
        assert queue.entries()[0].doing == "fetching, 25%"
        gone.append(leaving)
        if not leaving:
            queue.cancel([queue.entries()[0].key])
        tell(Preparing(what="fetching", fraction=0.5))
        raise AssertionError("nobody stopped it")

    monkeypatch.setattr(working, "new_session", prepare)
    entry = carried_out(queue, leaving=lambda: any(gone))
    assert (entry.state, entry.run, entry.doing) == (state, "", "")


def test_what_cannot_be_prepared_fails_with_its_reason(queue, tmp_path):
    entry = carried_out(queue, f"data.source={{name='folder', path='{tmp_path}/nowhere'}}")
    assert entry.state == "failed"
    assert "nowhere" in entry.message
    assert "Traceback" in entry.details


@pytest.mark.parametrize("name", ["exits in top", "interrupts in init", "tuple"])
def test_code_that_goes_wrong_at_once_fails_with_its_line_and_leaves_no_run(queue, tmp_path, name):
    faulty = FAULTY[name]
    entry = carried_out(queue, faulty.write(tmp_path), allow_code=True)
    assert (entry.state, entry.run) == ("failed", "")
    assert faulty.told in entry.message
    assert faulty.place(tmp_path) in entry.message


@pytest.mark.parametrize("name", RAISING_LATE)
def test_code_that_goes_wrong_in_training_fails_its_run_alone(queue, tmp_path, name):
    faulty = RAISING_LATE[name]
    entry = carried_out(queue, faulty.write(tmp_path), allow_code=True)
    assert entry.state == "failed"
    assert faulty.told in entry.details
    assert entry.message.endswith(f"{faulty.place(tmp_path)}; mend it there")
    summary = run_of(queue, entry).summary()
    assert (summary.status, summary.error) == ("failed", entry.message)


def test_code_is_not_run_without_a_yes(queue, tmp_path):
    entry = carried_out(queue, FAULTY["tuple"].write(tmp_path))
    assert entry.state == "failed"
    assert "runs code" in entry.message


def test_a_run_whose_disk_is_full_says_so_where_its_entry_cannot(queue, monkeypatch):
    """The last word is then that of whoever works the queue off."""
    with monkeypatch.context() as patch, pytest.raises(KDStudioError, match=r"run folder .* cannot be"):
        carried_out(queue, runs=lambda _folder: FullDisk(0).mount(patch.setattr))
    (entry,) = queue.entries()
    assert entry.state == "interrupted"
    queue.retry([entry.key])
    assert Work(queue, lambda: False).carry_out(queue.take()).state == "done"


def test_who_interrupts_the_worker_interrupts_its_run(queue):
    def interrupt(_folder):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        carried_out(queue, runs=interrupt)
    assert [entry.state for entry in queue.entries()] == ["interrupted"]
