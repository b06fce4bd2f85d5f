"""Claims that are read, and those that say what is wrong with them before anything is trained."""

import pytest

from kdstudio.engine.run_plan import run_plan
from kdstudio.errors import KDStudioError
from kdstudio.runs.presets import read_experiment, to_toml
from tests.small import small_context, small_experiment

SWEPT = 'sweep={"strategy.divergence"=["kl", "ce"]}'


def claiming(*measured, **more):
    tables = f"claim={{statement='It is so', measured=[{', '.join(measured)}]}}"
    return small_experiment(tables, *more.pop("settings", ()), **more)


def note(*measured, settings=()):
    """What is told before a run that will not show its claim."""
    (told,) = run_plan(small_context(claiming(*measured, settings=settings))).notes
    return told


def test_a_name_alone_is_a_quantity_and_the_whole_is_written_and_read_back():
    experiment = claiming(
        "{quantity='errors', expect='lower'}",
        "{quantity={name='entropy', temperature=8}, than=0.5, expect='higher'}",
        "{quantity={name='weight-distance', to={'strategy.divergence'='ce'}}, "
        "of={'strategy.divergence'='kl'}, than=0, expect='equal', tolerance=0.01}",
        settings=(SWEPT,),
    )
    errors, entropy, _distance = experiment.claim.measured
    assert (errors.quantity.name, errors.than, entropy.quantity.temperature) == ("errors", {}, 8)
    assert errors.selected(experiment.strategy.comparison) == {"kind": "student"}
    assert errors.compared(experiment.strategy.comparison) == {"kind": "control"}
    assert entropy.compared(experiment.strategy.comparison) is None
    assert read_experiment(to_toml(experiment), "it") == experiment
    assert run_plan(small_context(experiment)).notes == ()


@pytest.mark.parametrize(
    ("measured", "reason"),
    [
        ("{quantity='error', expect='lower'}", "claim.measured.0.quantity: no 'error'; there are accuracy, "),
        ("{quantity='errors', expect='less'}", "must be lower, higher or equal, not 'less'"),
        ("{quantity='errors', expect='equal'}", "equal needs a tolerance"),
        ("{quantity='errors', expect='lower', tolerance=1}", "'lower' takes no tolerance"),
        ("{quantity='errors', of={seed=1}, expect='lower'}", "'seed' cannot be selected"),
        ("{quantity='errors', than=1, than_quantity='loss', expect='lower'}", "a number has no quantity"),
        ("", "claim.measured: nothing is measured"),
    ],
)
def test_what_cannot_be_a_claim_is_refused_with_its_path(measured, reason):
    with pytest.raises(KDStudioError) as refused:
        claiming(measured)
    assert reason in str(refused.value)


def drawing(drawn):
    measured = "{quantity='errors', expect='lower'}"
    return small_experiment(f"claim={{statement='It is so', measured=[{measured}], drawn=[{drawn}]}}")


@pytest.mark.parametrize(
    ("drawn", "reason"),
    [
        ("{quantity='entropy', over='alpha', values=[1, 2]}",
         "claim.drawn.0: 'alpha' is no option of the quantity 'entropy'; it has temperature"),
        ("{quantity='errors', over='temperature', values=[1, 2]}", "it has none"),
        ("{quantity='entropy', over='temperature', values=[1, 0]}", "claim.drawn.0"),
        ("{quantity='entropy', over='temperature', values=[1]}", "claim.drawn.0.values"),
    ],
)  # fmt: skip
def test_what_cannot_be_drawn_is_refused_with_its_path(drawn, reason):
    with pytest.raises(KDStudioError) as refused:
        drawing(drawn)
    assert reason in str(refused.value)


def test_networks_that_are_drawn_must_be_there():
    peers = "{quantity='entropy', of={kind='peer'}, over='temperature', values=[1, 2]}"
    (told,) = run_plan(small_context(drawing(peers))).notes
    assert "networks with kind = peer, and there are none" in told
    students = peers.replace("peer", "student")
    assert run_plan(small_context(drawing(students))).notes == ()


@pytest.mark.parametrize(
    ("measured", "reason"),
    [
        ("{quantity='errors', of={kind='peer'}, expect='lower'}",
         "networks with kind = peer, and there are none; there are kind: teacher, control, student; role: "
         "teacher, student"),
        ("{quantity='errors', than={generation=3}, expect='lower'}", "kind = control, generation = 3"),
        ("{quantity='unseen-accuracy', expect='higher'}", "no network leaves a class out"),
        ("{quantity={name='gradient-share', term='hint'}, than=0, expect='higher'}",
         "no term 'hint' shares an update with another; there are label loss, soft loss"),
        ("{quantity={name='agreement', to={kind='peer'}}, expect='higher'}", "kind = peer"),
    ],
)  # fmt: skip
def test_what_a_run_will_not_have_is_told_by_the_dry_run(measured, reason):
    assert reason in note(measured)


def test_networks_of_other_settings_do_not_belong_together():
    students = "{quantity='errors', of={'strategy.divergence'='kl'}, than={kind='student'}, expect='lower'}"
    assert "name the setting in which they differ" in note(students, settings=(SWEPT,))
