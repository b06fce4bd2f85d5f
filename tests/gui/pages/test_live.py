"""The live page: every term raw, weighted and as a share of the gradient; sweeps against temperature."""

import pytest
import torch

from kdstudio.gui.pages.live import ACCURACY, CONFUSION, RATES, RAW, SHARES, SPEEDS, SWEEP, WEIGHTED, LivePage
from kdstudio.runs.curves import LossKey
from tests.small import small_experiment, train


@pytest.fixture
def page(qtbot, theme):
    made = LivePage(theme)
    qtbot.addWidget(made)
    made.show()
    made.begin()
    return made


@pytest.fixture(scope="module")
def events():
    return train(small_experiment("strategy.alpha=0.25"))[0]


def drawn(qtbot, page, plot):
    """Keys of the plot's curves, once drawn."""
    qtbot.waitUntil(lambda: bool(plot._curves))
    return set(plot._curves)


def test_raw_and_weighted_losses_can_be_chosen(qtbot, page, events):
    page.follow(events)
    assert page.terms.shown() == RAW
    raw = drawn(qtbot, page, page.losses)
    page.terms.show_widget(WEIGHTED)
    assert drawn(qtbot, page, page.weighted) == raw
    key = LossKey("student", "label loss")
    weighted = page.weighted._curves[key][0].getData()[1]
    assert weighted == pytest.approx([0.25 * value for value in page.curves.losses[key].y])


def test_shares_of_the_gradient_come_into_sight_when_terms_share_a_stage(qtbot, page, events):
    teacher_only = [event for event in events if getattr(event, "stage", 0) == 0]
    page.follow(teacher_only)
    assert page.course.shown() == RATES
    assert not page.course.is_available(SHARES)
    page.follow([event for event in events if event not in teacher_only])
    assert page.course.shown() == SHARES
    assert drawn(qtbot, page, page.shares) == {
        LossKey("student", "label loss"), LossKey("student", "soft loss"),
    }  # fmt: skip
    for epoch in range(2):
        assert sum(series.y[epoch] for series in page.curves.shares.values()) == pytest.approx(1)


def test_the_speed_can_be_chosen(qtbot, page, events):
    page.follow(events)
    page.course.show_widget(SPEEDS)
    assert drawn(qtbot, page, page.speeds) == {"teacher", "baseline", "student"}


def test_the_confusion_of_the_latest_network_can_be_chosen(qtbot, page, events):
    page.follow(events)
    page.predictions.show_widget(CONFUSION)
    qtbot.waitUntil(lambda: page.confusion._values.shape == (10, 10))
    confusion = torch.tensor(page.curves.scores["student"].confusion).double()
    assert page.confusion._values == pytest.approx((confusion / confusion.sum(1, keepdim=True)).numpy())


def test_what_the_user_has_chosen_stays(page, events):
    page.follow(events)
    page.course.show_widget(RATES)
    page.follow(events[-3:])
    assert page.course.shown() == RATES


def test_a_new_run_begins_with_the_first_plots(page, events):
    page.follow(events)
    page.begin()
    assert (page.course.shown(), page.scores.shown()) == (RATES, ACCURACY)


def test_a_sweep_is_shown_against_the_temperature(qtbot, page):
    settings = ("strategy.temperatures=[1, 4]", "strategy.seeds=2")
    page.follow(train(small_experiment(*settings, strategy="sweep"))[0])
    assert page.scores.shown() == SWEEP
    qtbot.waitUntil(lambda: bool(page.sweep.legend._buttons))
    assert [button.text() for button in page.sweep.legend._buttons.values()] == [
        "student", "student on the labels alone",
    ]  # fmt: skip
    assert "student T = 4, α = 0.1" in page.curves.accuracy
    assert page.curves.scores.keys() == {"teacher"}
