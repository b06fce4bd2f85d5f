"""Names follow from role, kind and coordinates."""

import math
import re

import numpy as np
import pytest

from kdstudio.engine.identity import Identity, spoken_coordinates, title_of
from kdstudio.errors import KDStudioError

SWEPT = {"temperature": 4.0, "alpha": 0.1, "seed": 0}
NAMES = [
    ("teacher", "teacher", {}, "teacher"),
    ("teacher-2", "teacher", {}, "teacher-2"),
    ("teacher", "teacher", {"generation": 0}, "teacher"),
    ("selected teacher", "teacher", {}, "selected teacher"),
    ("student", "student", {}, "student"),
    ("student", "student", {"generation": 2}, "generation-2"),
    ("student", "student", SWEPT, "T4 α0,1 seed-0"),
    ("student-2", "student", SWEPT, "student-2 T4 α0,1 seed-0"),
    ("student", "control", {}, "baseline"),
    ("student", "control", {"seed": 0}, "baseline seed-0"),
    ("student-2", "control", {"seed": 3}, "student-2 baseline seed-3"),
    ("student", "control", {"method": "kd"}, "kd"),
    ("student", "control", {"method": "all outputs"}, "all outputs"),
    ("net-1", "control", {"way": "alone"}, "net-1 alone"),
    ("net-2", "student", {"way": "distilled"}, "net-2 distilled"),
    ("net-1", "peer", {"way": "mutual"}, "net-1 mutual"),
    ("net-1", "peer", {}, "net-1"),
    ("student", "exit", {"exit": 1}, "exit-1"),
    ("student", "ensemble", {}, "ensemble"),
    ("student", "ensemble", {"generation": 2}, "ensemble generation-2"),
    ("student", "average", {"decay": 0.999}, "average decay-0,999"),
    ("student", "assistant", {"size": 1000000}, "assistant size-1e+06"),
    ("student", "assistant", {"way": "v1.5/b"}, "v1,5-b"),
]


@pytest.mark.parametrize(("role", "kind", "coordinates", "name"), NAMES)
def test_a_name_follows_from_what_a_network_is(role, kind, coordinates, name):
    assert Identity(role=role, kind=kind, coordinates=coordinates).name == name


def test_no_name_has_a_dot_or_a_slash_in_it():
    numbers = np.random.default_rng(0).normal(0, 1, 50) * 10.0 ** np.arange(-25, 25)
    for value in (*numbers.tolist(), 0.1, 1e-9, math.pi, "1.5", "a/b", "../up"):
        for kind in ("student", "control", "exit", "of its own"):
            name = Identity(role="student", kind=kind, coordinates={"temperature": value, "x": value}).name
            assert not re.search(r"[./]", name), name


def test_numbers_are_written_as_short_as_they_are():
    spoken = spoken_coordinates({"temperature": 4, "alpha": 0.1, "generation": 3.0, "way": "mutual"})
    assert spoken == ["T4", "α0,1", "generation-3", "mutual"]
    assert spoken_coordinates({"temperature": 2.5}) == spoken_coordinates({"strategy.temperature": 2.5})


def test_coordinates_head_columns_by_their_sign_or_in_words():
    assert [*map(title_of, ("temperature", "alpha", "generation", "hint_layer"))] == [
        "T", "α", "generation", "hint layer",
    ]  # fmt: skip


SWEPT_TITLES = {
    "strategy.temperature": "T",
    "strategy.terms.hint.weight": "hint weight",
    "strategy.name": "strategy",
    "networks.student.model.widths": "widths",
    "networks.student.model.name": "model",
    "networks.net-1.training.optimizer.learning_rate": "net-1 learning rate",
    "networks.student.training.optimizer.name": "optimizer",
    "data.label_noise": "label noise",
    "networks.teacher.model.widths": "teacher widths",
}


@pytest.mark.parametrize(("path", "title"), SWEPT_TITLES.items())
def test_a_swept_field_is_called_by_what_its_path_tells(path, title):
    assert title_of(path) == title


def test_what_tells_trials_apart_stands_behind_the_name_of_one_alone():
    trial = {"strategy.temperature": 4, "networks.student.model.widths": "30-30", "seed": 2}
    for role, kind, coordinates, name in NAMES:
        if "seed" not in coordinates:
            identity = Identity(role=role, kind=kind, coordinates=coordinates)
            assert identity.at(trial).name == f"{name} T4 30-30 seed-2"


def test_a_strategy_that_has_a_seed_of_its_own_is_told_so():
    identity = Identity(role="student", kind="student", coordinates=SWEPT)
    with pytest.raises(KDStudioError, match="by seed itself; leave out the experiment's seeds"):
        identity.at({"seed": 1})


def test_what_differs_in_some_coordinates_alone_is_the_same_without_them():
    one, other = (
        Identity(role="student", kind="student", coordinates={**SWEPT, "seed": seed}) for seed in (1, 2)
    )
    assert one != other
    assert one.without("seed") == other.without("seed")
    assert one.without("seed", "alpha").coordinates == {"temperature": 4.0}
    assert one.without("nothing") == one
    assert one.coordinates["seed"] == 1


def test_of_one_trial_are_those_that_agree_in_what_both_have():
    def of(kind, **coordinates):
        return Identity(role="student", kind=kind, coordinates=coordinates)

    student = of("student", **{"strategy.temperature": 4, "seed": 1})
    assert of("teacher").shares_trial_with(student)
    assert of("control", seed=1).shares_trial_with(student)
    assert not of("control", seed=0).shares_trial_with(student)
    assert not of("student", **{"strategy.temperature": 1, "seed": 1}).shares_trial_with(student)
    assert of("student", generation=1).shares_trial_with(of("student", generation=2))


def test_an_identity_survives_json_with_the_kinds_of_its_coordinates():
    identity = Identity(role="r", kind="k", coordinates={"a": 1, "b": 1.0, "c": "1"})
    found = Identity.model_validate_json(identity.model_dump_json())
    assert found == identity
    assert [*map(type, found.coordinates.values())] == [int, float, str]
    assert list(found.coordinates) == ["a", "b", "c"]
