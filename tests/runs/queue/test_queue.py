"""The queue in its folder: order, states, and what is true after whatever has happened to it."""

import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

from kdstudio.errors import KDStudioError
from kdstudio.runs.folder import run_folders
from kdstudio.runs.presets import load_experiment
from kdstudio.runs.queue.entry import spoken_state
from kdstudio.runs.queue.queue import Queue
from tests.small import create_run, small_experiment


@pytest.fixture
def queue(runs):
    return Queue(runs)


@pytest.fixture
def three(queue):
    return [queue.add(small_experiment(f"name=run{number}")).key for number in range(3)]


def line(queue):
    return [entry.name for entry in queue.entries() if entry.state == "waiting"]


def states(queue):
    return [entry.state for entry in queue.entries()]


def test_an_empty_queue_leaves_nothing_behind(queue, runs):
    assert queue.entries() == []
    assert queue.take() is None
    assert queue.set_aside() == []
    assert not queue.has_worker
    assert not runs.exists()


def test_what_is_added_waits_at_the_end_with_all_of_its_experiment(queue, three, runs):
    assert line(queue) == line(Queue(runs)) == ["run0", "run1", "run2"]
    assert queue.entry(three[1]).read() == small_experiment("name=run1")
    assert queue.entry(three[1]).what == "hinton on digits"
    assert run_folders(runs) == []


def test_of_a_preset_it_says_what_is_other(queue):
    found = queue.add(load_experiment("digits-hinton", ["strategy.temperature=3.5"], seeds=3))
    assert set(found.what.split(", ")) == {"strategy.temperature=3.5", "seeds=3"}
    assert queue.add(load_experiment("digits-hinton")).what == "hinton on digits"


@pytest.mark.parametrize(
    ("chosen", "by", "expected"),
    [
        ([2], -1, [0, 2, 1]), ([0], -1, [0, 1, 2]), ([0], 1, [1, 0, 2]), ([2], 1, [0, 1, 2]),
        ([0, 1], -1, [0, 1, 2]), ([1, 2], -1, [1, 2, 0]), ([0, 1], 1, [2, 0, 1]), ([0, 2], 1, [1, 0, 2]),
        ([2], -5, [2, 0, 1]),
    ],
)  # fmt: skip
def test_what_waits_can_be_moved(queue, three, chosen, by, expected):
    queue.move([three[number] for number in chosen], by)
    assert line(queue) == [f"run{number}" for number in expected]


def test_what_waits_can_be_placed(queue, three):
    queue.place([three[2]], three[0])
    assert line(queue) == ["run2", "run0", "run1"]
    queue.place([three[2], three[0]])
    assert line(queue) == ["run1", "run2", "run0"]


def test_cancelled_ones_are_not_taken_and_can_be_put_in_line_again(queue, three):
    queue.cancel(three[:2])
    assert states(queue) == ["cancelled", "cancelled", "waiting"]
    queue.retry([three[0]], allow_code=True)
    assert line(queue) == ["run0", "run2"]  # where it stood
    assert queue.entry(three[0]).allow_code
    taken = queue.take()
    assert taken.entry.key == three[0]
    taken.lock.release()


def test_duplicates_are_entries_of_their_own(queue, three):
    queue.duplicate([three[0]])
    assert line(queue) == ["run0", "run1", "run2", "run0"]
    assert len({entry.key for entry in queue.entries()}) == 4


def test_what_is_taken_says_so_and_nobody_else_gets_it(queue, three, runs):
    first, second = queue.take(), Queue(runs).take()
    assert [first.entry.key, second.entry.key] == three[:2]
    assert states(queue) == ["running", "running", "waiting"]
    queue.remove(three)
    assert states(queue) == ["running", "running"]
    for taken in (first, second):
        taken.lock.release()


def test_many_at_once_take_each_entry_once(runs, three):
    queues = [Queue(runs) for _ in range(6)]
    with ThreadPoolExecutor(6) as pool:
        found = [taken for taken in pool.map(Queue.take, queues) if taken]
    assert sorted(taken.entry.key for taken in found) == sorted(three)
    for taken in found:
        taken.lock.release()


