"""The plots of the live page: terms raw, weighted and as shares of the gradient; figures; confusions."""

import json

import numpy as np
import pytest

from kdstudio.engine.confusion import class_accuracies
from kdstudio.gui.pages.live_run.live_plots import (
    ACCURACY,
    CONFUSION,
    RATES,
    RAW,
    SHARES,
    SPEEDS,
    WEIGHTED,
    LivePlots,
)
from kdstudio.runs.confusions import read_confusion
from kdstudio.runs.curves import LossKey
from kdstudio.runs.log import RunFollower
from tests.small import run_in, small_experiment

LABELS, SOFT = LossKey("student", "label loss"), LossKey("student", "soft loss")


@pytest.fixture
def plots(qtbot, theme):
    made = LivePlots(theme)
    qtbot.addWidget(made)
    made.show()
    return made


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return run_in(tmp_path_factory.mktemp("runs"), small_experiment("strategy.alpha=0.25"))


def followed(folder):
    follower = RunFollower(folder)
    follower.poll()
    return follower


def drawn(qtbot, plot):
    """Keys of the plot's curves, once drawn, each without what marks the run beside."""
    qtbot.waitUntil(lambda: bool(plot._curves))
    return {key for _ending, key in plot._curves}


def test_raw_and_weighted_losses_can_be_chosen(qtbot, plots, folder):
    plots.show_runs(followed(folder), None)
    assert plots.terms.shown() == RAW
    raw = drawn(qtbot, plots.losses)
    plots.terms.show_widget(WEIGHTED)
    assert drawn(qtbot, plots.weighted) == raw
    weighted = plots.weighted._curves["", LABELS][0].getData()[1]
    losses = plots.run.state.curves.losses[LABELS].y
    assert weighted == pytest.approx([0.25 * value for value in losses])


def test_shares_of_the_gradient_come_into_sight_when_terms_share_a_stage(qtbot, plots, folder, tmp_path):
    events = folder.events_file.read_bytes().splitlines(keepends=True)
    growing = type(folder)(tmp_path)
    teacher_only = [line for line in events if json.loads(line).get("stage", 0) == 0]
    growing.events_file.write_bytes(b"".join(teacher_only))
    plots.show_runs(followed(growing), None)
    assert plots.course.shown() == RATES
    assert not plots.course.is_available(SHARES)
    with growing.events_file.open("ab") as file:
        file.writelines(line for line in events if line not in teacher_only)
    plots.run.poll()
    plots.follow()
    assert plots.course.shown() == SHARES
    assert drawn(qtbot, plots.shares) == {LABELS, SOFT}
    for epoch in range(2):
        shares = plots.run.state.curves.shares.values()
        assert sum(series.y[epoch] for series in shares) == pytest.approx(1)


def test_the_speed_can_be_chosen(qtbot, plots, folder):
    plots.show_runs(followed(folder), None)
    plots.course.show_widget(SPEEDS)
    assert drawn(qtbot, plots.speeds) == {"teacher", "baseline", "student"}


def test_the_confusion_of_the_latest_network_can_be_chosen(qtbot, plots, folder):
    plots.show_runs(followed(folder), None)
    plots.predictions.show_widget(CONFUSION)
    qtbot.waitUntil(lambda: plots.confusion._values.shape == (10, 10))
    counts = np.array(json.loads(folder.confusion_file("student").read_bytes())["confusion"], float)
    assert plots.confusion._values == pytest.approx(counts / counts.sum(1, keepdims=True))
    assert counts.sum() == folder.summary().networks["student"].test.count


def test_what_the_user_has_chosen_stays(plots, folder):
    plots.show_runs(followed(folder), None)
    plots.course.show_widget(RATES)
    plots.follow()
    assert plots.course.shown() == RATES


def test_another_run_begins_with_the_first_plots(plots, folder, tmp_path):
    plots.show_runs(followed(folder), None)
    plots.show_runs(followed(type(folder)(tmp_path)), None)
    assert (plots.course.shown(), plots.scores.shown()) == (RATES, ACCURACY)


def test_a_figure_that_the_strategy_declares_comes_into_sight(qtbot, plots, runs):
    settings = ("strategy.temperatures=[1, 4]", "seeds=2")
    sweep = run_in(runs, small_experiment(*settings, strategy="temperature-sweep"))
    plots.show_runs(followed(sweep), None)
    assert plots.scores.shown() == "Accuracy against temperature"
    qtbot.waitUntil(lambda: bool(plots.figure.legend._buttons))
    shown = [button.text() for button in plots.figure.legend._buttons.values()]
    assert shown == ["student mlp 8 α 0.1", "teacher", "baseline"]


def test_networks_that_differ_in_the_seed_alone_are_one_curve(qtbot, plots, runs):
    settings = ("strategy.temperatures=[1, 4]", "seeds=2")
    sweep = run_in(runs, small_experiment(*settings, strategy="temperature-sweep"))
    plots.show_runs(followed(sweep), None)
    plots.scores.show_widget(ACCURACY)
    assert drawn(qtbot, plots.accuracy) == {"teacher", "baseline", "T1 α0,1", "T4 α0,1"}
    of_seeds = [plots.run.state.curves.accuracy[f"T4 α0,1 seed-{seed}"].y for seed in (0, 1)]
    mean = plots.accuracy._curves["", "T4 α0,1"][0].getData()[1]
    assert mean == pytest.approx(100 * np.mean(of_seeds, 0))


