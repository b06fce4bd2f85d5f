"""Runs with one seed each against one run with the same rows under several seeds."""

from pathlib import Path

import pytest

from kdstudio.runs.folder import RunFolder
from kdstudio.runs.gathered_runs import alone, gather, seeds_of
from tests.results import doubt, row, run


def single(name, seed, *, baseline, student, settings=None, **more):
    experiment = {"strategy": {"name": "s", **(settings or {})}, "seed": seed, "name": name}
    rows = (row("teacher", 0.9), row("control", baseline), row("student", student))
    return run(*rows, name=name, experiment=experiment, **more)


def folders(*summaries):
    return {RunFolder(Path("runs", summary.name)): summary for summary in summaries}


@pytest.fixture
def three():
    return folders(
        single("c", 2, baseline=0.70, student=0.83, seconds=5, warnings=(doubt(),)),
        single("b", 1, baseline=0.71, student=0.81, seconds=3),
        single("a", 0, baseline=0.72, student=0.80, seconds=2),
    )


def test_what_differs_in_the_seed_alone_is_one_row_with_the_figures_of_one_run(three):
    (group,) = gather(three)
    assert list(group.members) == list(three)
    assert group.seeds == [0, 1, 2]
    rows = [row("teacher", 0.9, seed=seed) for seed in (2, 1, 0)]
    for kind, scores in (("control", (0.70, 0.71, 0.72)), ("student", (0.83, 0.81, 0.80))):
        rows += [row(kind, test, seed=seed) for test, seed in zip(scores, (2, 1, 0), strict=True)]
    whole = run(*rows)
    assert group.summary.groups == whole.groups
    assert group.summary.comparisons == whole.comparisons
    errors = group.summary.comparisons[0]
    assert (errors.seeds, errors.difference) == (3, pytest.approx((-130 - 100 - 80) / 3))
    assert group.summary.seconds == 10
    assert "seed" not in group.summary.experiment
    assert group.summary.warnings[0].title == "Seed 2: student is at <chance>"


def test_names_lead_from_each_run_into_the_table(three):
    (group,) = gather(three)
    names = group.names[RunFolder(Path("runs", "b"))]
    assert names == {"teacher": "teacher seed-1", "baseline": "baseline seed-1", "student": "student seed-1"}
    assert group.summary.networks["student seed-1"].test.accuracy == 0.81


def test_another_setting_is_another_row(three):
    other = folders(single("d", 3, baseline=0.7, student=0.8, settings={"alpha": 0.5}))
    groups = gather(three | other)
    assert [len(group.members) for group in groups] == [3, 1]
    assert groups[1].summary == other[RunFolder(Path("runs", "d"))]
    assert groups[1] == alone(*next(iter(other.items())))


def test_a_repeated_run_stands_alone_and_a_finished_one_joins_first():
    groups = gather(
        folders(
            single("stopped", 0, baseline=0.1, student=0.1, status="stopped"),
            single("newer", 0, baseline=0.7, student=0.8),
            single("older", 0, baseline=0.6, student=0.6),
            single("other", 1, baseline=0.6, student=0.7),
        )
    )
    assert [[run.name for run in group.members] for group in groups] == [
        ["stopped"], ["newer", "other"], ["older"],
    ]  # fmt: skip
    assert groups[1].seeds == [0, 1]


def test_states_of_all_are_counted_and_what_has_no_result_counts_no_seed():
    first = single("a", 0, baseline=0.1, student=0.1)
    second = run(name="b", status="failed", experiment={**first.experiment, "seed": 1})
    (group,) = gather(folders(first, second))
    assert group.statuses == {"failed": 1, "finished": 1}
    assert group.summary.status == "failed"
    assert group.seeds == [0]


def test_runs_of_several_seeds_join_where_they_share_none():
    def several(name, first, *accuracies):
        experiment = {"strategy": {"name": "s"}, "seed": first, "seeds": len(accuracies)}
        rows = [row("student", found, seed=first + place) for place, found in enumerate(accuracies)]
        return run(row("teacher", 0.9), *rows, name=name, experiment=experiment)

    assert list(seeds_of(several("a", 4, 0.1, 0.2))) == [4, 5]
    (group,) = gather(folders(several("a", 0, 0.8, 0.7), several("b", 2, 0.6, 0.5)))
    assert group.seeds == [0, 1, 2, 3]
    assert group.summary.groups["student"]["accuracy"].count == 4
    assert group.summary.groups["teacher"]["accuracy"].count == 2
    assert len(gather(folders(several("a", 0, 0.8, 0.7), several("b", 1, 0.6, 0.5)))) == 2


def test_runs_without_results_are_a_group_without_figures():
    experiment = {"strategy": {"name": "s"}}
    runs = [run(name=f"{seed}", status="running", experiment={**experiment, "seed": seed}) for seed in (0, 1)]
    (group,) = gather(folders(*runs))
    assert group.summary.networks == {}
    assert group.seeds == []
