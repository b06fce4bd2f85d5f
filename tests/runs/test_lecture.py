"""The course: read, fitted into the time there is, and shown by runs that are there already."""

import pytest

from kdstudio.engine.run_plan import run_plan
from kdstudio.errors import KDStudioError
from kdstudio.runs.control import ask
from kdstudio.runs.lecture import course_table, lecture, minutes_of, run_of, session_of, shown_by, steps
from kdstudio.runs.presets import load_experiment, to_toml
from tests.small import small_context, small_experiment

CLAIM = "claim={statement='It is so', measured=[{quantity='errors', expect='lower'}]}"


@pytest.fixture
def course(tmp_path):
    """Make a course of claims, each with so many minutes for its presets, trained for an instant."""

    def make(*claims):
        text = ""
        for number, variants in enumerate(claims, 1):
            text += f"[[claims]]\nnumber = {number}\ntitle = 'Claim {number}'\npresets = [\n"
            for place, minutes in enumerate(variants):
                file = tmp_path / f"{number}-{place}.toml"
                file.write_text(to_toml(small_experiment(CLAIM, "seeds=2", f"seed={number + place}")))
                text += f"  {{ name = '{file}', minutes = {minutes} }},\n"
            text += "]\n"
        path = tmp_path / "lecture.toml"
        path.write_text(text)
        return lecture(path)

    return make


def test_every_claim_of_the_package_has_presets_that_make_it():
    found = lecture()
    numbers = [lesson.number for lesson in found.claims]
    assert numbers == sorted(set(numbers))
    for variant in (variant for lesson in found.claims for variant in lesson.presets):
        if variant.experiment.data.source.name == "digits":
            once = variant.experiment.model_copy(update={"seeds": 1})
            assert run_plan(small_context(once)).notes == ()


@pytest.mark.parametrize(
    ("minutes", "chosen"),
    [(None, (9, 5, 2)), (13, (3, 5, 2)), (8, (1, 5, 2)), (1, (1, 4, 2))],
)
def test_the_claim_that_saves_most_is_shortened_first(course, minutes, chosen):
    found = steps(course((9, 3, 1), (5, 4), (2,)), minutes)
    assert tuple(step.variant.minutes for step in found) == chosen
    assert minutes_of(found) == sum(chosen)


def test_data_that_are_not_here_are_passed_over(course, monkeypatch):
    found = course((9, 3))
    source = type(load_experiment("digits-hinton").data.source)
    monkeypatch.setattr(source, "lacks", lambda _self: "a download")
    assert [step.variant.minutes for step in steps(found)] == [3]


def test_a_course_says_what_is_wrong_with_it(course, tmp_path):
    with pytest.raises(KDStudioError, match="the lecture has no claim 7; there are 1, 2"):
        course((1,), (1,)).chosen({7})
    assert [lesson.number for lesson in course((1,), (1,)).chosen({2}).claims] == [2]
    path = tmp_path / "wrong.toml"
    path.write_text("[[claims]]\nnumber = 1\ntitle = 'T'\npresets = []\n")
    with pytest.raises(KDStudioError, match=r"is no course: claims.0.presets: a claim needs a preset"):
        lecture(path)
    path.write_text("[[claims]]\nnumber = 1\ntitle = 'T'\npresets = [{ name = 'nobody', minutes = 1 }]\n")
    with pytest.raises(KDStudioError, match="no preset 'nobody'"):
        steps(lecture(path))
    plain = tmp_path / "plain.toml"
    plain.write_text(to_toml(small_experiment()))
    path.write_text(f"[[claims]]\nnumber = 1\ntitle = 'T'\npresets = [{{ name = '{plain}', minutes = 1 }}]\n")
    with pytest.raises(KDStudioError, match="makes no claim; add a table"):
        steps(lecture(path))


def test_a_claim_is_run_once_and_gone_on_with(course, runs):
    (step,) = steps(course((1,)))
    assert run_of(step.experiment, runs) is None
    session = session_of(step, runs, lambda _event: None)
    events = session.events()
    next(events)
    ask(session.folder, "stop")
    for _event in events:
        pass
    left = run_of(step.experiment, runs)
    assert (left, shown_by(step, left).fault) == (session.folder, "the run is stopped")
    for _event in session_of(step, runs, lambda _event: None).events():
        pass
    shown = shown_by(step, run_of(step.experiment, runs))
    assert (shown.run, shown.judgement) == (left, left.summary().claim)
    assert len([*runs.glob("*/summary.json")]) == 1
    ((number, title, measured, _difference, _published, verdict, _time),) = course_table([shown]).rows
    assert (number, title, measured) == ("1", "Claim 1", "errors of student lower than baseline")
    assert verdict.split(":")[0] == shown.judgement.verdict
    claim = step.experiment.claim.model_copy(update={"statement": "It is otherwise"})
    other = step.experiment.model_copy(update={"claim": claim})
    step.variant.__dict__["experiment"] = other
    assert shown_by(step, left).judgement.statement == "It is otherwise"
    assert run_of(other, runs) == left
