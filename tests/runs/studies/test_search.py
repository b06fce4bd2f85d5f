"""The search: each setting a run, results on validation, what is interrupted, killed, pruned or fails."""

import optuna
import pytest

from kdstudio.errors import KDStudioError
from kdstudio.runs.folder import RunFolder, run_folders
from kdstudio.runs.labels import read_labels
from kdstudio.runs.studies import library
from kdstudio.runs.studies.history import read_history
from kdstudio.runs.studies.search import Listener, Search
from kdstudio.runs.studies.storage import named_storage, own_storage
from kdstudio.runs.studies.study import How, begin_study, open_study
from tests.small import small_experiment

RATE = "networks.student.training.optimizer.learning_rate"
OVER = (f"{RATE}=0.001..1:log", "networks.student.training.batch_size=128..256")


def begin(runs, *settings, over=OVER, storage=None, goal="accuracy", pruner="none"):
    experiment = small_experiment(*settings, strategy="supervised")
    how = How(pruner=pruner)
    return begin_study("s", storage or own_storage(runs, "s"), experiment, over, goal, runs, how=how)


class Story(Listener):
    """What was heard; ``leaves`` is true once the search is to end."""

    def __init__(self, leave_in=None, act=None):
        self.told = []
        self.leaves = False
        self._leave_in, self._act = leave_in, act or self.leave
        self._number = None

    def leave(self):
        self.leaves = True

    def begins(self, number, chosen):
        self._number = number
        self.told.append(("begins", number))

    def shows(self, events, state):
        if self._number == self._leave_in and state.epoch:
            act, self._act = self._act, None
            if act:
                act()

    def ends(self, trial):
        self.told.append((trial.state, trial.number))


def search(study, runs, trials, story=None, **options):
    story = story or Story()
    Search(study, runs, leaving=lambda: story.leaves, listener=story, **options).run(trials)
    return story


def chosen(history):
    return [trial.chosen for trial in history.trials if trial.state in ("finished", "pruned")]


def test_every_trial_is_a_run_and_its_validation_is_the_result(runs):
    study = begin(runs)
    story = search(study, runs, 3)
    history = read_history(study)
    assert story.told == [(what, n) for n in range(3) for what in ("begins", "finished")]
    assert [trial.run for trial in history.trials] == ["s-000", "s-001", "s-002"]
    for trial in history.trials:
        run = RunFolder(runs / trial.run)
        summary = run.summary()
        assert trial.value == summary.networks["student"].last_epoch.validation.accuracy
        assert trial.epochs == 2
        training = summary.experiment["networks"]["student"]["training"]
        assert training["optimizer"]["learning_rate"] == trial.chosen[RATE]
        assert training["batch_size"] == trial.chosen["networks.student.training.batch_size"]
        assert read_labels(run).tags == ("s",)
    assert not list((runs / ".studies").glob(".*.lock"))


def test_it_stops_at_the_wanted_number_and_goes_on_from_there(runs):
    search(begin(runs), runs, 2)
    assert search(begin(runs), runs, 2).told == []
    search(begin(runs), runs, 3)
    assert len(run_folders(runs)) == 3


@pytest.mark.slow
@pytest.mark.parametrize("kept_in", ["journal", "database"])
def test_after_an_interruption_the_same_settings_come(runs, tmp_path, kept_in):
    whole = begin(tmp_path / "whole")
    search(whole, tmp_path / "whole", 3)
    runs.mkdir()
    storage = named_storage(f"sqlite:///{tmp_path / 's.db'}", runs) if kept_in == "database" else None
    study = begin(runs, storage=storage)
    story = search(study, runs, 3, Story(leave_in=1))
    assert story.told[-1] == ("interrupted", 1)
    assert RunFolder(runs / "s-001").summary().status == "stopped"
    study = open_study("s", study.storage)
    search(study, runs, 3)
    history = read_history(study)
    assert chosen(history) == chosen(read_history(whole))
    assert [trial.state for trial in history.trials] == ["finished", "interrupted", "finished", "finished"]


