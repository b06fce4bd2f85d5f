"""What is looked at before a run: its first setting, and how often each stage is trained."""

import pytest

from kdstudio.errors import KDStudioError
from kdstudio.runs import preview
from kdstudio.runs.preview import Previewer, SampleWish
from tests.small import run_in, small_experiment

SWEEP = 'sweep={"strategy.temperature"=[1, 20], "networks.student.model.widths"=[[3], [5]]}'


def look(*settings, tell=lambda _what, _fraction: None):
    return Previewer().preview(small_experiment(*settings), tell)


def stages(found):
    return {planned.first.own_name: planned.times for planned in found.stages}


def test_every_stage_of_one_trial_is_trained_once():
    found = look()
    assert stages(found) == {"teacher": 1, "baseline": 1, "student": 1}
    assert found.spoken_stages() == "3 stages"
    assert {found.spoken_times(planned) for planned in found.stages} == {""}


def test_stages_are_counted_over_all_trials():
    found = look("seeds=3", SWEEP)
    assert found.trials == 12
    assert stages(found) == {"teacher": 1, "baseline": 6, "student": 12}
    assert [found.spoken_times(planned) for planned in found.stages] == ["once", "6 times", "12 times"]
    assert found.spoken_stages() == "19 stages"
    assert found.networks["student"].architecture == "mlp 3"
    assert stages(look("seeds=3", "teacher_for_each_seed=true"))["teacher"] == 3


def test_of_very_many_trials_only_the_first_is_followed(monkeypatch):
    monkeypatch.setattr(preview, "MOST_FOLLOWED", 3)
    told = []
    found = look("seeds=4", tell=lambda what, _fraction: told.append(what))
    assert stages(found) == {"teacher": 4, "baseline": 4, "student": 4}
    assert found.spoken_stages().startswith("at most 12 stages")
    assert found.spoken_times(found.stages[0]) == "up to 4 times"
    assert told.count("trying stage 'student'") == 1


def test_code_of_any_setting_is_refused_unless_allowed(tmp_path):
    with pytest.raises(KDStudioError, match=r"mine.py:build' runs code"):
        look('sweep={"networks.student.model"=[{name="python", path="mine.py:build"}]}')


def test_samples_are_looked_at_page_by_page():
    previewer, experiment = (
        Previewer(),
        small_experiment(
            "networks.teacher.training.leave_out=[3]", "networks.teacher.training.default_augmentation=true"
        ),
    )

    def page(**wish):
        return previewer.samples(experiment, SampleWish("teacher", **wish), lambda _what, _fraction: None)

    first, second, again, plain = page(), page(page=1), page(draw=1), page(plain=True)
    assert first.pixels.shape == (48, 8, 8, 1)
    assert (first.first, second.first, first.total) == (0, 48, second.total)
    assert "3" not in first.classes + second.classes
    assert first.classes == again.classes == plain.classes
    assert (first.pixels != again.pixels).any()
    assert (first.views, plain.views) == (9, 1)


@pytest.mark.parametrize(
    ("setting", "field"),
    [
        ("data.validation=0.001", ("data", "validation")),
        ('data.classes=["12","1"]', ("data", "classes")),
        ('networks.student.training.leave_out=["12"]', ("networks", "student", "training", "leave_out")),
        ("compute.device=cuda:77", ("compute", "device")),
        ('data.source={name="folder", path="/nowhere"}', ("data", "source", "path")),
    ],
)
def test_what_is_refused_names_the_field_to_blame(setting, field):
    with pytest.raises(KDStudioError) as told:
        look(setting)
    assert told.value.field == field


def test_a_tap_that_is_not_there_names_the_term_that_reads_it():
    terms = '{near={name="attention", student_taps=["nowhere"], teacher_taps=["block1"]}}'
    match = small_experiment(f"strategy.terms={terms}", strategy="match")
    with pytest.raises(KDStudioError, match="gives no 'nowhere'") as told:
        Previewer().preview(match, lambda _what, _fraction: None)
    assert told.value.field == ("strategy", "terms", "near", "student_taps")


def test_weights_that_do_not_fit_are_found_before_the_run(runs):
    small = run_in(runs, small_experiment("networks.student.model.widths=[3]"), "small")
    named = ("networks.teacher.weights.origin=run", f'networks.teacher.weights.run="{small.name}"')
    settings = (*named, "networks.teacher.weights.network=student")
    with pytest.raises(KDStudioError, match="do not fit its architecture") as told:
        Previewer(runs).preview(small_experiment(*settings), lambda _what, _fraction: None)
    assert told.value.field == ("networks", "teacher", "weights")
    fitting = small_experiment(*settings, "networks.teacher.model.widths=[3]")
    assert Previewer(runs).preview(fitting, lambda _what, _fraction: None).networks
