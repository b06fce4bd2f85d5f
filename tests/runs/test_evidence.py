"""What a run's folder gives to quantities, and the verdict that the run itself writes down."""

import pytest

from kdstudio.errors import KDStudioError
from kdstudio.runs import session as sessions
from kdstudio.runs.evidence import RunEvidence
from kdstudio.runs.predictions import read_predictions
from kdstudio.runs.weights import load_tensors
from tests.small import run_in, small_experiment

CLAIM = (
    "seeds=2",
    "claim={statement='It is so', measured=[{quantity={name='entropy', temperature=8}, "
    "than_quantity='entropy', than={kind='student'}, expect='higher'}]}",
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return run_in(tmp_path_factory.mktemp("claimed"), small_experiment(*CLAIM))


def test_a_run_ends_with_its_verdict(folder):
    kinds = [event.kind for event in folder.events()]
    assert kinds[-2:] == ["claim-judged", "run-done"]
    judgement = folder.summary().claim
    (found,) = judgement.findings
    assert (judgement.statement, found.seeds) == ("It is so", 2)
    assert (found.of, found.than) == ("student at T = 8", "student at T = 1")
    assert found.difference > 0


def test_a_quantity_that_fails_costs_no_run(runs, monkeypatch):
    def fail(*_arguments, **_options):
        raise ZeroDivisionError("of a package")

    monkeypatch.setattr(sessions, "judged_run", fail)
    short = "networks.student.training.epochs=1"
    folder = run_in(runs, small_experiment(CLAIM[1], short, strategy="supervised"))
    (told,) = (event.message for event in folder.events() if event.kind == "notice")
    assert told.startswith("The claim could not be measured: ZeroDivisionError: of a package")
    assert (folder.summary().status, folder.summary().claim) == ("finished", None)


def test_evidence_is_what_the_folder_has_kept(folder):
    found = RunEvidence(folder.summary(), folder)
    name = "student seed-1"
    assert found.other(name, {"kind": "control"}) == "baseline seed-1"
    assert found.other(name, {"kind": "teacher"}) == "teacher"
    with pytest.raises(KDStudioError, match="needs one network with role = student; there are"):
        found.other("teacher", {"role": "student"})
    weights, kept = found.weights(name), load_tensors(folder.network_file(name))
    assert {key: values.tolist() for key, values in weights.items()} == {
        key: values.tolist() for key, values in kept.items() if values.is_floating_point()
    }
    predictions = read_predictions(folder)
    labels, (logits,) = found.answers(name)
    assert labels.equal(predictions.labels)
    assert logits.equal(predictions.logits[name].double())
    shares = found.gradient_shares(name)
    assert shares.keys() == {"label loss", "soft loss"}
    assert sum(shares.values()) == pytest.approx(1)


def test_what_was_not_kept_is_told(folder, tmp_path):
    found = RunEvidence(folder.summary(), folder)
    with pytest.raises(KDStudioError, match="no weights of 'nobody'"):
        found.answers("nobody")
    with pytest.raises(KDStudioError, match="cannot be read"):
        found.weights("nobody")
