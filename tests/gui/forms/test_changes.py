"""What differs from the preset, and what a field is held against."""

import pytest

from kdstudio.engine.strategy import strategies
from kdstudio.gui.forms.changes import changed_paths, reference, same, shape
from kdstudio.gui.forms.draft import Draft
from kdstudio.gui.forms.fields import default_values
from kdstudio.gui.forms.history import History, Moment

PRESET = {
    "name": "one",
    "strategy": {"name": "hinton", "temperature": 4.0},
    "networks": {"teacher": {"model": {"name": "mlp", "widths": [8]}}},
    "sweep": {},
}


def with_strategy(**strategy):
    return PRESET | {"strategy": strategy}


def test_what_is_missing_is_empty():
    assert same({"a": None}, {})
    assert same({"a": ""}, {})
    assert not same({"a": 0}, {})
    assert not same({"a": [1]}, {"a": [1, 2]})


def test_another_name_of_the_experiment_is_one_change():
    assert list(changed_paths(PRESET, PRESET | {"name": "two"})) == [("name",)]
    assert reference(PRESET, PRESET | {"name": "two"}, ("name",)) == "one"


def test_a_value_is_held_against_the_presets():
    raw = with_strategy(name="hinton", temperature=8.0)
    assert list(changed_paths(PRESET, raw)) == [("strategy", "temperature")]
    assert reference(PRESET, raw, ("strategy", "temperature"), default=1.0) == 4.0


def test_within_another_choice_the_defaults_count():
    raw = with_strategy(name="mutual", temperature=8.0)
    assert list(changed_paths(PRESET, raw)) == [("strategy",)]
    assert reference(PRESET, raw, ("strategy", "temperature"), default=1.0) == 1.0
    assert reference(PRESET, raw, ("strategy",)) == PRESET["strategy"]


def test_a_network_for_a_new_role_is_held_against_the_last_one():
    networks = {"student": {"model": {"name": "mlp", "widths": [9]}}}
    raw = PRESET | {"networks": networks}
    assert reference(PRESET, raw, ("networks", "student", "model", "widths")) == [8]
    assert list(changed_paths(PRESET, raw)) == [("networks", "student", "model", "widths")]


def test_shapes_tell_choices_apart_and_not_values():
    assert shape(PRESET) == shape(with_strategy(name="hinton", temperature=9.0) | {"name": "two"})
    assert shape(PRESET) != shape(with_strategy(name="match", temperature=4.0))


def test_typing_in_one_field_is_one_step_until_it_settles():
    history = History()
    moments = [Moment("preset", {}, {"step": step}) for step in range(6)]
    history.record(moments[0], ("a",))
    history.record(moments[1], ("a",))
    assert history.before == moments[:1]
    history.record(moments[2], ("b",))
    history.settle()
    history.record(moments[3], ("b",))
    assert history.before == [moments[0], moments[2], moments[3]]
    assert history.back(moments[4]) == moments[3]
    assert history.forward(moments[3]) == moments[4]
    history.back(moments[4])
    history.record(moments[5])
    assert history.after == []


@pytest.mark.parametrize("name", list(strategies))
def test_choosing_a_strategy_is_undone_and_done_again(qapp, name):
    draft = Draft("digits-hinton")
    before = draft.moment
    draft.choose(("strategy",), default_values(strategies[name]))
    after = draft.moment
    draft.undo()
    assert draft.moment == before
    assert draft.changes == []
    draft.redo()
    assert draft.moment == after
    draft.reset()
    assert draft.raw == before.raw
    assert draft.experiment is not None


def test_typed_steps_presets_and_resets_are_undone_in_turn(qapp):
    draft = Draft("digits-hinton")
    temperature = ("strategy", "temperature")
    for text in (1, 12, 12.5):
        draft.set(temperature, text, typing=True)
    draft.load("digits-mutual")
    assert draft.changes == []
    draft.undo()
    assert (draft.source, draft.value(temperature)) == ("digits-hinton", 12.5)
    assert draft.changes == [temperature]
    draft.undo()
    assert draft.value(temperature) == 2.0
    draft.undo()
    assert draft.value(temperature) == 2.0
    draft.redo()
    draft.reset(temperature)
    assert draft.changes == []
    draft.undo()
    assert draft.value(temperature) == 12.5


def test_what_was_saved_is_not_changed_any_more(qapp):
    draft = Draft("digits-hinton")
    draft.set(("seeds",), 3)
    draft.saved_as("mine.toml")
    assert (draft.source, draft.changes) == ("mine.toml", [])
    draft.undo()
    assert (draft.source, draft.value(("seeds",))) == ("digits-hinton", 5)
