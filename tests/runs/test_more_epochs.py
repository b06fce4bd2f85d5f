"""More epochs for a finished run, whatever its strategy: a new run that starts where the former one ended."""

import pytest

from kdstudio.engine.events import StageStarted
from kdstudio.errors import KDStudioError
from kdstudio.runs.more_epochs import going_on_from
from kdstudio.runs.session import new_session, resumed_session
from kdstudio.runs.weights import load_tensors
from tests.small import run_in, same_state, small_experiment


def started(experiment):
    return {role: getattr(network.weights, "network", "") for role, network in experiment.networks.items()}


@pytest.mark.parametrize(
    ("strategy", "settings", "names"),
    [
        ("supervised", (), {"student": "student"}),
        ("hinton", (), {"teacher": "teacher", "student": "student"}),
        ("born-again", ("strategy.generations=1",), {"teacher": "teacher", "student": "generation-1"}),
        ("mutual", (), {"net-1": "net-1 mutual", "net-2": "net-2 mutual"}),
    ],
)
def test_each_role_starts_from_what_the_run_is_about(runs, strategy, settings, names):
    experiment = small_experiment(*settings, strategy=strategy)
    folder = run_in(runs, experiment)
    assert started(going_on_from(folder, folder.experiment())) == names


def test_the_new_run_begins_where_the_former_one_ended_and_leaves_it_as_it_is(runs):
    folder = run_in(runs, small_experiment(strategy="supervised"), "former")
    before = {file: file.read_bytes() for file in folder.path.rglob("*") if file.is_file()}
    session = new_session(going_on_from(folder, folder.experiment()), runs, "more")
    events = session.events()
    next(event for event in events if isinstance(event, StageStarted))
    found = session._trainer._run.learners["student"].state_dict()
    assert same_state(found, load_tensors(folder.network_file("student")))
    assert [event.kind for event in events][-1] == "run-done"
    assert {file: file.read_bytes() for file in folder.path.rglob("*") if file.is_file()} == before


def test_a_finished_run_that_is_resumed_says_how(runs):
    folder = run_in(runs, small_experiment(strategy="supervised"), "former")
    with pytest.raises(KDStudioError, match="'former' is finished; there is nothing to resume") as caught:
        resumed_session(folder)
    assert f"kdstudio run {folder.path}/experiment.toml --from-run {folder.path} (" in str(caught.value)


def test_of_several_seeds_one_has_to_be_chosen(runs):
    folder = run_in(runs, small_experiment("seeds=2", strategy="supervised"), "both")
    with pytest.raises(KDStudioError, match=r"the student once for each seed; .*weights.run=both") as caught:
        going_on_from(folder, folder.experiment())
    assert str(caught.value).endswith("--set networks.student.weights.network='student seed-0'")


def test_what_fits_no_role_is_refused(runs):
    folder = run_in(runs, small_experiment(strategy="supervised"))
    other = small_experiment("networks.student.model.widths=[9]", strategy="supervised")
    with pytest.raises(KDStudioError, match="no weights that the student of this experiment could"):
        going_on_from(folder, other)