def test_the_first_waits_while_the_queue_is_held(queue, three):
    queue.hold(held=True)
    assert queue.is_held
    assert queue.take() is None
    queue.hold(held=False)
    queue.take().lock.release()


TAKE = "import sys, os; from pathlib import Path; from kdstudio.runs.queue.queue import Queue; "
"""A process that is ended in mid-run."""


def test_what_a_killed_process_ran_is_interrupted_and_goes_on_where_it_stood(queue, three, runs):
    begun = create_run(runs, small_experiment(), "begun")
    code = TAKE + (
        "q = Queue(Path(sys.argv[1])); taken = q.take(); q.note(taken.entry, run='begun'); os._exit(9)"
    )
    subprocess.run([sys.executable, "-c", code, str(runs)], check=False)
    assert json.loads((runs / ".queue" / f"{three[0]}.json").read_text())["state"] == "running"
    assert states(queue) == ["interrupted", "waiting", "waiting"]
    with queue.take().lock:  # the next worker
        assert (queue.entry(three[0]).state, queue.entry(three[0]).run) == ("running", "begun")
    queue.retry([three[0]])
    assert (queue.entry(three[0]).state, queue.entry(three[0]).run) == ("waiting", "begun")
    queue.cancel([three[0]])
    begun.delete()
    queue.retry([three[0]])
    assert queue.entry(three[0]).run == ""


def die(queue):
    """Take the next one, and let go of it as a process does that is killed."""
    taken = queue.take()
    taken.lock.release()
    return queue.entry(taken.entry.key)


def test_after_three_deaths_it_is_left_until_somebody_says_so(queue, three):
    deaths = [die(queue) for _time in range(3)]
    assert [(entry.key, entry.deaths, entry.is_due) for entry in deaths] == [
        (three[0], 1, True),
        (three[0], 2, True),
        (three[0], 3, False),
    ]
    assert deaths[1].message == ""
    assert (
        f"3 processes have died while they ran it, so it is left alone; see the end of {queue.log_file}"
        in (deaths[2].message)
    )
    assert die(queue).key == three[1]
    queue.retry([three[0]])
    again = die(queue)
    assert (again.key, again.deaths, again.tries, again.message) == (three[0], 1, 4, "")


def test_what_runs_on_another_machine_is_told_with_its_name(queue, three):
    taken = queue.take()
    assert spoken_state(queue.entry(three[0])) == "running: preparing"
    with taken.lock:
        queue.note(taken.entry, host="node7", doing="fetching")
        assert spoken_state(queue.entry(three[0])) == "running on node7: fetching"
        queue.note(taken.entry, "done", host="node7")
        assert spoken_state(queue.entry(three[0])) == "done"


def test_what_was_to_stop_when_its_process_died_goes_on_by_nobodys_word(queue, three):
    taken = queue.take()
    queue.cancel([three[0]])
    taken.lock.release()
    assert states(queue) == ["interrupted", "waiting", "waiting"]
    assert die(queue).key == three[1]


def test_what_has_died_can_be_cancelled_and_on_another_day_waits_for_a_word(queue, three):
    die(queue)
    die(queue)
    queue.cancel([three[0]])
    assert states(queue) == ["cancelled", "waiting", "waiting"]
    die(queue)
    assert [entry.state for entry in queue.set_aside()] == ["interrupted", "set aside"]
    assert queue.take() is None


def test_a_run_that_was_deleted_after_its_process_had_died_begins_anew(queue, three):
    taken = queue.take()
    queue.note(taken.entry, run="gone")
    taken.lock.release()
    again = queue.take()
    with again.lock:
        assert (again.entry.key, again.entry.run) == (three[0], "")


def test_on_another_day_nothing_begins_by_itself_and_no_code_is_allowed_any_more(queue, three, runs):
    queue.cancel(three[1:])
    queue.retry(three[1:], allow_code=True)
    left = Queue(runs).set_aside()
    assert [entry.state for entry in left] == ["set aside"] * 3
    assert queue.take() is None
    assert not any(entry.allow_code for entry in queue.entries())
    queue.retry([entry.key for entry in left])
    assert line(queue) == ["run0", "run1", "run2"]


