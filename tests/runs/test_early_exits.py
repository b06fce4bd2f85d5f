"""Costs against torch's counter and by hand, early leaving by a plain loop."""

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from kdstudio.errors import KDStudioError
from kdstudio.runs.early_exits import PARTS, THRESHOLDS, exits_of, read_exits
from kdstudio.runs.weights import load_network, read_card
from tests.small import run_in, small_experiment

WIDTHS = "networks.student.model={name='mlp', widths=[12, 6, 5]}"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    settings = (WIDTHS, "networks.student.training.epochs=8", "networks.student.training.batch_size=64")
    return run_in(tmp_path_factory.mktemp("runs"), small_experiment(*settings, strategy="self-distillation"))


@pytest.fixture(scope="module")
def report(folder):
    return read_exits(folder)


@pytest.mark.slow
def test_each_exit_is_counted_as_a_network_of_its_own(report, folder):
    assert [way.name for way in report.ways] == ["exit-1", "exit-2", "student"]
    by_hand = {
        "exit-1": 64 * 12 + 12 * 5 + 5 * 10,
        "exit-2": 64 * 12 + 12 * 6 + 6 * 5 + 5 * 10,
        "student": 64 * 12 + 12 * 6 + 6 * 5 + 5 * 10,
    }
    for way in (*report.ways, report.baseline):
        module, _card = load_network(folder.network_file(way.name))
        with FlopCounterMode(display=False) as counter, torch.no_grad():
            module(torch.zeros(1, 1, 8, 8))
        assert 2 * way.multiply_adds == counter.get_total_flops()
        assert way.multiply_adds == by_hand.get(way.name, by_hand["student"])
        assert way.parameters == sum(p.numel() for p in module.parameters())
        assert 0 < way.latency.lower <= way.latency.median <= way.latency.upper


def test_passing_costs_the_heads_on_the_way(report):
    heads = [12 * 5 + 5 * 10, 6 * 5 + 5 * 10]
    own = [way.multiply_adds for way in report.ways]
    assert [cost.multiply_adds for cost in report.passing] == [own[0], own[1] + heads[0], own[2] + sum(heads)]
    assert all(
        cost.latency >= way.latency.median for cost, way in zip(report.passing, report.ways, strict=True)
    )


def test_accuracies_are_those_that_the_run_has_recorded(report, folder):
    networks = folder.summary().networks
    for part in PARTS:
        for way in (*report.ways, report.baseline):
            assert way.accuracy[part] == pytest.approx(getattr(networks[way.name], part).accuracy)
        assert report.ensemble_accuracy(part) == pytest.approx(getattr(networks["ensemble"], part).accuracy)


@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize("threshold", [0.0, 0.3, 0.6, 0.9, 1.0])
def test_images_leave_at_the_first_exit_that_is_sure(report, part, threshold):
    predictions = report.predictions[part]
    probabilities = [predictions.logits[way.name].softmax(1).tolist() for way in report.ways]
    right, work, seconds, left = 0, 0.0, 0.0, [0, 0, 0]
    for sample, label in enumerate(predictions.labels.tolist()):
        for place in range(3):
            row = probabilities[place][sample]
            if max(row) >= threshold or place == 2:
                right += row.index(max(row)) == label
                work += report.passing[place].multiply_adds
                seconds += report.passing[place].latency
                left[place] += 1
                break
    count, found = len(predictions.labels), report.leaving(part, threshold)
    assert found.threshold == threshold
    assert found.accuracy == pytest.approx(right / count)
    assert found.multiply_adds == pytest.approx(work / count, rel=1e-5)
    assert found.latency == pytest.approx(seconds / count, rel=1e-5)
    assert found.shares == pytest.approx([number / count for number in left])


def test_at_the_ends_all_leave_at_the_first_exit_or_nearly_all_go_through(report):
    assert report.leaving("test", 0.0).shares == (1, 0, 0)
    assert report.leaving("test", 0.0).accuracy == pytest.approx(report.ways[0].accuracy["test"])
    works = [report.leaving("test", threshold).multiply_adds for threshold in THRESHOLDS]
    assert works == sorted(works)


def test_exits_tell_where_they_leave(folder):
    assert exits_of(folder) == ["exit-1", "exit-2"]
    compositions = [read_card(folder.network_file(name)).composition for name in exits_of(folder)]
    assert [found.networks["student"].reads for found in compositions] == [("block1",), ("block2",)]


def test_a_run_without_exits_is_told(runs):
    folder = run_in(runs, small_experiment(strategy="supervised"))
    assert exits_of(folder) == []
    with pytest.raises(KDStudioError, match="run 'run' has no early exits; run digits-self-distillation"):
        read_exits(folder)
