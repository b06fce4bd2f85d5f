import io
import json
from functools import reduce

import pytest
from rich.console import Console

from kdstudio.cli import tables
from kdstudio.cli.commands import run_command_line
from kdstudio.engine.events import Shifted
from kdstudio.engine.views import FigureView, TableView
from kdstudio.runs.exporting.records import keep
from kdstudio.runs.exporting.truth_table import TITLE
from kdstudio.runs.folder import RunFolder
from tests.results import doubt, row, run, scores
from tests.runs.exporting.rows import some_row


def shown(renderable):
    output = io.StringIO()
    Console(file=output, width=200).print(renderable)
    return output.getvalue()


def kept(runs, summary):
    """A folder that holds no more than ``summary``."""
    folder = RunFolder(runs / summary.name)
    folder.path.mkdir(parents=True)
    folder.summary_file.write_text(summary.model_dump_json())
    return folder


def test_square_brackets_are_shown_as_they_are():
    assert "[/x] [type=odd]" in shown(tables.table([{"name": "[/x] [type=odd]"}]))


def test_a_run_is_shown_with_its_strategy():
    strategy = {"name": "hinton", "temperature": 7.0, "alpha": 0.1}
    output = io.StringIO()
    summary = run(name="mine", experiment={"strategy": strategy}, error="[it] broke")
    tables.print_run(summary, Console(file=output, width=200))
    assert "mine: finished after " in output.getvalue()
    assert "hinton: temperature 7, alpha 0.1" in output.getvalue()
    assert "[it] broke" in output.getvalue()


def printed(summary):
    output = io.StringIO()
    tables.print_results(summary, Console(file=output, width=200))
    return [line.rstrip() for line in output.getvalue().splitlines()]


def test_results_are_the_networks_then_the_tables_of_the_strategy():
    views = (TableView(title="By [depth]", rows=("depth",), best="validation.accuracy"),)
    clones = [row("clone", 0.6, 0.8, depth=2), row("clone", 0.7, 0.7, depth=1)]
    told, *lines = printed(run(*clones, views=(FigureView(title="none", x="depth"), *views)))
    assert told.startswith("clone depth-2 400 errors of 1,000; 60.00% right. ")
    assert lines[0].split()[:2] == ["network", "architecture"]
    assert lines[1].split()[:3] == ["clone", "depth-2", "mlp"]
    assert lines[1].endswith("80.00%  60.00%          400           3        60.00%")
    assert lines[3:] == [
        "By [depth]",
        "depth  test accuracy",
        "1             70.00%",
        "2             60.00%  best validation accuracy",
    ]


def test_what_is_gained_over_the_seeds_stands_below_the_networks():
    kinds = (("control", 0.5), ("student", 0.6))
    rows = [row(kind, a - s / 100, seed=s) for kind, a in kinds for s in range(3)]
    told, *lines = printed(run(*rows))
    assert told.endswith("errors of 1,000; better by 100 errors in each of 3 seeds.")
    assert lines[3].startswith("Against the control: mean difference")
    assert " ".join(lines[5].split()) == "student baseline better by 100 errors in each of 3 seeds +10.00"


def test_warnings_stand_below_the_results_with_their_remedies():
    lines = printed(run(row("student", 0.1), warnings=(doubt("teacher"), doubt())))
    assert lines[-3] == "2 warnings"
    assert lines[-2:] == [
        f"  {name} is at <chance>. 10.0% are right. Lower its learning rate."
        for name in ("teacher", "student")
    ]


def test_a_run_with_warnings_says_so_in_its_first_line(capsys):
    output = Console(file=io.StringIO(), width=120)
    tables.print_run(run(row("student", 0.1), seconds=5, warnings=(doubt(),)), output)
    assert output.file.getvalue().startswith("! run: finished after 5 s, with 1 warning\n")


def test_a_run_without_results_prints_nothing():
    assert printed(run()) == []


def test_classes_left_out_are_told_before_and_after_the_fit():
    shifted = Shifted(biases={2: 1.5}, validation=scores(), test=scores(0.8), unseen_accuracy=0.75)
    left_out = row("student", 0.6, unseen=(2,), unseen_accuracy=0.1, shifted=shifted)
    lines = printed(run(row("teacher", 0.9, unseen_accuracy=0.95), left_out))
    assert lines[-4] == "Never seen in training: owl. The fit uses no test labels."
    assert lines[-2].split() == ["teacher", "has", "seen", "them", "95.00%", "–", "100", "–"]
    assert lines[-1].split() == ["student", "owl", "+1.50", "10.00%", "75.00%", "400", "200"]


def test_exported_files_are_shown_with_how_they_were_measured():
    output = io.StringIO()
    tables.print_exports([some_row()], Console(file=output, width=200))
    told = output.getvalue()
    for word in ("ONNX", "onnxruntime 1.32.0", "99.50%", "0.4 (0.5)", "all 450 test images"):
        assert word in told


def test_a_run_without_exports_says_nothing_of_them():
    output = io.StringIO()
    tables.print_exports([], Console(file=output))
    assert output.getvalue() == ""


def test_show_has_them_in_words_and_in_json(runs, capsys):
    folder = kept(runs, run(row("student", 0.9), name="shipped"))
    keep(folder, [some_row()])
    assert run_command_line(["show", str(folder.path)]) == 0
    assert TITLE in capsys.readouterr().out
    assert run_command_line(["show", str(folder.path), "--json"]) == 0
    (file,) = json.loads(capsys.readouterr().out)["exports"]
    assert (file["title"], file["accuracy"]) == ("ONNX", 0.9)


WIDE = [1] * 100_000
DEEP = reduce(lambda inner, _level: [inner], range(90), 1)


@pytest.mark.parametrize("values", [[WIDE, 2], WIDE[:1000], [DEEP, WIDE], ["x" * 100_000]])
@pytest.mark.parametrize("where", ["sweep", "strategy"])
def test_what_a_stranger_has_swept_or_chosen_is_as_long_as_people_read(where, values):
    strategy = {"name": "hinton"} | ({"odd": values} if where == "strategy" else {})
    swept = {"sweep": {"strategy.temperature": values}} if where == "sweep" else {}
    summary = run(name="mine", experiment={"strategy": strategy, **swept})
    output = io.StringIO()
    tables.print_run(summary, Console(file=output, width=200))
    assert "…" in output.getvalue()
    assert len(output.getvalue()) < 3000


def test_values_in_which_runs_differ_are_as_long_as_people_read():
    summaries = [
        run(name=name, experiment={"strategy": {"name": "hinton", "odd": [*WIDE, name]}}) for name in "ab"
    ]
    output = io.StringIO()
    tables.print_beside(summaries, Console(file=output, width=200), "csv", as_json=False)
    assert "strategy.odd" in output.getvalue()
    assert len(output.getvalue()) < 3000
