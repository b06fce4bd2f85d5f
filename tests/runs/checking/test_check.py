"""Every damage is told, what is mended is what it was, and runs that go on are left alone."""

import json
import os
import shutil
from pathlib import Path

import pytest

from kdstudio.errors import KDStudioError
from kdstudio.runs import folder as run_folder
from kdstudio.runs.begun_with import run_anew
from kdstudio.runs.checking.check import check, check_queue, spoken
from kdstudio.runs.folder import RunFolder
from kdstudio.runs.labels import Labels, labels_file, write_labels
from kdstudio.runs.queue.queue import Queue
from kdstudio.runs.session import new_session, resumed_session
from tests.damaged import BESIDE, OF_SUMMARY
from tests.small import run_in, small_experiment

LOST = {"no log", "a pipe for a log", "a bad line", "an unknown event", "a stage that was never planned",
        "no weights"}  # fmt: skip
"""Of which nothing else tells."""


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """A run that has all that a run can have."""
    run = run_in(tmp_path_factory.mktemp("whole"), small_experiment("seeds=2"))
    write_labels(run, Labels(title="mine"))
    return run


@pytest.fixture
def copied(whole, runs):
    return RunFolder(Path(shutil.copytree(whole.path, runs / "run")))


def content(run):
    """All files but the lock; what was put aside is one thing less."""
    files = (path for path in run.path.rglob("*") if path.is_file() and path.name != ".lock")
    return {path.relative_to(run.path).as_posix(): path.read_bytes() for path in files}


def weights(run):
    return {path.name: path.read_bytes() for path in run.path.glob("networks/*.safetensors")}


def test_of_a_whole_run_nothing_is_told_and_nothing_changed(copied, whole):
    assert [*spoken(check(copied))] == ["fine"]
    assert [*spoken(check(copied, mend=True))] == ["fine"]
    assert content(copied) == content(whole)


@pytest.mark.parametrize("what", OF_SUMMARY)
def test_a_summary_is_written_anew_from_the_log(copied, whole, what):
    OF_SUMMARY[what](copied)
    found = check(copied)
    assert [fault.file for fault in found.faults] == ["summary.json"]
    if what == "a later version":
        assert found.faults[0].mend is None
        return
    assert "can be written anew from the log" in found.faults[0].text
    assert check(copied, mend=True).is_fine
    old, new = whole.summary(), copied.summary()
    as_before = {"name": old.name, "started": old.started, "environment": old.environment}
    assert new.model_copy(update=as_before) == old
    assert [*spoken(check(copied))] == ["fine"]


def test_when_and_where_a_run_was_begun_is_kept_if_it_can_be_read(copied, whole):
    OF_SUMMARY["unknown state"](copied)
    assert check(copied, mend=True).is_fine
    assert copied.summary().model_copy(update={"name": "run"}) == whole.summary().model_copy(
        update={"name": "run"}
    )


@pytest.mark.parametrize("what", BESIDE)
def test_what_can_be_mended_is_and_the_rest_is_told(copied, whole, what):
    BESIDE[what](copied)
    before = copied.summary()
    assert not check(copied).is_fine
    mended = check(copied, mend=True)
    assert mended.is_fine == (what not in LOST)
    assert copied.summary() == before
    if mended.is_fine:
        assert [*spoken(check(copied))] == ["fine"]
        assert list(copied.events())
        assert copied.experiment() == whole.experiment()


def test_who_goes_on_with_a_run_whose_lock_is_a_folder_is_told(copied):
    BESIDE["a folder for a lock"](copied)
    with pytest.raises(KDStudioError, match=r"run/\.lock' is a folder; 'kdstudio check run' says"):
        copied.hold()


def test_what_is_put_aside_is_kept(copied):
    for content in ("{", "}"):
        labels_file(copied).write_text(content)
        check(copied, mend=True)
    aside = [copied.path / name for name in ("labels.json.damaged", "labels.json.damaged-2")]
    assert [path.read_text() for path in aside] == ["{", "}"]


def test_one_flipped_bit_in_weights_is_told_and_cannot_be_mended(copied):
    file = copied.network_file("teacher")
    flipped = bytearray(file.read_bytes())
    flipped[-3] ^= 1
    file.write_bytes(flipped)
    found = check(copied, mend=True)
    assert {fault.file for fault in found.faults} == {"networks/teacher.safetensors"}
    assert "is not as it was written" in found.faults[0].reason
    assert found.faults[0].remedy == f"to train it again: {run_anew(copied)}"