def test_the_trials_of_a_sweep_are_one_curve_of_each_kind(qtbot, plots, runs):
    settings = ("strategy.temperatures=[1, 2, 4, 8, 16, 32]",)
    sweep = run_in(runs, small_experiment(*settings, strategy="temperature-sweep"))
    plots.show_runs(followed(sweep), None)
    plots.scores.show_widget(ACCURACY)
    assert drawn(qtbot, plots.accuracy) == {"teacher", "baseline", "student"}
    accuracy = plots.run.state.curves.accuracy
    trials = [100 * np.array(accuracy[f"T{t} α0,1"].y) for t in (1, 2, 4, 8, 16, 32)]
    assert plots.accuracy._curves[", all", "student"][0].getData()[1] == pytest.approx(np.mean(trials, 0))
    plots.accuracy.legend._arrows[", all", "student"].click()
    assert ("", "T32 α0,1") in plots.accuracy._curves
    (left, right), _ = plots.accuracy.plot.getViewBox().viewRange()
    assert (left, right) == (pytest.approx(0, abs=0.1), pytest.approx(2, abs=0.1))


@pytest.fixture(scope="module")
def seeded(tmp_path_factory):
    return run_in(tmp_path_factory.mktemp("runs"), small_experiment("seeds=2"))


def test_stages_that_differ_in_the_seed_alone_are_one_curve_in_a_band(qtbot, plots, seeded):
    plots.show_runs(followed(seeded), None)
    assert drawn(qtbot, plots.losses) >= {LABELS, SOFT, LossKey("baseline", "label loss")}
    curves = plots.run.state.curves
    of_seeds = [curves.losses[LossKey(f"student seed-{seed}", "soft loss")] for seed in (0, 1)]
    last = plots.losses._curves["", SOFT][0].getData()[1][-1]
    assert last == pytest.approx(np.mean([series.y[-1] for series in of_seeds]))
    assert plots.losses._seeds["", SOFT].band.area.isVisible()
    texts = [button.text() for button in plots.losses.legend._buttons.values()]
    assert [text.rpartition("  ")[0] for text in texts] == [
        "teacher: label loss", "baseline: label loss, 2 seeds",
        "student: label loss, 2 seeds", "student: soft loss, 2 seeds",
    ]  # fmt: skip
    plots.course.show_widget(RATES)
    assert drawn(qtbot, plots.rates) == {"teacher", "baseline", "student"}


def test_a_seed_that_still_trains_is_drawn_beside_those_that_have(qtbot, plots, seeded, tmp_path):
    lines = seeded.events_file.read_bytes().splitlines(keepends=True)
    halfway = next(
        number for number, line in reversed([*enumerate(lines)]) if json.loads(line)["kind"] == "epoch-done"
    )
    growing = type(seeded)(tmp_path)
    growing.events_file.write_bytes(b"".join(lines[:halfway]))
    plots.show_runs(followed(growing), None)
    assert drawn(qtbot, plots.accuracy) == {"teacher", "baseline", "student"}
    accuracy = plots.run.state.curves.accuracy
    assert [len(accuracy[f"student seed-{seed}"].x) for seed in (0, 1)] == [2, 1]
    raw = plots.accuracy._curves["", "student"][0].getData()[1]
    assert raw == pytest.approx([100 * y for y in accuracy["student seed-0"].y])
    beside = plots.accuracy._seeds["", "student"].growing.getData()[1]
    assert beside[0] == pytest.approx(100 * accuracy["student seed-1"].y[0])
    assert any("student, 1 of 2 seeds" in b.text() for b in plots.accuracy.legend._buttons.values())


def test_two_runs_are_drawn_over_each_other(qtbot, plots, folder, runs):
    other = run_in(runs, small_experiment("strategy.temperature=2"), "other")
    plots.show_runs(followed(folder), followed(other))
    qtbot.waitUntil(lambda: len(plots.accuracy._curves) == 6)
    texts = [button.text() for button in plots.accuracy.legend._buttons.values()]
    assert sum("(beside)" in text for text in texts) == 3
    own, beside = (plots.accuracy._curves[ending, "student"][0] for ending in ("", " (beside)"))
    assert own.opts["pen"].color() == beside.opts["pen"].color()
    assert own.opts["pen"].style() != beside.opts["pen"].style()


def test_classes_have_one_bar_for_each_network_the_mean_over_its_seeds(qtbot, plots, runs):
    settings = ("strategy.temperatures=[1, 4]", "seeds=2")
    sweep = run_in(runs, small_experiment(*settings, strategy="temperature-sweep"))
    plots.show_runs(followed(sweep), None)
    qtbot.waitUntil(lambda: bool(plots.classes._values))
    assert list(plots.classes._values) == ["teacher", "baseline", "T1 α0,1", "T4 α0,1"]
    of_seeds = [class_accuracies(read_confusion(sweep, f"T4 α0,1 seed-{s}").confusion) for s in (0, 1)]
    assert plots.classes._values["T4 α0,1"] == pytest.approx(100 * np.mean(of_seeds, 0))
