import json

import pytest
from pydantic import ValidationError

from kdstudio.engine.events import StageSummary, event_adapter
from tests.small import small_experiment, train


def test_every_event_of_a_run_survives_json():
    events, _states = train(small_experiment())
    kinds = {event.kind for event in events}
    assert kinds >= {"preparing", "run-started", "stage-started", "step-done", "epoch-done", "stage-done"}
    for event in events:
        text = event.model_dump_json()
        without = {"confusions": {}} if hasattr(event, "confusions") else {}  # kept in files beside
        assert event_adapter.validate_json(text) == event.model_copy(update=without)
        assert json.loads(text)["kind"] == event.kind
        assert "confusions" not in json.loads(text)


def test_events_are_frozen():
    event = event_adapter.validate_python({"kind": "run-done", "seconds": 1.0})
    with pytest.raises(ValidationError, match="frozen"):
        event.seconds = 2.0


def test_events_of_a_newer_version_with_more_in_them_are_read():
    assert event_adapter.validate_python({"kind": "run-done", "seconds": 1.0, "joules": 5}).seconds == 1.0


def outline(name="student", **coordinates):
    return StageSummary(
        name=name, coordinates=coordinates, epochs=7, steps_per_epoch=11, batch_size=1, terms=(), trained=(),
        frozen=(), parameters={}, flops_per_step=1.0,
    )  # fmt: skip


def test_the_steps_of_a_stage_are_epochs_times_steps():
    assert outline().steps == 77


def test_stages_that_differ_in_the_seed_alone_have_one_plain_name():
    swept = {"strategy.temperature": 4.0}
    assert outline("student T4 seed-1", **swept, seed=1).plain_name == "student T4"
    assert outline("student T4", **swept).plain_name == "student T4"
    assert outline("my seed-1").plain_name == "my seed-1"
