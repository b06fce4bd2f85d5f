"""Formulas of swept experiments: signs stand for what differs, and nothing is told of what does not."""

import pytest

from kdstudio.engine.trials import first_setting
from kdstudio.runs.formulas.swept import formula_of
from kdstudio.runs.presets import load_experiment, preset_names

SOFT = "L = {}CE(y, softmax(z_s)) + {}{t}²·KL(softmax(z_t/{t}) ‖ softmax(z_s/{t}))"


def swept(preset="digits-hinton", **sweep):
    paths = {f"strategy.{name}": values for name, values in sweep.items()}
    return formula_of(load_experiment(preset).model_copy(update={"sweep": paths}))


@pytest.mark.parametrize("name", preset_names())
def test_without_a_sweep_of_the_loss_it_is_the_literal_one(name):
    experiment = load_experiment(name).model_copy(update={"sweep": {}})
    assert formula_of(experiment) == experiment.strategy.formula()


def test_signs_stand_for_what_is_swept():
    temperature = swept(temperature=(1.0, 2.0, 20.0))
    assert temperature == SOFT.format("0.1·", "0.9·", t="T") + " for T in 1, 2, 20"
    alpha = swept(alpha=(0.0, 0.5, 1.0))
    assert alpha == SOFT.format("α·", "(1 − α)·", t="2") + " for α in 0, 0.5, 1"
    both = swept(temperature=(1.0, 0.1), alpha=(0.1, 0.9))
    assert both == SOFT.format("α·", "(1 − α)·", t="T") + " for T in 1, 0.1 and α in 0.1, 0.9"


def test_many_values_are_not_all_listed():
    assert swept(temperature=tuple(map(float, range(1, 101)))).endswith(" for T in 1, 2, …, 100")


def test_words_have_the_first_settings_value_which_is_told():
    kinds = swept(divergence=("ce", "kl"), temperature=(1.0, 4.0))
    assert kinds == (
        "L = 0.1·CE(y, softmax(z_s)) + 0.9·T²·CE(softmax(z_t/T), softmax(z_s/T))"
        " for divergence = ce and T in 1, 4"
    )


def test_what_the_loss_does_not_depend_on_is_left_out():
    experiment = load_experiment("digits-mistakes-batch")
    assert formula_of(experiment) == first_setting(experiment).strategy.formula()


def test_the_eleventh_claims_loss_has_no_number_of_a_setting_that_is_not_shown():
    formula = formula_of(load_experiment("digits-self-distillation"))
    assert "[(1 − α)·CE(y, softmax(z_i)) + α·CE(" in formula
    assert formula.endswith(" for α in 0, 0.9")
