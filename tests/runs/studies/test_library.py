"""Optuna's samplers and pruners, by name; and where it is not installed."""

import sys

import optuna
import pytest

from kdstudio.errors import KDStudioError
from kdstudio.runs.studies import library


def suggestions(study, name, seed, count, failing=()):
    """Values of so many trials that have a result; those whose numbers are in ``failing`` are lost."""
    study.sampler = library.seeded_sampler(name, seed, study)
    found = []
    while len(found) < count:
        with library.quietly():
            trial = study.ask()
            x, kind = trial.suggest_float("x", -1, 1), trial.suggest_categorical("kind", ["a", "b"])
        if trial.number in failing:
            study.tell(trial, state=optuna.trial.TrialState.FAIL)
            study.enqueue_trial(trial.params)
            continue
        study.tell(trial, x * x + (kind == "a"))
        found.append((x, kind))
    return found


@pytest.mark.parametrize("name", library.SAMPLERS)
def test_same_seed_same_settings_also_after_what_was_lost(name):
    first = suggestions(optuna.create_study(), name, 5, 14)
    assert len(set(first)) == 14
    assert all(-1 <= x <= 1 for x, _ in first)
    assert suggestions(optuna.create_study(), name, 5, 14, failing=(0, 3, 12)) == first
    assert suggestions(optuna.create_study(), name, 6, 4) != first[:4]


def test_a_sampler_made_anew_goes_on_as_if_nothing_had_been():
    whole = suggestions(optuna.create_study(), "tpe", 1, 14)
    study = optuna.create_study()
    assert suggestions(study, "tpe", 1, 5) + suggestions(study, "tpe", 1, 9) == whole


@pytest.mark.parametrize("name", library.PRUNERS)
def test_pruners_let_the_better_go_on(name):
    """Nine equal trials of 32 epochs; then a worse one, and a better one."""
    study = optuna.create_study(direction="maximize", study_name="pruning")
    study.pruner = library.pruner(name, 32)

    def ends(value):
        trial = study.ask()
        for epoch in range(1, 33):
            trial.report(value, epoch)
            if trial.should_prune():
                study.tell(trial, state=optuna.trial.TrialState.PRUNED)
                return epoch
        study.tell(trial, value)
        return 32

    for _ in range(9):
        ends(0.5)
    earliest = {"median": 6, "hyperband": 1, "halving": 2, "none": 32}[name]
    assert min(ends(0.1) for _ in range(6)) == earliest
    assert ends(0.9) == 32


def test_nothing_is_pruned_while_it_is_not_known_how_long_a_run_is():
    assert isinstance(library.pruner("median", 0), optuna.pruners.NopPruner)


def test_names_that_there_are_not():
    with pytest.raises(KDStudioError, match="no sampler 'tpee'; there are tpe, random"):
        library.check_sampler("tpee")
    with pytest.raises(KDStudioError, match="no pruner 'some'; there are median"):
        library.check_pruner("some")


def test_a_sampler_that_needs_more_says_so(monkeypatch):
    monkeypatch.setattr(library, "find_spec", lambda name: None)
    with pytest.raises(KDStudioError, match="needs scipy, which is not installed"):
        library.check_sampler("gp")


def test_without_optuna_it_is_said_how_to_install_it(monkeypatch):
    monkeypatch.setattr(library, "find_spec", lambda name: None)
    monkeypatch.delitem(sys.modules, "optuna")
    assert not library.is_installed()
    with pytest.raises(KDStudioError, match=r'uv pip install "kdstudio\[search\]"'):
        library.load()
