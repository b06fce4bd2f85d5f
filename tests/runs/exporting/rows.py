"""Rows of the truth table, made up."""

from kdstudio.runs.exporting.records import Latency, MeasuredFile


def some_row(network="student", title="ONNX", name="onnx", **changes):
    """One file; ``changes`` are fields of it."""
    fields = {
        "network": network,
        "format": {"name": name},
        "title": title,
        "runtime": "onnxruntime 1.32.0",
        "precision": "float32",
        "path": f"/files/run-{network}.onnx",
        "size": 12_345,
        "parameters": 3_000,
        "multiply_adds": 2_500_000,
        "images": 450,
        "accuracy": 0.9,
        "agreement": 0.995,
        "largest_difference": 2e-6,
        "latencies": (
            Latency(batch=1, median=4e-4, percentile_95=5e-4, repeats=100),
            Latency(batch=32, median=3e-3, percentile_95=4e-3, repeats=100),
        ),
        "threads": 1,
        "processor": "a processor",
        "when": "2026-11-28T12:00:00+00:00",
    }
    return MeasuredFile(**{**fields, **changes})