def test_while_a_worker_is_there_nothing_is_set_aside(queue, three, runs):
    with queue.take_place().lock:
        assert Queue(runs).has_worker
        assert Queue(runs).set_aside() == []
    assert line(queue) == ["run0", "run1", "run2"]


def test_a_run_has_one_entry_to_be_resumed_with(queue, runs):
    folder = create_run(runs, small_experiment(), "begun")
    entry = queue.resume(folder)
    assert queue.resume(folder).key == entry.key
    assert [entry.run for entry in queue.entries()] == ["begun"]


def test_files_of_others_are_left_alone_and_told(queue, three, runs):
    for name, text in {"note.json": "{", "other.json": '{"key": 3}', "readme.txt": "hello"}.items():
        (runs / ".queue" / name).write_text(text)
    stolen = (runs / ".queue" / f"{three[0]}.json").read_text()
    (runs / ".queue" / "copy.json").write_text(stolen)
    (runs / ".queue" / f".{three[0]}.json.x7").write_text("half an ent")
    assert line(queue) == ["run0", "run1", "run2"]
    assert queue.folder.skipped.keys() == {"note.json", "other.json", "copy.json"}
    queue.remove(three)
    assert (runs / ".queue" / "note.json").exists()


def test_changes_of_others_are_seen(queue, three, runs):
    assert len(queue.entries()) == 3
    Queue(runs).cancel([three[1]])
    assert line(queue) == ["run0", "run2"]


def test_an_entry_is_found_by_the_beginning_of_its_key(queue, three):
    assert queue.entry(three[1]).name == "run1"
    with pytest.raises(KDStudioError, match="several entries '2'"):
        queue.entry("2")
    with pytest.raises(KDStudioError, match="no entry 'x'"):
        queue.entry("x")


def test_a_folder_that_cannot_be_made_is_told(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(KDStudioError, match="cannot be written"):
        Queue(tmp_path / "file" / "runs").add(small_experiment())


@pytest.fixture
def four_cores(monkeypatch):
    monkeypatch.setattr("os.cpu_count", lambda: 4)


def test_as_many_runs_go_on_at_once_as_are_wished_for(queue, runs, four_cores):
    assert queue.workers == 1
    assert not runs.exists()
    queue.want_workers(3)
    assert Queue(runs).workers == 3
    assert queue.entries() == []
    assert queue.folder.skipped == {}


@pytest.mark.parametrize(
    ("text", "count"),
    [("9999", 4), ("0", 1), ("-3", 1), ("2\n", 2), ("two", 1), ("", 1), ("3" * 9, 1), ("\xff", 1)],
)
def test_a_number_from_a_stranger_starts_no_more_than_the_machine_can_run(queue, four_cores, text, count):
    queue.want_workers(2)
    (queue.folder.path / "workers").write_text(text, "latin-1")
    assert queue.workers == count


def test_every_worker_has_a_place_of_its_own_and_no_more_than_there_are(queue, runs, four_cores):
    queue.want_workers(2)
    first, second = queue.take_place(), Queue(runs).take_place()
    assert [first.number, second.number] == [0, 1]
    assert queue.take_place() is None
    first.lock.release()
    assert queue.has_worker
    queue.want_workers(1)
    again = queue.take_place()
    assert again.number == 0
    assert queue.take_place() is None
    second.lock.release()
    again.lock.release()
    assert not queue.has_worker


def test_who_has_workers_elsewhere_leaves_no_place_for_others_however_many_are_wanted(
    queue, runs, four_cores
):
    with queue.all_places() as name:
        assert queue.folder.is_locked(name)
        Queue(runs).want_workers(4)
        assert Queue(runs).take_place() is None
        with pytest.raises(KDStudioError, match="another process works"), Queue(runs).all_places():
            pass
    with queue.take_place().lock, pytest.raises(KDStudioError, match="another"), Queue(runs).all_places():
        pass
    with queue.expecting_workers(), pytest.raises(KDStudioError, match="another"), Queue(runs).all_places():
        pass
    assert not queue.has_worker
