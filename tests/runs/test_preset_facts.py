"""What a list of presets says of each."""

import pytest

from kdstudio.runs.preset_facts import TIMES, preset_facts, seconds_in, took
from kdstudio.runs.presets import load_experiment, plain, preset_names
from kdstudio.runs.summary import Summary


def summary(seconds, status="finished", settings=()):
    experiment = plain(load_experiment("digits-hinton", settings))
    return Summary(
        name="any", started="2026-01-01T00:00:00", status=status, experiment=experiment, seconds=seconds
    )


@pytest.fixture(scope="module")
def facts():
    return {preset.name: preset for preset in preset_facts()}


def test_they_come_in_the_order_of_the_gallery(facts):
    assert list(facts) == preset_names()


def test_a_preset_says_what_it_is_of(facts):
    preset = facts["mnist-mutual"]
    assert (preset.strategy, preset.data) == ("Mutual learning", "MNIST")
    assert preset.paper == "Zhang, Xiang, Hospedales, Lu 2018"


def test_words_are_found_in_all_that_is_said(facts):
    assert facts["mnist-mutual"].matches("zhang MNIST")
    assert facts["digits-hinton"].matches("soft targets small")
    assert not facts["digits-hinton"].matches("soft cifar")


def test_data_that_are_not_here_are_named(monkeypatch, tmp_path):
    monkeypatch.setenv("KDSTUDIO_DATA", str(tmp_path))
    lacks = {preset.name: preset.lacks for preset in preset_facts()}
    assert lacks["mnist-hinton"] == "a download"
    assert lacks["digits-hinton"] == ""
    assert lacks["folder-resnet"] == "the folder 'cifar10-small'"


def test_without_runs_the_time_is_the_expected_one(facts):
    found = took(facts["digits-hinton"], [])
    assert not found.measured
    assert found.text == f"expected: {facts['digits-hinton'].about.expected}"


def test_time_is_the_median_of_finished_runs_of_the_same_experiment(facts):
    other = summary(1000, settings=["strategy.temperature=3"])
    runs = [summary(10), summary(30), summary(14), summary(1, status="stopped"), other]
    found = took(facts["digits-hinton"], runs)
    assert (found.seconds, found.measured) == (14, True)
    assert found.text == "14 s on this machine, median of 3"


def test_another_device_or_name_is_the_same_preset(facts):
    found = took(facts["digits-hinton"], [summary(12, settings=["compute.threads=1", "name=mine"])])
    assert found.text == "12 s on this machine"


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("9 s on 2 CPU cores", 9),
        ("about 13 min on 2 CPU cores", 780),
        ("hours on a GPU, days on a CPU", 10_800),
        ("half a day on a large GPU", 86_400),
        ("soon", None),
        ("", None),
    ],
)
def test_times_are_read_off_sentences(text, seconds):
    assert seconds_in(text) == seconds


def test_every_expected_time_can_be_filtered_by(facts):
    times = {name: seconds_in(preset.about.expected) for name, preset in facts.items()}
    assert all(times.values())
    assert times["digits-hinton"] <= TIMES["a minute"] < times["mnist-mutual"] <= TIMES["ten minutes"]
