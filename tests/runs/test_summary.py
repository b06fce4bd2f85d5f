from kdstudio.engine.views import Comparison, FigureView, TableView
from kdstudio.runs.state import RunState
from kdstudio.runs.summary import VERSION, Summary
from tests.results import row, run
from tests.small import run_in, small_experiment


def test_a_summary_survives_json():
    views = (TableView(title="t", rows=("depth",)), FigureView(title="f", x="depth"))
    summary = run(row("teacher", 0.9), row("clone", 0.5, depth=2), views=views, comparison=Comparison())
    assert Summary.model_validate_json(summary.model_dump_json()) == summary
    assert summary.version == VERSION


def test_the_summary_on_disk_is_what_the_log_amounts_to(runs):
    folder = run_in(runs, small_experiment("networks.student.training.leave_out=[3]"))
    state = RunState()
    for event in folder.events():
        state.add(event)
    summary = folder.summary()
    assert state.summarised(summary) == summary
    blank = Summary(name=summary.name, started=summary.started, experiment=summary.experiment)
    assert state.summarised(blank) == summary
