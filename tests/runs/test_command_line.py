import shlex

import pytest

from kdstudio.runs.command_line import differences, run_command
from kdstudio.runs.presets import load_experiment, plain


def changed(*settings, **crossed):
    preset = plain(load_experiment("digits-hinton"))
    return run_command("digits-hinton", preset, plain(load_experiment("digits-hinton", settings, **crossed)))


def test_a_preset_as_it_is_needs_no_settings():
    assert changed() == "kdstudio run digits-hinton"


def test_only_what_differs_is_told_and_seeds_and_sweeps_have_their_own_options():
    command = changed("strategy.temperature=3", seeds=4, sweep=["strategy.alpha=0.1,0.9"])
    assert command == (
        "kdstudio run digits-hinton --set strategy.temperature=3.0 --seeds 4 --sweep strategy.alpha=0.1,0.9"
    )


def test_a_file_with_spaces_is_one_word():
    values = plain(load_experiment("digits-hinton"))
    assert shlex.split(run_command("my file.toml", values, values)) == ["kdstudio", "run", "my file.toml"]


@pytest.mark.parametrize(
    ("before", "after", "found"),
    [
        ({"a": 1, "b": {"c": 2}}, {"a": 1, "b": {"c": 3}}, [("b.c", 3)]),
        ({"m": {"name": "x", "old": 1}}, {"m": {"name": "y", "new": 2}}, [("m.name", "y"), ("m.new", 2)]),
        ({"s": {"a": 1, "b": 2}}, {"s": {"a": 1}}, [("s", {"a": 1})]),
    ],
)
def test_another_choice_is_told_before_its_options(before, after, found):
    assert differences(before, after) == found
