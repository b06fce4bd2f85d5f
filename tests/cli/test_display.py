import io
import signal
import threading

import pytest
from rich.console import Console

from kdstudio.cli.display import Display, console, show_run, watch_run
from kdstudio.cli.interruption import Interruption
from kdstudio.engine.events import (
    Preparing,
    RunNotice,
    RunPaused,
    RunStarted,
    RunWarning,
    StageDone,
    StageTaken,
    StepDone,
)
from kdstudio.errors import KDStudioError
from kdstudio.runs.control import ask
from kdstudio.runs.session import Unwanted, new_session
from kdstudio.runs.state import RunState
from tests.engine.test_events import outline
from tests.results import row
from tests.small import small_experiment, train


def test_a_whole_run_is_followed():
    output = io.StringIO()
    display = Display(Console(file=output, width=200))
    bars, state = display._bars, RunState()
    events, _states = train(small_experiment())
    display.prepare(Preparing(what="reading digits", fraction=0.5))
    assert (bars.tasks[0].description, bars.tasks[0].completed) == ("reading digits", 0.5)
    for event in events:
        state.add(event)
        display.show([event], state)
        if isinstance(event, StepDone):
            assert all(f"{name} {loss:.4f}" in display.figures.plain for name, loss in event.losses.items())
    assert bars.tasks[0].completed == 1.0
    assert [task.description for task in bars.tasks] == ["run", "student"]
    assert bars.tasks[1].completed == bars.tasks[1].total == 10
    text = output.getvalue()
    assert "1,077 training, 270 validation, 450 test images; cpu, 1 threads, float32" in text
    warnings = [event for event in events if isinstance(event, RunWarning)]
    assert warnings
    assert all(f"warning: {warning.title}. " in text for warning in warnings)
    for name in ("teacher", "baseline", "student"):
        result = next(e.networks[name] for e in events if e.kind == "stage-done" and name in e.networks)
        test = result.last_epoch.test
        assert f"{name}: {test.accuracy:.2%} of the test images right, {test.errors} errors" in text


def test_many_events_at_once_are_as_good_as_one_by_one():
    output = io.StringIO()
    display, state = Display(Console(file=output, width=200)), RunState()
    events, _states = train(small_experiment())
    for event in events:
        state.add(event)
    display.show(events, state)
    assert [task.description for task in display._bars.tasks] == ["run", "student"]
    assert output.getvalue().count("of the test images right") == 3


def test_a_held_run_is_told():
    display, state = Display(Console(file=io.StringIO(), width=200)), RunState()
    events, _states = train(small_experiment())
    for event in (*events[:3], RunPaused(seconds=1.0)):
        state.add(event)
        display.show([event], state)
    assert "held" in display._bars.tasks[0].fields["beside"]


def test_a_notice_is_a_line_that_stays():
    output, state = io.StringIO(), RunState()
    display = Display(console := Console(file=output, width=200))
    assert not console.is_terminal
    display.show([RunNotice(message="The disk [sda] is full; make room.")], state)
    assert "note: The disk [sda] is full; make room." in output.getvalue()


def test_networks_that_differ_in_the_seed_alone_are_one_line():
    output = io.StringIO()
    display, state = Display(Console(file=output, width=200)), RunState()
    seeds = {
        r.name: r for r in (row("student", accuracy, seed=seed) for seed, accuracy in enumerate((0.6, 0.8)))
    }
    display.show([StageDone(stage=0, seconds=1.0, networks=seeds)], state)
    assert (
        output.getvalue().strip() == "student: 70.00% ± 14.14 of the test images right, 300.0 ± 141.4 errors"
    )


def test_a_seed_alone_says_which_it_is():
    output = io.StringIO()
    display, state = Display(Console(file=output, width=200)), RunState()
    one = row("student", 0.6, seed=2)
    display.show([StageDone(stage=0, seconds=1.0, networks={one.name: one})], state)
    assert output.getvalue().startswith("student seed-2: 60.00% of the test images right")


def test_the_figures_stay_below_the_bars_where_there_is_a_terminal():
    terminal = Console(file=io.StringIO(), width=200, force_terminal=True)
    with Display(terminal).live():
        pass
    assert "preparing" in terminal.file.getvalue()
    with Display(console(quiet=True)).live():
        pass


