"""The curves of two seeds as separate runs against those in their logs."""

import pytest

from kdstudio.runs.gathered_runs import alone, gather
from kdstudio.runs.overlaid import ACCURACY, LogReader, overlaid
from tests.small import run_in, small_experiment


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    runs = tmp_path_factory.mktemp("runs")
    return [run_in(runs, small_experiment(f"seed={seed}"), f"seed-{seed}") for seed in (0, 1)]


def test_each_run_has_the_curves_of_what_stands_for_it(folders):
    states = LogReader().read(folders)
    (group,) = gather({folder: folder.summary() for folder in folders})
    found = overlaid(group, "result", states)
    accuracies = [states[folder].curves.accuracy["student"] for folder in folders]
    assert list(found[ACCURACY].several) == accuracies
    assert found[ACCURACY].planned == 2
    assert len(found) > 1
    assert all(len(curves.several) == 2 for curves in found.values())
    first = alone(folders[0], folders[0].summary())
    assert list(overlaid(first, "reference", states)[ACCURACY].several) == [
        states[folders[0]].curves.accuracy["teacher"]
    ]


def test_a_log_that_is_cannot_be_read_has_no_curves(folders, tmp_path):
    reader = LogReader()
    states = reader.read(folders)
    assert reader.read(folders[:1])[folders[0]] is states[folders[0]]
    folders[1].events_file.write_bytes(b"{\n")
    assert not LogReader().read(folders)[folders[1]].curves.accuracy
    assert overlaid(alone(folders[1], folders[1].summary()), "result", {}) == {}
