"""Fronts against those found by hand."""

import pytest

from kdstudio.runs.exporting.records import Latency
from kdstudio.runs.figures import Spread
from kdstudio.runs.latency import EAGER
from kdstudio.runs.pareto import FRONT, Cost, MeasuredRun, accuracy_against, costs_of, front
from kdstudio.runs.results import ResultPoint
from tests.results import row
from tests.runs.exporting.rows import some_row


def point(x, y, name=""):
    return ResultPoint(x, Spread((y,)), name)


def measured(name, *rows, files=()):
    return MeasuredRun(name, {found.name: found for found in rows}, files)


def timed(milliseconds, batch=1):
    return (Latency(batch=batch, median=milliseconds / 1000, percentile_95=1.0, repeats=100),)


def in_the_run(network, milliseconds):
    return some_row(
        network, "in the run", "safetensors", runtime="torch 2.15.0", path="", latencies=timed(milliseconds)
    )


@pytest.mark.parametrize(
    ("points", "expected"),
    [
        ([(1, 0.5)], [(1, 0.5)]),
        ([(2, 0.9), (1, 0.5), (3, 0.8)], [(1, 0.5), (2, 0.9)]),
        ([(1, 0.5), (1, 0.7), (1, 0.6)], [(1, 0.7)]),
        ([(1, 0.7), (2, 0.7), (3, 0.8)], [(1, 0.7), (3, 0.8)]),
        ([(4, 0.4), (3, 0.5), (2, 0.6), (1, 0.7)], [(1, 0.7)]),
        ([], []),
    ],
)
def test_the_front_holds_what_nothing_cheaper_equals(points, expected):
    assert [(p.x, p.y.mean) for p in front(point(*p) for p in points)] == expected


def test_networks_of_several_runs_stand_at_their_parameters():
    big = row("teacher", 0.9, parameters=1000)
    runs = [
        measured("one", big, row("student", 0.7, parameters=100)),
        measured("two", big, row("student", 0.8, parameters=100), row("control", 0.6, parameters=100)),
    ]
    drawn = accuracy_against(Cost("parameters"), runs)
    assert [curve.text for curve in drawn] == [FRONT, "teacher", "student", "baseline"]
    assert [(p.x, p.name) for p in drawn[2].points] == [(100, "one: student"), (100, "two: student")]
    assert drawn[0].stepped
    assert [(p.x, p.y.mean) for p in drawn[0].points] == [(100, 0.8), (1000, 0.9), (1000, 0.9)]


def test_the_front_goes_on_to_the_dearest():
    run = measured("one", row("teacher", 0.6, parameters=1000), row("student", 0.7, parameters=100))
    assert [(p.x, p.y.mean) for p in accuracy_against(Cost("parameters"), [run])[0].points] == [
        (100, 0.7),
        (1000, 0.7),
    ]


def test_seeds_are_one_point_with_their_spread():
    rows = [row("student", accuracy, seed=seed) for seed, accuracy in enumerate((0.7, 0.8, 0.9))]
    names = [found.name for found in rows]
    files = [
        some_row(n, accuracy=a, latencies=timed(t))
        for n, a, t in zip(names, (0.6, 0.7, 0.8), (1, 2, 6), strict=True)
    ]
    run = measured("one", *rows, files=files)
    (_front, counted) = accuracy_against(Cost("parameters"), [run])
    assert [(p.y.values, p.name) for p in counted.points] == [((0.7, 0.8, 0.9), "student")]
    *_counted, cost = costs_of([run])
    (_front, in_runtime) = accuracy_against(cost, [run])
    assert [(p.x, p.y.values, p.name) for p in in_runtime.points] == [
        (pytest.approx(0.003), (0.6, 0.7, 0.8), "student")
    ]


def test_latencies_are_offered_by_runtime_and_batch_and_eager_pytorch_last():
    files = [in_the_run("student", 5), some_row(), some_row(title="torch.export", runtime="torch 2.15.0")]
    run = measured("one", row("student", 0.9), files=files)
    assert [cost.name for cost in costs_of([run])] == [
        "parameters",
        "multiply-adds",
        "latency in onnxruntime, batch 1",
        "latency in torch.export, batch 1",
        "latency in onnxruntime, batch 32",
        "latency in torch.export, batch 32",
        f"latency in {EAGER}, batch 1",
    ]
    assert [cost.name for cost in costs_of([measured("new", row("student", 0.9))])] == [
        "parameters",
        "multiply-adds",
    ]


def test_weights_alone_are_no_runtime_of_their_own():
    weights = some_row(title="safetensors", name="safetensors", runtime="torch 2.15.0")
    assert len(costs_of([measured("one", row("student", 0.9), files=[weights])])) == 2


def test_int8_is_a_point_of_its_own_with_the_accuracy_it_was_exported_with():
    files = [
        some_row(accuracy=0.9, latencies=timed(4)),
        some_row(title="ONNX int8", name="onnx-int8", precision="int8", accuracy=0.85, latencies=timed(2)),
        some_row("teacher", accuracy=0.95, latencies=timed(9)),
        in_the_run("student", 1),
    ]
    run = measured("one", row("teacher", 0.95), row("student", 0.9), files=files)
    cost = costs_of([run])[2]
    (first, teacher, student) = accuracy_against(cost, [run])
    assert [(p.x, p.y.mean, p.name) for p in student.points] == [
        (0.004, 0.9, "student"),
        (0.002, 0.85, "student, int8"),
    ]
    assert [p.name for p in teacher.points] == ["teacher"]
    assert [p.x for p in first.points] == [0.002, 0.004, 0.009, 0.009]
    assert (cost.axis, cost.how) == (
        "latency in onnxruntime, batch 1 (ms)",
        "Median latency, 1 thread, a processor.",
    )


def test_formats_of_one_runtime_are_told_apart_by_name_where_nothing_else_does():
    files = [some_row(), some_row(title="Folder", name="folder")]
    run = measured("one", row("student", 0.9), files=files)
    (_front, student) = accuracy_against(costs_of([run])[2], [run])
    assert [p.name for p in student.points] == ["student, ONNX", "student, Folder"]


def test_other_threads_and_machines_are_other_axes():
    files = [
        some_row(),
        some_row("teacher", threads=2),
        some_row("teacher", "ONNX int8", processor="another"),
    ]
    run = measured("one", row("student", 0.9), row("teacher", 0.9), files=files)
    assert len(costs_of([run])) == 2 + 3 * 2


def test_nothing_measured_is_nothing_drawn():
    unknown = Cost("latency", "openvino", 1, 1, "a processor")
    assert accuracy_against(unknown, [measured("one", row("student", 0.9))]) == []
