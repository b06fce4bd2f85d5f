import json
import subprocess
import sys
import threading

import pytest
import torch
from filelock import FileLock

from kdstudio.engine import device
from kdstudio.engine.events import Preparing
from kdstudio.errors import KDStudioError
from kdstudio.runs import folder as folders
from kdstudio.runs import session as sessions
from kdstudio.runs.folder import RunFolder, run_folders
from kdstudio.runs.presets import to_toml
from kdstudio.runs.session import new_session, resumed_session
from kdstudio.runs.weights import load_tensors, save_tensors
from tests.small import run_in, same_state, same_states, small_experiment, weights_in

JITTER = "networks.student.training.augmentation.jitter=1"
FROM_RUN = ("networks.teacher.weights.origin=run", "networks.teacher.weights.run=first")


def from_file(path):
    return ("networks.teacher.weights.origin=file", f"networks.teacher.weights.path={json.dumps(str(path))}")


def stopped_after(session, count):
    """Take ``count`` events of the session, then close it."""
    events = session.events()
    taken = [event for _number, event in zip(range(count), events, strict=False)]
    events.close()
    return taken


def same_results(one, other):
    """Tell whether two runs ended with the same scores and the same weights, best epochs included."""
    return one.summary().networks == other.summary().networks and same_states(
        weights_in(one), weights_in(other)
    )


def recorded(folder):
    """Kinds of the events on disk, and the scores of the epochs."""
    events = [e for e in folder.events() if e.kind in ("step-done", "epoch-done", "stage-done")]
    return [
        (e.kind, getattr(e, "step", 0), getattr(e, "losses", 0), getattr(e, "validation", 0)) for e in events
    ]


@pytest.mark.slow
@pytest.mark.parametrize("count", [1, 2, 4, 8, 13, 14, 15, 17, 22, 27, 29, 31, 37, 43])
def test_stopped_and_resumed_equals_uninterrupted(runs, count):
    experiment = small_experiment(JITTER)
    whole = run_in(runs, experiment, "whole")
    session = new_session(experiment, runs, "halved")
    stopped_after(session, count)
    assert session.folder.summary().status == "stopped"
    again = resumed_session(RunFolder(session.folder.path))
    assert list(again.events())[-1].kind == "run-done"
    assert again.folder.summary().status == "finished"
    assert same_results(whole, again.folder)
    assert recorded(again.folder) == recorded(whole)
    assert not again.folder.checkpoint_file.exists()


def test_a_run_notes_the_precision_that_was_chosen_and_goes_on_in_it(runs, monkeypatch):
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: {"avx512_bf16": True}, raising=False)
    monkeypatch.setattr(device, "SMALL_STEP", 1.0)
    session = new_session(small_experiment("compute.precision=auto"), runs)
    assert session.folder.experiment().compute.precision == "bfloat16"
    stopped_after(session, 4)
    monkeypatch.setattr(torch.cpu, "get_capabilities", dict, raising=False)
    events = list(resumed_session(session.folder).events())
    assert [event.precision for event in events if event.kind == "run-started"] == ["bfloat16"]


def test_stopped_many_times_equals_uninterrupted(runs):
    experiment = small_experiment()
    whole = run_in(runs, experiment, "whole")
    session = new_session(experiment, runs, "halved")
    for count in (5, 1, 2, 9, 3, 11):
        stopped_after(session, count)
        session = resumed_session(session.folder)
    list(session.events())
    assert same_results(whole, session.folder)
    assert recorded(session.folder) == recorded(whole)


CROSSED = ("seeds=2", 'sweep={"strategy.temperature"=[2, 8]}')


