import io
import json

import pytest
from rich.console import Console

from kdstudio.cli import tables
from kdstudio.cli.commands import run_command_line
from kdstudio.cli.tables import declared_rows, run_rows
from kdstudio.engine.events import Shifted
from kdstudio.engine.strategy import strategies
from kdstudio.engine.views import FigureView, TableView
from kdstudio.runs.exporting.records import keep
from kdstudio.runs.exporting.truth_table import TITLE
from kdstudio.runs.folder import RunFolder, create_run, run_folders
from kdstudio.runs.presets import load_experiment, preset_names
from tests.results import doubt, row, run, scores
from tests.runs.exporting.rows import some_row
from tests.small import small_experiment


def shown(renderable):
    output = io.StringIO()
    Console(file=output, width=200).print(renderable)
    return output.getvalue()


def test_presets_are_listed_with_their_titles_and_times(runs):
    rows = tables.preset_rows(runs)
    assert [row["name"] for row in rows] == preset_names()
    experiment = load_experiment(preset_names()[0])
    assert rows[0]["title"] == experiment.about.title
    assert rows[0]["time"] == f"expected: {experiment.about.expected}"
    assert (rows[0]["strategy"], rows[0]["data"]) == ("Soft targets", "Small digits")


def test_lists_are_searched_by_words(runs, capsys):
    def names(*arguments):
        assert run_command_line(["list", *arguments, "--json"]) == 0
        return [row["name"] for row in json.loads(capsys.readouterr().out)]

    assert names("presets", "mutual", "MNIST") == ["mnist-mutual"]
    assert names("terms", "park") == ["relational"]
    assert "fsp" in names("terms", "maps")
    assert names("strategies", "no-such") == []
    assert names("glossary", "selection", "wanted") == ["phi"]
    run_command_line(["list", "terms", "no-such"])
    assert "none of the terms has 'no-such'" in capsys.readouterr().out


@pytest.mark.parametrize("what", list(tables.REGISTRIES))
def test_declarations_are_listed_with_their_options(what):
    rows = declared_rows(what)
    assert [row["name"] for row in rows] == list(tables.REGISTRIES[what])
    assert all("name" not in row["options"] for row in rows)
    if what == "strategies":
        assert {"temperature", "alpha"} <= {*next(r for r in rows if r["name"] == "hinton")["options"]}
        assert rows[0]["about"] == strategies[rows[0]["name"]].headline()


def kept(runs, summary):
    """A folder that holds no more than ``summary``."""
    folder = RunFolder(runs / summary.name)
    folder.path.mkdir(parents=True)
    folder.summary_file.write_text(summary.model_dump_json())
    return folder


def test_runs_are_listed_with_their_status_and_test_accuracy_over_the_seeds(runs):
    seeds = (row("student", accuracy, seed=seed) for seed, accuracy in enumerate((0.6, 0.8)))
    (found,) = run_rows([kept(runs, run(row("teacher", 0.9), *seeds, name="mine"))])
    assert (found["name"], found["status"], found["strategy"]) == ("mine", "finished", "nobody-knows")
    assert found["test_accuracy"] == {"teacher": 0.9, "student": pytest.approx(0.7)}
    text = shown(tables.table([found]))
    assert "student 70.00%" in text
    assert "test accuracy" in text


def test_a_damaged_run_is_listed_as_unreadable_beside_the_others(runs):
    create_run(runs, small_experiment(), "damaged").summary_file.write_text('{"status": "odd"}')
    create_run(runs, small_experiment(), "whole")
    rows = {row["name"]: row["status"] for row in run_rows(run_folders(runs))}
    assert rows["whole"] == "interrupted"
    assert rows["damaged"].startswith("unreadable: ")
    assert "damaged" in shown(tables.table(run_rows(run_folders(runs))))


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
