"""Curves that a claim draws: measured at the end of a run, and shown wherever its figures are."""

import numpy as np
import pytest

from kdstudio.runs.claim_figures import figure_axes, figure_curves
from kdstudio.runs.claims import judged_together
from kdstudio.runs.network_colours import series_of
from kdstudio.runs.predictions import read_predictions
from kdstudio.runs.report.page import report
from kdstudio.runs.report.reported import read_run
from tests.small import run_in, small_experiment

VALUES = (1.0, 4.0, 16.0)
CLAIM = (
    "seeds=2",
    "claim={statement='It is so', measured=[{quantity='errors', expect='lower'}], drawn=["
    f"{{quantity='entropy', of={{kind='control'}}, over='temperature', values={[*VALUES]}}}, "
    f"{{quantity='soft-gradient-share', over='temperature', values={[*VALUES]}}}, "
    f"{{quantity={{name='soft-gradient-share', squared=false}}, over='temperature', values={[*VALUES]}}}]}}",
)
ENTROPY = "Entropy by temperature T"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return run_in(tmp_path_factory.mktemp("drawn"), small_experiment(*CLAIM))


def entropy(logits, temperature):
    powers = np.exp(logits / temperature)
    shares = powers / powers.sum(1, keepdims=True)
    return -(shares * np.log(shares)).sum(1).mean()


def test_a_quantity_is_measured_with_each_value_and_seed(folder):
    first, second = folder.summary().claim.figures
    (curve,) = first.curves
    assert (first.quantity, first.over, first.unit, curve.network) == (
        "entropy", "temperature T", "nats", "baseline",
    )  # fmt: skip
    logits = read_predictions(folder).logits
    for point, value in zip(curve.points, VALUES, strict=True):
        expected = [entropy(logits[f"baseline seed-{seed}"].double().numpy(), value) for seed in (0, 1)]
        assert (point.x, point.values) == (value, pytest.approx(expected))
    with_t, without = second.curves
    assert (with_t.setting, without.setting) == ("with T²", "without T²")
    assert with_t.points[0].values == without.points[0].values  # at T = 1 there is no difference
    assert with_t.points[-1].values > without.points[-1].values


def test_axes_and_curves_are_named_and_have_the_networks_colours(folder):
    summary = folder.summary()
    first, second = summary.claim.figures
    axes = figure_axes(second)
    assert axes.title == "Gradient share of the soft loss by temperature T"
    assert (axes.y.title, axes.y.scale, axes.log_x) == ("%", 100, True)
    tokens = series_of(summary.networks.values())
    with_t, without = figure_curves(second, tokens)
    assert (with_t.text, without.text) == ("student with T²", "student without T²")
    assert with_t.token == without.token == "student"
    assert figure_curves(first, tokens)[0].points[0].y.count == 2


def test_the_report_draws_it(folder):
    assert ENTROPY in report([read_run(folder)])


def test_what_cannot_be_read_is_not_drawn(folder):
    """Of runs gathered there are tables alone, and no answers."""
    judgement = judged_together(folder.summary())
    assert (judgement.figures, judgement.findings[0].seeds) == ((), 2)