@pytest.mark.slow
@pytest.mark.parametrize("strategy", ["hinton", "fitnet"])
def test_a_run_of_several_seeds_and_settings_stopped_many_times_equals_uninterrupted(runs, strategy):
    """Weights that trials share are read from the folder again."""
    epoch = ("strategy.hint_epochs=1",) if strategy == "fitnet" else ()
    experiment = small_experiment(*CROSSED, *epoch, strategy=strategy)
    whole = run_in(runs, experiment, "whole")
    session = new_session(experiment, runs, "pieces")
    while len(stopped_after(session, 29)) == 29:
        session = resumed_session(session.folder)
    assert session.folder.summary().status == "finished"
    assert same_results(whole, session.folder)
    assert whole.summary().comparisons == session.folder.summary().comparisons


def test_a_run_that_is_closed_after_its_last_event_is_finished(runs):
    session = new_session(small_experiment(), runs)
    events = session.events()
    assert next(e for e in events if e.kind == "run-done")
    events.close()
    assert session.folder.summary().status == "finished"
    assert not session.folder.checkpoint_file.exists()


def test_time_spent_goes_on_where_the_run_stopped(runs):
    session = new_session(small_experiment(), runs)
    stopped_after(session, 20)
    before = session.folder.summary().seconds
    session = resumed_session(session.folder)
    list(session.events())
    assert session.folder.summary().seconds > before > 0


def test_a_killed_run_is_interrupted_and_goes_on_bit_for_bit(runs, tmp_path):
    """The process waits for a line after each event, so that it is killed in mid-run for certain."""
    script = """if True:
        import sys
        from pathlib import Path
        from kdstudio.runs.presets import load_experiment
        from kdstudio.runs.session import new_session
        session = new_session(load_experiment(sys.argv[1]), Path(sys.argv[2]), "killed")
        for event in session.events():
            print(event.kind, getattr(event, "stage", ""), flush=True)
            sys.stdin.readline()
    """
    (tmp_path / "experiment.toml").write_text(to_toml(small_experiment(JITTER)))
    command = [sys.executable, "-c", script, str(tmp_path / "experiment.toml"), str(runs)]
    folder = RunFolder(runs / "killed")
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        for line in process.stdout:
            if line == "epoch-done 1\n":
                break
            process.stdin.write("\n")
            process.stdin.flush()
        assert folder.summary().status == "running"
        with pytest.raises(KDStudioError, match="'killed' is running; there is nothing to resume"):
            resumed_session(folder)
        process.kill()
    summary = folder.summary()
    assert summary.status == "interrupted"
    assert [*summary.networks] == ["teacher"]
    session = resumed_session(folder)
    list(session.events())
    whole = run_in(runs, small_experiment(JITTER), "whole")
    assert same_results(whole, folder)
    assert recorded(folder) == recorded(whole)


def test_a_finished_run_is_not_resumed(runs):
    folder = run_in(runs, small_experiment(strategy="supervised"))
    with pytest.raises(KDStudioError, match="run 'run' is finished; there is nothing to resume"):
        resumed_session(folder)


def test_a_run_that_another_process_has_taken_up_is_left_alone(runs, monkeypatch):
    monkeypatch.setattr(folders, "PATIENCE", 0)
    session = new_session(small_experiment(), runs, "shared")
    stopped_after(session, 20)
    before = contents(session.folder)
    with FileLock(session.folder.path / ".lock"), pytest.raises(KDStudioError, match="running already"):
        resumed_session(session.folder)
    assert contents(session.folder) == before


def contents(folder):
    return {file: file.read_bytes() for file in folder.path.rglob("*") if file.is_file()}


def test_of_two_that_resume_a_run_the_second_is_refused_at_once(runs):
    refused = []

    def try_too(_event):
        if not refused:
            before = contents(session.folder)
            with pytest.raises(KDStudioError, match="run 'shared' is running already; wait for it or stop"):
                resumed_session(session.folder, tell=refuse_to_prepare)
            assert contents(session.folder) == before
            refused.append(True)

    session = new_session(small_experiment(), runs, "shared")
    stopped_after(session, 20)
    first = resumed_session(session.folder, try_too)
    assert refused
    events, before = first.events(), contents(session.folder)
    next(events)
    with pytest.raises(KDStudioError, match="'shared' is running; there is nothing to resume"):
        resumed_session(session.folder, tell=refuse_to_prepare)
    assert contents(session.folder).keys() - before.keys() == set()
    assert [*events][-1].kind == "run-done"
    assert same_results(run_in(runs, small_experiment(), "whole"), session.folder)


