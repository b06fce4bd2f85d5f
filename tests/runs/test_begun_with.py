"""The settings that a run was begun with: other ones are refused, with what differs and what to do."""

import pytest

from kdstudio.errors import KDStudioError
from kdstudio.runs.begun_with import differences_since
from kdstudio.runs.presets import load_experiment, override, plain, save_experiment, validate
from kdstudio.runs.session import new_session, resumed_session
from tests.small import run_in, same_states, small_experiment, weights_in


@pytest.fixture
def left(runs):
    session = new_session(small_experiment(), runs, "left")
    events = session.events()
    next(event for event in events if event.kind == "epoch-done")
    events.close()
    return session.folder


def edit(folder, *settings):
    file = folder.path / "experiment.toml"
    save_experiment(validate(override(plain(load_experiment(str(file))), settings), "edited"), file)


@pytest.mark.parametrize(
    ("setting", "told"),
    [
        ("seed=3", "seed: 0 → 3"),
        ("networks.student.training.epochs=4", "networks.student.training.epochs: 2 → 4"),
        ("networks.student.training.batch_size=64", "networks.student.training.batch_size: 256 → 64"),
        ("networks.teacher.model.widths=[9]", "networks.teacher.model.widths: [8] → [9]"),
        ("data.fraction=0.5", "data.fraction: 1.0 → 0.5"),
        ("strategy.temperature=7", "strategy.temperature: 4.0 → 7.0"),
        ("seeds=2", "seeds: 1 → 2"),
        ("compute.precision=bfloat16", "compute.precision: float32 → bfloat16"),
    ],
)
def test_a_run_whose_settings_have_been_changed_is_refused_and_left_as_it_is(runs, left, setting, told):
    edit(left, setting)
    before = {file: file.read_bytes() for file in left.path.rglob("*") if file.is_file()}
    with pytest.raises(KDStudioError) as caught:
        resumed_session(left)
    assert f"run 'left' was begun with other settings than its experiment.toml has now: {told}. Put" in str(
        caught.value
    )
    assert f"kdstudio run {left.path}/experiment.toml (" in str(caught.value)
    assert {file: file.read_bytes() for file in left.path.rglob("*") if file.is_file()} == before
    assert not left.is_running()


def test_put_back_it_goes_on_and_the_edited_ones_are_a_run_of_their_own(runs, left):
    edit(left, "seed=3")
    anew = run_in(runs, load_experiment(str(left.path / "experiment.toml")), "anew")
    edit(left, "seed=0")
    list(resumed_session(left).events())
    assert same_states(weights_in(left), weights_in(run_in(runs, small_experiment(), "whole")))
    assert same_states(weights_in(anew), weights_in(run_in(runs, small_experiment("seed=3"), "third")))


def test_what_changes_no_result_may_be_changed(left):
    edit(left, "compute.threads=2", "compute.reuse=true", "name=other", 'about={title="A title"}')
    assert differences_since(left, left.experiment()) == ()
    assert [event.kind for event in resumed_session(left).events()][-1] == "run-done"


def test_weights_may_be_elsewhere_as_long_as_they_are_the_same(runs, tmp_path):
    first = run_in(runs, small_experiment("seed=9"), "first")
    weights = "networks.teacher.weights"
    session = new_session(small_experiment(f"{weights}.origin=run", f"{weights}.run=first"), runs, "left")
    events = session.events()
    next(event for event in events if event.kind == "epoch-done")
    events.close()
    copy = tmp_path / "teacher.safetensors"
    copy.write_bytes(first.network_file("teacher").read_bytes())
    first.delete()
    edit(session.folder, f"{weights}.origin=file", f"{weights}.path={str(copy)!r}")
    assert [event.kind for event in resumed_session(session.folder).events()][-1] == "run-done"


def test_a_summary_that_was_edited_too_is_told_by_the_checkpoint(left):
    edit(left, "seed=3")
    left.summary_file.write_text(left.summary_file.read_text().replace('"seed": 0', '"seed": 3'))
    with pytest.raises(KDStudioError, match=r"was saved with other settings than summary\.json has"):
        resumed_session(left)
