import io

from rich.console import Console
from rich.progress import Progress

from kdstudio.cli.display import Display, console, show_run
from kdstudio.engine.events import Preparing
from kdstudio.runs.session import new_session
from tests.small import small_experiment, train


def test_a_whole_run_is_followed():
    output = io.StringIO()
    terminal = Console(file=output, width=200)
    events, _states = train(small_experiment())
    with Progress(console=terminal) as bars:
        display = Display(bars, terminal)
        display.show(Preparing(what="reading digits", fraction=0.5))
        assert bars.tasks[0].description == "reading digits"
        for event in events:
            display.show(event)
        assert bars.tasks[0].completed == 1.0
        assert [task.description for task in bars.tasks] == ["run", "student"]
        assert bars.tasks[1].completed == bars.tasks[1].total == 10
    text = output.getvalue()
    assert "1,077 training, 270 validation, 450 test images; cpu, 1 threads, float32" in text
    for name in ("teacher", "baseline", "student"):
        result = next(e.networks[name] for e in events if e.kind == "stage-done" and name in e.networks)
        test = result.last_epoch.test
        assert f"{name}: {test.accuracy:.2%} of the test images right, {test.errors} errors" in text


def test_an_interrupted_run_is_stopped_at_the_next_event(runs):
    session = show_run(lambda tell: new_session(small_experiment(), runs, "mine", tell), [True], quiet=True)
    assert session.folder.summary().status == "stopped"
    assert [event.kind for event in session.folder.events()] == ["run-started", "run-stopped"]


def test_where_there_is_no_terminal_the_tables_fit():
    assert console().width == 120
    assert console(quiet=True).quiet