def test_a_wish_from_elsewhere_ends_it(runs):
    study = begin(runs)
    story = search(study, runs, 3, Story(1, act=lambda: open_study("s", study.storage).wish_stop(stop=True)))
    assert story.told[-1][1] == 1
    search(study, runs, 2)  # begun again, the wish is past
    assert len(read_history(study).finished) == 2


@pytest.mark.filterwarnings("ignore:Heartbeat of storage is supposed to be used with")
@pytest.mark.parametrize("kept_in", ["journal", "database"])
def test_who_was_killed_is_buried_and_the_setting_comes_again(runs, tmp_path, kept_in):
    runs.mkdir()
    storage = named_storage(f"sqlite:///{tmp_path / 's.db'}", runs) if kept_in == "database" else None
    study = begin(runs, storage=storage)
    study.optuna.sampler = library.seeded_sampler("tpe", 0, study.optuna)
    trial = study.optuna.ask()
    study.storage._trial_file("s", trial.number).touch()  # as a killed process leaves it
    lost = {field.path: field.suggest(trial) for field in study.fields}  # and its process has gone
    assert [told.state for told in read_history(study).trials] == ["interrupted"]
    search(study, runs, 1)
    history = read_history(study)
    assert [told.state for told in history.trials] == ["interrupted", "finished"]
    assert history.trials[1].chosen == lost
    again = optuna.trial.TrialState
    assert [t.state for t in study.optuna.trials] == [again.FAIL, again.COMPLETE]


def test_a_setting_that_kills_twice_is_let_be(runs):
    study = begin(runs)
    study.optuna.enqueue_trial({RATE: 0.5}, user_attrs={"kdstudio.again": True})
    trial = study.optuna.ask()
    for field in study.fields:
        field.suggest(trial)
    search(study, runs, 1)
    assert RATE in read_history(study).trials[1].chosen
    assert read_history(study).trials[1].chosen[RATE] != 0.5


def test_what_another_process_works_on_counts(runs):
    study = begin(runs)
    trial = study.optuna.ask()
    with study.storage.trial_lock("s", trial.number):
        assert read_history(study).is_running
        search(study, runs, 2)
    assert [trial.number for trial in read_history(study).finished] == [1]


def test_what_will_come_to_nothing_is_given_up(runs):
    study = begin(
        runs, "networks.student.training.epochs=10", over=(f"{RATE}=0.000001,0.1",), pruner="median"
    )
    for number in range(7):
        study.optuna.enqueue_trial({RATE: 0.000001 if number == 6 else 0.1})
    search(study, runs, 7)
    history = read_history(study)
    assert [trial.state for trial in history.trials] == ["finished"] * 6 + ["pruned"]
    pruned = history.trials[-1]
    assert 2 <= pruned.epochs < 10
    run = RunFolder(runs / pruned.run)
    assert run.summary().status == "stopped"
    assert read_labels(run).tags == ("s", "pruned")
    assert history.best.number == 0
    assert history.tried == 7


def test_a_run_stopped_by_somebody_is_no_result_and_the_search_goes_on(runs):
    from kdstudio.runs.control import ask

    study = begin(runs, "networks.student.training.epochs=10")
    stop = Story(0, act=lambda: ask(RunFolder(runs / "s-000"), "stop"))
    search(study, runs, 1, stop)
    assert [trial.state for trial in read_history(study).trials] == ["stopped", "finished"]


def test_trial_after_trial_that_fails_ends_it_with_the_reason(runs):
    study = begin(runs, "data.source.name=folder", "data.source.path=/nowhere", over=(OVER[0],))
    with pytest.raises(KDStudioError, match=r"3 trials have failed one after the other, .*nowhere"):
        search(study, runs, 5)
    history = read_history(study)
    assert [trial.state for trial in history.trials] == ["failed"] * 3
    assert "nowhere" in history.trials[0].reason
    assert run_folders(runs) == []


def test_a_name_that_is_taken_gets_a_number(runs):
    (runs / "s-000").mkdir(parents=True)
    study = begin(runs)
    search(study, runs, 1)
    assert read_history(study).trials[0].run == "s-000-2"


def test_errors_and_loss_are_minimised(runs):
    study = begin(runs, goal="loss")
    search(study, runs, 3)
    history = read_history(study)
    assert history.best.value == min(trial.value for trial in history.trials)
