from kdstudio.runs.exporting.records import keep, records_file
from kdstudio.runs.report.exported import exported
from kdstudio.runs.report.reported import read_run
from tests.runs.exporting.rows import some_row
from tests.small import run_in, small_experiment


def test_the_truth_table_stands_there_once_something_was_exported(runs):
    folder = run_in(runs, small_experiment(strategy="supervised"))
    assert exported(read_run(folder)) is None
    keep(folder, [some_row("student"), some_row("student", "ONNX int8", "onnx-int8", precision="int8")])
    section = exported(read_run(folder))
    assert section.title == "Exported files"
    text = "".join(section.parts)
    for shown in ("ONNX int8", "onnxruntime 1.32.0", "12.3", "90.00%", "0.4 (0.5)", "450 test images"):
        assert shown in text


def test_damaged_records_are_named_and_spoil_nothing(runs):
    folder = run_in(runs, small_experiment(strategy="supervised"))
    records_file(folder).write_text("{")
    assert "is damaged; delete it" in "".join(exported(read_run(folder)).parts)
