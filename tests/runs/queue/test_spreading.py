"""An experiment spread over runs of their own gives the networks, and the figures, of the one run."""

import pytest

from kdstudio.engine.trials import trials_of
from kdstudio.errors import KDStudioError
from kdstudio.runs.gathered_runs import gather
from kdstudio.runs.queue.spreading import spread
from kdstudio.runs.weights import load_tensors
from tests.small import run_in, same_state, small_experiment

TWO_BY_TWO = ("seed=3", "seeds=2", 'sweep={"strategy.temperature"=[1, 4]}')
OWN_TEACHERS = "teacher_for_each_seed=true"


def students(folder):
    """The students by their seed and temperature, as far as the run tells them apart."""
    rows = {name: row for name, row in folder.summary().networks.items() if row.kind == "student"}
    return {
        (row.coordinates.get("seed"), row.coordinates.get("strategy.temperature")): load_tensors(
            folder.network_file(name)
        )
        for name, row in rows.items()
    }


def test_every_part_has_the_networks_of_the_whole_and_seeds_are_gathered_again(runs):
    whole = small_experiment(*TWO_BY_TWO, OWN_TEACHERS)
    expected = students(run_in(runs, whole, "whole"))
    assert len(expected) == 4
    parts = spread(whole)
    folders = [run_in(runs, part, f"part-{number}") for number, part in enumerate(parts)]
    for folder, part in zip(folders, parts, strict=True):
        assert (part.seeds, part.sweep) == (1, {})
        (found,) = students(folder).values()
        assert same_state(found, expected[part.seed, part.strategy.temperature])
    groups = gather({folder: folder.summary() for folder in folders})
    assert [group.seeds for group in groups] == [[3, 4], [3, 4]]


def test_a_teacher_that_seeds_share_is_no_part_of_any_of_them():
    with pytest.raises(KDStudioError, match=r"2 seeds share one trained 'teacher'.*teacher_for_each_seed"):
        spread(small_experiment(*TWO_BY_TWO))


@pytest.mark.parametrize(
    "settings",
    [("seeds=2", 'networks.teacher.weights={origin="file", path="t.safetensors"}'), (TWO_BY_TWO[2],), ()],
)
def test_where_no_teacher_is_trained_for_several_seeds_nothing_need_be_said(settings):
    experiment = small_experiment(*settings)
    assert spread(experiment) == [trial.experiment for trial in trials_of(experiment)]
