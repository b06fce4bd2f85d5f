"""A study says what it is; nobody goes on with it as with another one."""

import optuna
import pytest

from kdstudio.errors import KDStudioError
from kdstudio.runs.presets import load_experiment
from kdstudio.runs.studies.storage import named_storage, own_storage
from kdstudio.runs.studies.study import How, begin_study, open_study
from tests.small import small_experiment

OVER = ("strategy.alpha=0.1..0.9",)


def begin(runs, *settings, name="mine", over=OVER, goal="accuracy", how=How()):  # noqa: B008
    return begin_study(
        name, own_storage(runs, name), small_experiment(*settings), over, goal, runs, trials=7, how=how
    )


def test_it_is_read_as_it_was_begun(runs):
    begun = begin(runs, how=How(sampler="random", pruner="none", seed=3))
    found = open_study("mine", begun.storage)
    assert found.experiment == begun.experiment == small_experiment()
    assert found.fields == begun.fields
    assert found.described.trials == 7
    assert found.described.how == How(sampler="random", pruner="none", seed=3)
    assert found.optuna.direction.name == "MAXIMIZE"
    assert begin(runs, name="other", goal="loss").optuna.direction.name == "MINIMIZE"


def test_the_claim_of_a_preset_is_left_out(runs):
    experiment = load_experiment("digits-hinton")
    assert experiment.claim
    study = begin_study("mine", own_storage(runs, "mine"), experiment, OVER, "accuracy", runs)
    assert study.experiment.claim is None


def test_the_same_is_gone_on_with(runs):
    begin(runs).optuna.ask()
    assert len(begin(runs, how=How(sampler="random")).optuna.trials) == 1


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"goal": "loss"}, "is after accuracy, not loss"),
        (
            {"over": ("strategy.alpha=0.2..0.9",)},
            r"varies strategy.alpha=0.1..0.9, not strategy.alpha=0.2",
        ),
    ],
)
def test_another_search_of_that_name_is_refused(runs, changes, told):
    begin(runs)
    with pytest.raises(KDStudioError, match=told):
        begin(runs, **changes)


def test_other_settings_are_refused_by_name(runs):
    begin(runs)
    with pytest.raises(KDStudioError, match=r"other settings \(strategy.temperature=7.0\)"):
        begin(runs, "strategy.temperature=7")


@pytest.mark.parametrize("name", ["", "a/b", "..", "latest", "con"])
def test_a_name_is_that_of_a_file_and_of_runs(runs, name):
    with pytest.raises(KDStudioError, match="is no name for a study"):
        begin(runs, name=name)


@pytest.mark.parametrize("how", [How(sampler="none"), How(pruner="tpe")])
def test_what_cannot_choose_is_refused_before_anything_is_kept(runs, how):
    with pytest.raises(KDStudioError, match="there are"):
        begin(runs, how=how)
    assert not runs.exists()


def test_a_study_that_is_not_there(runs, tmp_path):
    storage = named_storage(str(tmp_path / "shared.journal"), runs)
    begin_study("one", storage, small_experiment(), OVER, "accuracy", runs)
    with pytest.raises(KDStudioError, match=r"no study 'two' in .*; there are one"):
        open_study("two", storage)


@pytest.mark.parametrize(
    ("said", "told"),
    [(None, "was not begun by KD Studio"), ({"experiment": 3}, "is damaged"), ("text", "is damaged")],
)
def test_a_study_of_another_program_is_refused(runs, tmp_path, said, told):
    storage = named_storage(str(tmp_path / "theirs.journal"), runs)
    storage.prepare()
    theirs = optuna.create_study(storage=storage.open(), study_name="theirs")
    if said is not None:
        theirs.set_user_attr("kdstudio", said)
    for attempt in (
        lambda: open_study("theirs", storage),
        lambda: begin_study("theirs", storage, small_experiment(), OVER, "accuracy", runs),
    ):
        with pytest.raises(KDStudioError, match=told):
            attempt()


def test_whoever_has_it_open_hears_the_wish_to_stop(runs):
    mine, other = begin(runs), begin(runs)
    assert not other.is_to_stop
    mine.wish_stop(stop=True)
    assert other.is_to_stop
    mine.wish_stop(stop=False)
    assert not other.is_to_stop