def test_of_a_run_that_goes_on_one_line_alone_says_what_to_do_about_weights(copied):
    raw = json.loads(copied.summary_file.read_text())
    copied.summary_file.write_text(json.dumps(raw | {"status": "stopped"}))
    copied.network_file("teacher").unlink()
    faults = {fault.file: fault for fault in check(copied).faults}
    assert faults["networks/teacher.safetensors"].remedy == ""
    assert "networks/teacher.safetensors" in faults["checkpoint.safetensors"].text


def test_an_end_that_only_the_log_tells_is_told_by_the_summary_too(copied):
    """Killed between the two: resuming would train the last stage again."""
    raw = json.loads(copied.summary_file.read_text()) | {"status": "running"}
    copied.summary_file.write_text(json.dumps(raw))
    assert copied.summary().status == "interrupted"
    assert not check(copied).is_fine
    assert check(copied, mend=True).is_fine
    assert copied.summary().status == "finished"


def test_what_a_kill_has_left_is_removed(copied):
    names = (".summary.json.ab_1.unfinished", "networks/.teacher.json.cd_2.unfinished", "control")
    left = [copied.path / name for name in names]
    for path in left:
        path.write_text("stop")
    found = check(copied)
    assert {fault.file for fault in found.faults} == {*names}
    assert all(path.exists() for path in left)
    assert check(copied, mend=True).is_fine
    assert not any(path.exists() for path in left)


def test_a_stopped_run_that_was_mended_goes_on_to_the_same_weights(runs, whole):
    session = new_session(small_experiment("seeds=2"), runs, "stopped")
    running = session.events()
    for _ in range(15):
        next(running)
    running.close()
    run = session.folder
    BESIDE["half a line"](run)
    run.summary_file.write_text("{")
    assert check(run, mend=True).is_fine
    assert run.summary().status == "stopped"
    for _event in resumed_session(run).events():
        pass
    assert weights(run) == weights(whole)


def test_settings_that_a_stopped_run_was_not_begun_with_are_told(runs):
    session = new_session(small_experiment(), runs, "run")
    events = session.events()
    next(event for event in events if event.kind == "stage-done")
    events.close()
    file = session.folder.experiment_file
    file.write_text(file.read_text().replace("seed = 0", "seed = 7"))
    (line,) = spoken(check(session.folder))
    assert line.startswith("experiment.toml: run 'run' was begun with other settings")
    assert "seed: 0 → 7. Put them back" in line


def test_a_run_that_goes_on_is_left_alone(copied):
    OF_SUMMARY["empty"](copied)
    with copied.hold():
        found = check(copied, mend=True)
    assert [*spoken(found)] == ["is running, and was not looked at"]
    assert copied.summary_file.read_bytes() == b""


def test_a_run_that_came_with_the_package_is_looked_at_alone(copied, runs, monkeypatch):
    monkeypatch.setattr(run_folder, "RECORDED", runs)
    assert check(copied).is_fine
    with pytest.raises(KDStudioError, match="came with KD Studio and cannot be mended"):
        check(copied, mend=True)


@pytest.mark.parametrize("name", ["events.jsonl", "networks", ".lock"])
def test_nothing_is_written_where_a_link_leads(copied, tmp_path, name):
    outside = tmp_path / "outside"
    path = copied.path / name
    if path.is_dir():
        shutil.move(path, outside)
    else:
        outside.write_bytes(path.read_bytes() + b"half")
        path.unlink()
    path.symlink_to(outside)
    before = outside.read_bytes() if outside.is_file() else None
    with pytest.raises(KDStudioError, match=r"is a link|cannot be written"):
        check(copied, mend=True)
    assert before is None or outside.read_bytes() == before


def test_what_cannot_be_mended_for_want_of_room_is_told(copied, monkeypatch):
    OF_SUMMARY["empty"](copied)

    def full(*_arguments):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    found = check(copied, mend=True)
    assert found.faults[0].remedy == "cannot be mended: No space left on device"


def test_entries_of_the_queue_that_cannot_be_read_are_put_aside(runs):
    queue = Queue(runs)
    kept = queue.add(small_experiment())
    (queue.folder.path / "odd.json").write_text("{")
    os.mkfifo(queue.folder.path / "pipe.json")
    assert {fault.file for fault in check_queue(runs).faults} == {"odd.json", "pipe.json"}
    assert check_queue(runs, mend=True).is_fine
    assert check_queue(runs).is_fine
    assert queue.entries() == [kept]
    assert (queue.folder.path / "odd.json.damaged").exists()


def test_without_a_queue_nothing_is_made(tmp_path):
    assert check_queue(tmp_path / "nowhere", mend=True).is_fine
    assert not (tmp_path / "nowhere").exists()