def refuse_to_prepare(_event):
    raise AssertionError("nothing is to be prepared")


def test_a_run_that_another_has_finished_meanwhile_is_not_begun_anew(runs, monkeypatch):
    session = new_session(small_experiment(strategy="supervised"), runs, "shared")
    stopped_after(session, 5)
    folder, hold = session.folder, RunFolder.hold

    def finish_first(folder):
        monkeypatch.setattr(RunFolder, "hold", hold)
        list(resumed_session(folder).events())
        return hold(folder)

    monkeypatch.setattr(RunFolder, "hold", finish_first)
    with pytest.raises(KDStudioError, match="'shared' is finished; there is nothing to resume"):
        resumed_session(folder)
    assert folder.summary().status == "finished"
    assert not folder.is_running()


class Enough(BaseException):
    """What a stopped worker raises when it is told something."""


@pytest.mark.parametrize("reason", [Enough, KDStudioError])
def test_a_resumption_whose_preparation_fails_changes_nothing_and_lets_go(runs, reason):
    def tell(_event):
        assert session.folder.is_running()
        raise reason

    session = new_session(small_experiment(), runs, "halved")
    stopped_after(session, 20)
    before = contents(session.folder)
    with pytest.raises(reason):
        resumed_session(session.folder, tell)
    assert contents(session.folder) == before
    assert session.folder.summary().status == "stopped"
    list(resumed_session(session.folder).events())
    assert same_results(run_in(runs, small_experiment(), "whole"), session.folder)


@pytest.mark.parametrize("count", [1, 3])
def test_what_is_raised_on_being_told_ends_the_preparation_and_no_folder_is_left(runs, count):
    told = []

    def tell(event):
        told.append(event)
        if len(told) == count:
            raise Enough

    with pytest.raises(Enough):
        new_session(small_experiment(), runs, "mine", tell)
    assert len(told) == count
    assert list(runs.iterdir()) == []


def test_an_interruption_within_a_step_leaves_the_last_checkpoint(runs, monkeypatch):
    """A step that was taken by half is nothing to go on from."""
    from torch.optim import SGD

    whole = run_in(runs, small_experiment(JITTER), "whole")
    session = new_session(small_experiment(JITTER), runs, "run")
    events = session.events()
    next(event for event in events if event.kind == "stage-done")
    before = session.folder.checkpoint_file.read_bytes()

    def interrupt(*_arguments):
        raise KeyboardInterrupt

    monkeypatch.setattr(SGD, "step", interrupt)
    with pytest.raises(KeyboardInterrupt):
        list(events)
    monkeypatch.undo()
    assert session.folder.summary().status == "interrupted"
    assert session.folder.checkpoint_file.read_bytes() == before
    list(resumed_session(session.folder).events())
    assert same_results(whole, session.folder)
    assert recorded(session.folder) == recorded(whole)


def test_a_run_that_is_held_by_another_thread_is_let_go_when_it_ends(runs):
    made = []
    thread = threading.Thread(target=lambda: made.append(new_session(small_experiment(), runs, "run")))
    thread.start()
    thread.join()
    list(made[0].events())
    assert not made[0].folder.is_running()


def test_a_disk_that_is_full_when_a_run_is_stopped_lets_go_of_it(runs, monkeypatch):
    def full(*_arguments):
        raise OSError(28, "No space left on device")

    session = new_session(small_experiment(), runs, "run")
    events = session.events()
    next(event for event in events if event.kind == "epoch-done")
    monkeypatch.setattr("kdstudio.runs.recorder.write_checkpoint", full)
    with pytest.raises(KDStudioError, match=r"run folder .*/run cannot be written \(No.*; make room"):
        events.close()
    assert session.folder.summary().status == "interrupted"
    monkeypatch.undo()
    list(resumed_session(session.folder).events())
    assert session.folder.summary().status == "finished"


