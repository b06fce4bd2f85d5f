"""A study with five results, and no process that would go on with it."""

import optuna
import pytest

from kdstudio.runs.studies import process
from kdstudio.runs.studies.history import RUN
from kdstudio.runs.studies.storage import own_storage
from kdstudio.runs.studies.study import begin_study
from tests.gui.conftest import LONGEST
from tests.small import run_in, small_experiment

ALPHA = "strategy.alpha"


@pytest.fixture(scope="session", autouse=True)
def loaded():
    """What Optuna loads for the importance takes a second that no test need wait for."""
    optuna.importance.PedAnovaImportanceEvaluator()


class NoProcess:
    """Stands for a search that goes on until the test lets it end."""

    returncode = None

    def poll(self):
        return self.returncode


@pytest.fixture(autouse=True)
def launched(monkeypatch):
    """What was to be launched, with what stands for it."""
    found = []

    def launch(runs, study, storage, trials, *, allow_code=False):
        found.append((study, trials, NoProcess()))
        return found[-1][-1]

    monkeypatch.setattr(process, "launch", launch)
    return found


@pytest.fixture
def study(runs):
    """Five results, the third the best and the one with a run; one that was given up, one that failed."""
    study = begin_study(
        "mine", own_storage(runs, "mine"), small_experiment(), (f"{ALPHA}=0..1",), "accuracy", runs
    )
    run_in(runs, small_experiment("strategy.alpha=0.3"), "mine-002")
    results = [("COMPLETE", 0.5), ("COMPLETE", 0.6), ("COMPLETE", 0.9), ("COMPLETE", 0.7), ("COMPLETE", 0.8)]
    for number, (state, value) in enumerate([*results, ("PRUNED", None), ("FAIL", None)]):
        study.optuna.add_trial(
            optuna.trial.create_trial(
                value=value,
                state=optuna.trial.TrialState[state],
                params={ALPHA: number / 7},
                distributions={ALPHA: optuna.distributions.FloatDistribution(0, 1)},
                intermediate_values={1: 0.2},
                user_attrs={RUN: f"mine-{number:03d}"},
            )
        )
    return study


@pytest.fixture
def page(window, qtbot, study):
    window.show_page("Search")
    page = window.page("Search")
    qtbot.waitUntil(lambda: page.study is not None, timeout=LONGEST)
    return page
