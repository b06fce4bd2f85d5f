from kdstudio.runs.exporting.truth_table import measured_how, truth_table
from tests.runs.exporting.rows import some_row

ROWS = [
    some_row("teacher"),
    some_row("student"),
    some_row("teacher", "ONNX int8", "onnx-int8", largest_difference=0.5, precision="int8"),
    some_row("student", format={"name": "onnx", "preprocessing": True}, latencies=(), multiply_adds=None),
    some_row("student", format={"name": "onnx", "preprocessing": False}, largest_difference=0.0),
]


def test_files_stand_network_by_network():
    assert [row[:2] for row in truth_table(ROWS).rows] == [
        ("teacher", "ONNX"),
        ("teacher", "ONNX int8"),
        ("student", "ONNX"),
        ("student", "ONNX, preprocessing"),
        ("student", "ONNX"),
    ]


def test_every_figure_has_its_unit():
    table = truth_table(ROWS)
    first = dict(zip(table.columns, table.rows[0], strict=True))
    assert first == {
        "network": "teacher",
        "file": "ONNX",
        "runs in": "onnxruntime 1.32.0",
        "size (kB)": "12.3",
        "parameters": "3,000",
        "multiply-adds (millions)": "2.50",
        "test accuracy": "90.00%",
        "agreement": "99.50%",
        "largest difference": "2.0e-06",
        "batch 1 (ms)": "0.4 (0.5)",
        "batch 32 (ms)": "3 (4)",
    }
    assert table.align == "lll" + "r" * 8
    assert (table.rows[3][5], table.rows[3][-1], table.rows[4][8]) == ("–", "–", "0")


def test_it_says_how_it_was_measured():
    text = measured_how(ROWS)
    assert "asked all 450 test images" in text
    assert text.endswith("Latency: median (95th percentile) for one batch, 1 thread, a processor.")
    several = measured_how([*ROWS, some_row(threads=2, images=900)])
    assert "all 450 or 900 test images" in several
    assert "1 or 2 threads, a processor." in several
    assert measured_how([]) == ""