def test_while_it_runs_it_is_running(runs):
    session = new_session(small_experiment(), runs)
    events = session.events()
    next(events)
    assert session.folder.summary().status == "running"
    events.close()
    assert session.folder.summary().status == "stopped"


def test_an_error_in_mid_run_ends_it_as_failed_with_the_reason(runs, monkeypatch):
    from kdstudio.engine.stage_run import StageRun

    def fail(run, *_arguments, **_options):
        raise RuntimeError("the cable is out")

    session = new_session(small_experiment(), runs)
    monkeypatch.setattr(StageRun, "take_step", fail)
    *_others, last = session.events()
    assert last.kind == "run-failed"
    assert "the cable is out" in last.message
    assert "Traceback" in last.details
    summary = session.folder.summary()
    assert (summary.status, summary.error) == ("failed", last.message)
    monkeypatch.undo()
    again = resumed_session(session.folder)
    list(again.events())
    assert (again.folder.summary().status, again.folder.summary().error) == ("finished", "")


def test_a_run_whose_disk_is_full_fails_with_the_reason(runs, monkeypatch):
    def full(*_arguments):
        raise OSError(28, "No space left on device", "networks/teacher.safetensors")

    session = new_session(small_experiment(), runs)
    monkeypatch.setattr("kdstudio.runs.recorder.save_network", full)
    *_others, last = session.events()
    assert last == session.failed
    assert last.message == (
        f"the run folder {session.folder.path} cannot be written (No space left on device); "
        "make room there, then resume the run, which goes on from its last checkpoint"
    )
    assert session.folder.summary().error == last.message


@pytest.fixture
def first(runs):
    """A finished run with a teacher."""
    return run_in(runs, small_experiment("seed=9", "strategy.baseline=false"), "first")


@pytest.mark.parametrize("source", ["run", "file"])
def test_a_loaded_teacher_is_not_trained_and_appears_in_the_summary(runs, first, source):
    settings = FROM_RUN if source == "run" else from_file(first.network_file("teacher"))
    before = first.network_file("teacher").read_bytes()
    session = new_session(small_experiment(*settings), runs, "second")
    seen = [
        session._trainer._run.stage.networks["teacher"].module.state_dict()
        for event in session.events()
        if event.kind == "epoch-done" and event.stage == 1
    ]
    teacher = load_tensors(first.network_file("teacher"))
    assert seen
    assert all(same_state(state, teacher) for state in seen)
    assert first.network_file("teacher").read_bytes() == before
    summary = session.folder.summary()
    assert summary.networks["teacher"].last_epoch.epoch == 0
    assert summary.networks["teacher"].test == first.summary().networks["teacher"].test
    outlines = next(e for e in session.folder.events() if e.kind == "run-started").stages
    assert [outline.name for outline in outlines] == ["baseline", "student"]


def test_a_loaded_student_starts_from_there(runs, first):
    settings = ("networks.student.weights.origin=run", "networks.student.weights.run=first",
                "networks.student.weights.network=student")  # fmt: skip
    session = new_session(small_experiment(*settings, strategy="supervised"), runs, "second")
    events = session.events()
    next(e for e in events if e.kind == "stage-started")
    found = session._trainer._run.learners["student"].state_dict()
    assert same_state(found, load_tensors(first.network_file("student")))
    events.close()


def refused(runs, *settings):
    """The reason why no run is made; no folder is left behind."""
    before = {run.name for run in run_folders(runs)}
    with pytest.raises(KDStudioError) as caught:
        new_session(small_experiment(*settings), runs, "second")
    assert {run.name for run in run_folders(runs)} == before
    assert not (runs / "second").exists()
    return str(caught.value)