def test_an_interruption_stands_below_the_bars_and_nothing_is_written_among_them(capfd):
    terminal, interrupted = Console(file=io.StringIO(), width=200, force_terminal=True), Interruption()
    with Display(terminal, interrupted).live():
        interrupted.note(signal.SIGINT)
    assert "stopping as soon as this is done" in terminal.file.getvalue()
    assert capfd.readouterr().err == ""


ERASED, CURSOR = "\x1b[2K", "\x1b[?25h"


@pytest.mark.parametrize("end", [KDStudioError("no"), Unwanted(), KeyboardInterrupt(), SystemExit(0)])
def test_the_bars_go_away_however_a_preparation_ends(monkeypatch, end):
    terminal = Console(file=io.StringIO(), width=200, force_terminal=True)
    monkeypatch.setattr("kdstudio.cli.display.console", lambda **_options: terminal)

    def prepare(tell):
        tell(Preparing(what="reading digits", fraction=0.5))
        raise end

    with pytest.raises(type(end)):
        show_run(prepare, Interruption(), quiet=False)
    after = terminal.file.getvalue().rpartition("reading digits")[2]
    assert ERASED in after
    assert CURSOR in after
    assert after.rpartition(ERASED)[2] in ("", "\r")


def test_a_run_is_watched_to_its_end(runs, capfd):
    session = new_session(small_experiment(), runs, "mine")
    thread = threading.Thread(target=lambda: list(session.events()))
    thread.start()
    state = watch_run(session.folder)
    thread.join()
    assert (state.status, state.fraction) == ("finished", 1.0)
    assert capfd.readouterr().err.count("of the test images right") == 3


def test_whoever_has_seen_enough_leaves_the_run_alone(runs, monkeypatch):
    def press(_seconds):
        raise KeyboardInterrupt

    monkeypatch.setattr("kdstudio.cli.display.time.sleep", press)
    session = new_session(small_experiment(), runs, "mine")
    assert watch_run(session.folder).status == "running"
    assert list(session.events())[-1].kind == "run-done"


def test_a_held_run_is_ended_by_an_interruption(runs):
    interrupted = Interruption()

    def prepare(tell):
        session = new_session(small_experiment(), runs, "mine", tell)
        ask(session.folder, "pause")
        threading.Timer(0.3, interrupted.note, (signal.SIGTERM,)).start()
        return session

    session = show_run(prepare, interrupted, quiet=True)
    assert session.folder.summary().status == "stopped"


def test_an_interrupted_run_is_stopped_at_the_next_event(runs):
    interrupted = Interruption()

    def prepare(tell):
        session = new_session(small_experiment(), runs, "mine", tell)
        interrupted.note(signal.SIGTERM)
        return session

    session = show_run(prepare, interrupted, quiet=True)
    assert session.folder.summary().status == "stopped"
    assert [event.kind for event in session.folder.events()] == [
        "run-started", "checkpoint-saved", "run-stopped",
    ]  # fmt: skip


def test_an_interrupted_preparation_ends_and_leaves_no_run(runs):
    interrupted = Interruption()

    def prepare(tell):
        interrupted.note(signal.SIGTERM)
        return new_session(small_experiment(), runs, "mine", tell)

    with pytest.raises(Unwanted):
        show_run(prepare, interrupted, quiet=True)
    assert list(runs.iterdir()) == []


def test_where_there_is_no_terminal_the_tables_fit():
    assert console().width == 120
    assert console(quiet=True).quiet


def test_a_stage_that_is_taken_over_says_from_where_and_counts_for_no_time():
    output = io.StringIO()
    display, state = Display(Console(file=output, width=200)), RunState()
    events = [
        RunStarted(
            device="cpu", threads=1, precision="float32", class_names=(), training_images=9,
            validation_images=1, test_images=1, stages=(outline("teacher"), outline("student")),
        ),
        StageTaken(stage=0, run="first", seconds=75.0),
        StageDone(stage=0, seconds=2.0, networks={}),
    ]  # fmt: skip
    for event in events:
        state.add(event)
    display.show(events, state)
    assert "teacher: taken over from run 'first', which trained it in 1 min 15 s" in output.getvalue()
    assert (state.fraction, state._began) == (0.5, (0.5, 2.0))
    assert state.notes == ["Taken over from run 'first', not trained again: teacher."]
