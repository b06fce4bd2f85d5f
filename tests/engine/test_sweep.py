"""What is crossed, and what is refused."""

import pytest

from kdstudio.engine.sweep import can_be_swept, coordinate, crossed

VALUES = {"strategy": {"name": "hinton", "temperature": 4.0}, "data": {"fraction": 1.0}}


def test_without_a_sweep_there_is_one_setting_without_coordinates():
    assert list(crossed(VALUES, {})) == [({}, VALUES)]


def test_every_value_meets_every_other_and_the_last_field_changes_first():
    sweep = {"strategy.temperature": (1, 20), "data.fraction": (0.1, 0.5, 1.0)}
    found = list(crossed(VALUES, sweep))
    assert [tuple(coordinates.values()) for coordinates, _ in found] == [
        (1, 0.1), (1, 0.5), (1, 1.0), (20, 0.1), (20, 0.5), (20, 1.0),
    ]  # fmt: skip
    for coordinates, setting in found:
        assert list(coordinates) == list(sweep)
        assert setting["strategy"] == {"name": "hinton", "temperature": coordinates["strategy.temperature"]}
        assert setting["data"] == {"fraction": coordinates["data.fraction"]}
    assert VALUES["data"] == {"fraction": 1.0}


def test_another_choice_drops_the_options_of_the_former():
    ((_, setting),) = crossed(VALUES, {"strategy.name": ("mutual",)})
    assert setting["strategy"] == {"name": "mutual"}


SPOKEN = [
    (4, 4), (0.5, 0.5), ("cutmix", "cutmix"), (True, "on"), (False, "off"), ((8,), 8), ([300, 30], "300-30"),
    ((), "none"), ({"name": "sgd", "momentum": 0.9}, "sgd"), ({"origin": "training"}, "training"),
]  # fmt: skip


@pytest.mark.parametrize(("value", "spoken"), SPOKEN)
def test_a_value_is_said_in_a_number_or_a_word(value, spoken):
    assert coordinate(value) == spoken
    assert type(coordinate(value)) is type(spoken)


@pytest.mark.parametrize(
    ("path", "values", "message"),
    [
        ("strategy.temperature", (), "no values for 'strategy.temperature'"),
        ("strategy.temperature", (1, 4, 1.0), "'strategy.temperature' is tried twice with 1"),
        ("compute.device", ("cpu",), "'compute.device' cannot be swept"),
        ("seed", (1, 2), "'seed' cannot be swept"),
        ("data.source.name", ("digits",), "'data.source.name' cannot be swept"),
        ("data.seed", (1,), "'data.seed' cannot be swept"),
        ("networks.teacher.weights.path", ("a",), "'networks.teacher.weights.path' cannot be swept"),
        ("strategy", (1,), "'strategy' cannot be swept"),
        ("networks.teacher", ({},), "'networks.teacher' cannot be swept"),
        ("strategy.temperature", tuple(range(1, 1002)), "1,001 settings are crossed; there may be 1,000"),
    ],
)
def test_what_cannot_be_swept_is_refused_by_name(path, values, message):
    with pytest.raises(ValueError, match=message):
        list(crossed(VALUES, {path: values}))


def test_a_matching_term_may_be_called_as_what_is_fixed_elsewhere():
    assert can_be_swept("strategy.terms.weights.weight")
    assert not can_be_swept("networks.student.weights.path")
    assert not can_be_swept("data.source.folder")