def test_damaged_weights_are_refused(runs, tmp_path, first):
    content = first.network_file("teacher").read_bytes()
    for damaged in (b"", content[: len(content) // 2], b"\xff" * 100):
        (tmp_path / "damaged.safetensors").write_bytes(damaged)
        assert "is not a readable safetensors file" in refused(
            runs, *from_file(tmp_path / "damaged.safetensors")
        )


def test_a_pickle_is_refused_and_not_run(runs, tmp_path):
    import pickle

    class Hostile:
        def __reduce__(self):
            return (open, (str(tmp_path / "mark"), "w"))

    (tmp_path / "hostile.safetensors").write_bytes(pickle.dumps(Hostile()))
    assert "is not a readable safetensors file" in refused(runs, *from_file(tmp_path / "hostile.safetensors"))
    assert not (tmp_path / "mark").exists()


def test_weights_of_another_architecture_are_refused(runs, first):
    message = refused(runs, *FROM_RUN, "networks.teacher.model.widths=[9]")
    assert "the weights given for the teacher do not fit" in message
    assert "(8, 64) in the file, (9, 64) in the network" in message


def test_weights_that_are_missing_are_refused(runs, first, tmp_path):
    assert "no weights file" in refused(runs, *from_file(tmp_path / "none.safetensors"))
    message = refused(runs, *FROM_RUN, "networks.teacher.weights.network=peer")
    assert message == "run 'first' has no network 'peer'; it has student, teacher"
    assert "no run 'nobody'" in refused(runs, *FROM_RUN, "networks.teacher.weights.run=nobody")


def test_tensors_without_the_right_names_are_refused(runs, tmp_path):
    import torch

    save_tensors({"weight": torch.zeros(3)}, tmp_path / "other.safetensors", {})
    message = refused(runs, *from_file(tmp_path / "other.safetensors"))
    assert "4 missing" in message
    assert "1 unknown (weight …)" in message


def test_a_validation_share_that_is_too_small_is_refused(runs):
    assert "raise data.validation" in refused(runs, "data.validation=0.001")


def test_a_runs_folder_below_a_file_is_refused(tmp_path, monkeypatch):
    def load(*_arguments, **_options):
        raise AssertionError("the folder is looked at before the data")

    (tmp_path / "file").write_text("")
    monkeypatch.setattr(sessions, "prepared", load)
    with pytest.raises(KDStudioError, match=r"the runs folder .* cannot be written"):
        new_session(small_experiment(), tmp_path / "file" / "runs")


def test_whoever_waits_hears_what_is_prepared(runs):
    told = []
    new_session(small_experiment(), runs, tell=told.append)
    stages = [f"trying stage '{name}'" for name in ("teacher", "baseline", "student")]
    assert told == [Preparing(what=what, fraction=0.0) for what in ("reading digits", *stages)]


def test_a_run_does_not_reach_into_another(runs):
    """Two sessions event by event in one process, and each alone."""
    experiments = [small_experiment("seed=1", JITTER), small_experiment("seed=2")]
    alone = [run_in(runs, experiment, f"alone{n}") for n, experiment in enumerate(experiments)]
    sessions = [new_session(experiment, runs, f"both{n}") for n, experiment in enumerate(experiments)]
    pending = [session.events() for session in sessions]
    while pending:
        pending = [events for events in pending if next(events, None)]
    for one, session in zip(alone, sessions, strict=True):
        assert same_results(one, session.folder)


def test_a_loaded_teacher_is_kept_in_the_run_folder_too(runs):
    first = run_in(runs, small_experiment(), "first")
    second = run_in(runs, small_experiment(*FROM_RUN), "second")
    kept, own = (weights_in(folder)["teacher.safetensors"] for folder in (first, second))
    assert same_state(kept, own)
    assert "teacher" in second.networks()


def test_code_of_a_swept_model_is_refused_unless_allowed(runs):
    sweep = 'sweep={"networks.student.model"=[{name="python", path="mine.py:build"}]}'
    with pytest.raises(KDStudioError, match=r"mine.py:build' runs code"):
        new_session(small_experiment(sweep), runs)
