"""Choosing a run and networks of it."""

import pytest

from kdstudio.gui.run_index import SharedIndex
from kdstudio.gui.run_picker import RunPicker, saved_networks
from kdstudio.runs.comparison import main_reference, main_result
from kdstudio.runs.folder import RunFolder
from tests.small import run_in, small_experiment

ODD = "<b>&"


@pytest.fixture
def older(runs):
    return run_in(runs, small_experiment(), "older")


@pytest.fixture
def newer(runs, older):
    return run_in(runs, small_experiment(strategy="supervised"), "newer")


def trained(run, summary):
    return {name: f"{name} of {run.name}" for name in saved_networks(run, summary)}


@pytest.fixture
def index(qapp, runs):
    return SharedIndex(runs)


@pytest.fixture
def picker(index):
    return RunPicker(index, trained, {"Teacher": main_reference, "Student": main_result})


def look(picker):
    """List the runs that are in the folder now."""
    picker.index.look_now()
    picker.refresh()


def told(picker):
    heard = []
    picker.chosen.connect(lambda: heard.append((picker.run and picker.run.name, picker.networks)))
    return heard


def test_without_runs_nothing_is_chosen(picker):
    look(picker)
    assert picker.run is None
    assert picker.networks == (None, None)


def test_the_newest_run_and_its_usual_networks_are_chosen_first(picker, older, newer):
    heard = told(picker)
    look(picker)
    assert heard == [("newer", ("student", "student"))]
    assert [picker.run_box.itemText(place) for place in range(picker.run_box.count())] == ["newer", "older"]
    assert picker.network_boxes["Student"].currentText() == "student of newer"


def test_another_run_offers_its_own_networks(picker, older, newer):
    look(picker)
    heard = told(picker)
    picker.choose(older)
    assert heard[-1] == ("older", ("student", "student"))
    assert picker.network_boxes["Teacher"].count() == 3
    picker.network_boxes["Teacher"].setCurrentIndex(0)
    assert heard[-1] == ("older", ("teacher", "student"))


def test_what_is_chosen_stays_chosen_when_the_runs_are_listed_anew(picker, older, runs):
    look(picker)
    picker.network_boxes["Student"].setCurrentIndex(1)
    run_in(runs, small_experiment(), "newest")
    look(picker)
    assert picker.run == older
    assert picker.networks == ("teacher", "baseline")
    assert picker.run_box.count() == 2


def test_a_choice_of_one_network_is_no_choice(picker, older, newer):
    look(picker)
    assert not picker.network_boxes["Student"].isEnabled()
    picker.choose(older)
    assert picker.network_boxes["Student"].isEnabled()


def test_a_run_that_has_gone_leaves_the_choice_as_it_is(picker, older, runs):
    look(picker)
    picker.choose(RunFolder(runs / "gone"))
    assert picker.run == older


def test_runs_without_a_network_to_offer_are_left_out(index, older, newer):
    picker = RunPicker(index, lambda run, _summary: {"a": "a"} if run == older else {}, {})
    look(picker)
    assert [picker.run_box.itemText(place) for place in range(picker.run_box.count())] == ["older"]


def test_names_of_runs_are_shown_as_they_are(picker, runs):
    run_in(runs, small_experiment(strategy="supervised"), "odd").path.rename(runs / ODD)
    look(picker)
    assert picker.run_box.currentText() == ODD
