"""What can be swept is read off the declarations: every field that a sweep takes, and no other."""

import pytest

from kdstudio.engine.experiment import Experiment
from kdstudio.engine.strategy import strategies
from kdstudio.gui.forms.draft import Draft
from kdstudio.gui.forms.fields import default_values
from kdstudio.gui.forms.sweepable import sweepable


@pytest.fixture
def draft(qapp):
    return Draft("digits-hinton")


def found(draft):
    return {field.path: field for field in sweepable(draft.raw)}


@pytest.mark.parametrize("name", list(strategies))
def test_every_field_offered_can_be_swept(draft, name):
    draft.choose(("strategy",), default_values(strategies[name]))
    for field in found(draft).values():
        if values := field.first_values():
            swept = Experiment.model_validate({**draft.raw, "sweep": {field.path: values}})
            assert list(swept.sweep) == [field.path]


def test_fields_are_told_by_title_place_and_present_value(draft):
    fields = found(draft)
    told = {path: (fields[path].place, fields[path].title, fields[path].spoken_now) for path in fields}
    assert told["strategy.temperature"] == ("Strategy", "Temperature T", "2")
    assert told["strategy.baseline"] == ("Strategy", "Baseline", "on")
    assert told["networks.student.model.widths"] == ("Student · Architecture", "Widths", "[64, 64]")
    rate = "networks.teacher.training.optimizer.learning_rate"
    assert told[rate] == ("Teacher · Training · Optimiser", "Learning rate", "0.1")
    assert told["networks.student.model.name"] == ("Student", "Architecture", "mlp")
    assert told["data.fraction"] == ("Data", "Fraction", "1")


def test_what_cannot_be_swept_is_not_offered(draft):
    fields = found(draft)
    for path in ("name", "seed", "data.seed", "compute.threads", "data.source.name"):
        assert path not in fields
    assert not [path for path in fields if ".weights." in path]


def test_the_fields_of_named_terms_are_offered_whatever_the_term_is_called(draft):
    terms = {"weights": {"name": "weights"}, "attention": {"name": "attention"}}
    draft.choose(("strategy",), {"name": "match", "terms": terms})
    fields = found(draft)
    assert fields["strategy.terms.attention.weight"].place == "Strategy · Attention"
    assert "strategy.terms.weights.weight" in fields


def test_choices_are_offered_by_what_people_read(draft):
    fields = found(draft)
    assert fields["strategy.divergence"].choices == {"kl": "kl", "ce": "ce"}
    assert fields["strategy.baseline"].choices == {"off": False, "on": True}
    assert "lenet" in fields["networks.student.model.name"].choices
    assert fields["strategy.temperature"].choices == {}


def test_a_search_finds_by_title_place_path_and_help(draft):
    def titles(words):
        return [field.title for field in sweepable(draft.raw) if field.matches(words)]

    assert titles("temperature") == ["Temperature T"]
    assert titles("STUDENT widths") == ["Widths"]
    assert titles("label_noise") == ["Label noise"]
    assert titles("divided by it before the softmax") == ["Temperature T"]
    assert titles("no such thing") == []
