import json
from itertools import islice

import pytest

from kdstudio.engine.views import Comparison, FigureView, TableView
from kdstudio.runs.session import new_session, resumed_session
from kdstudio.runs.state import RunState
from kdstudio.runs.summary import VERSION, Summary, notes_of_taken
from tests.results import doubt, row, run
from tests.small import run_in, small_experiment


def test_notes_name_a_few_of_the_stages_that_were_taken():
    taken = {f"student seed-{seed}": "b" for seed in range(6)} | {"teacher": "a"}
    assert notes_of_taken(taken) == [
        "Taken over from run 'b', not trained again: student seed-0, student seed-1, student seed-2, "
        "student seed-3 and 2 more.",
        "Taken over from run 'a', not trained again: teacher.",
    ]


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
    before = ("name", "started", "experiment", "environment")
    blank = Summary(**{name: getattr(summary, name) for name in before})
    assert state.summarised(blank) == summary


def test_what_follows_from_the_rows_is_written_and_found_anew():
    """A summary from before there were comparisons has them too."""
    seeds = [row(kind, a, seed=s) for kind, *both in (("control", 0.5, 0.6), ("student", 0.7, 0.8))
             for s, a in enumerate(both)]  # fmt: skip
    summary = run(*seeds)
    raw = json.loads(summary.model_dump_json())
    assert raw["groups"]["student"]["errors"]["mean"] == pytest.approx(250)
    errors, accuracy = raw["comparisons"]
    assert (errors["result"], errors["control"], errors["figure"]) == ("student", "baseline", "errors")
    assert (errors["seeds"], errors["difference"], errors["verdict"]) == (2, -200, "not shown")
    assert (accuracy["figure"], accuracy["difference"]) == ("accuracy", pytest.approx(0.2))
    del raw["groups"], raw["comparisons"]
    assert Summary.model_validate(raw).comparisons == summary.comparisons


def test_the_status_counts_the_warnings():
    spoken = [run(warnings=(doubt(),) * count).spoken_status for count in range(3)]
    assert spoken == ["finished", "! finished, with 1 warning", "! finished, with 2 warnings"]


def test_a_summary_from_before_there_were_warnings_has_none():
    raw = json.loads(run().model_dump_json())
    del raw["warnings"]
    assert Summary.model_validate(raw).warnings == ()


def test_a_run_that_was_stopped_and_resumed_has_each_warning_once(runs):
    """Too few validation images are told at its start, networks at chance at the end of their stages."""
    experiment = small_experiment("data.validation=0.05", "strategy.baseline=false")
    whole = run_in(runs, experiment, "whole").summary()
    session = new_session(experiment, runs, "halved")
    running = session.events()
    assert len(list(islice(running, 14))) == 14
    running.close()
    assert session.folder.summary().status == "stopped"
    assert session.folder.summary().warnings == whole.warnings[:1]
    for _event in resumed_session(session.folder).events():
        pass
    halved = session.folder.summary()
    assert halved.warnings == whole.warnings
    assert len({warning.about for warning in halved.warnings}) == len(halved.warnings) > 1
    assert whole.warnings[0].code == "small-validation"
