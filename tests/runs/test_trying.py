import pytest
import torch

from kdstudio.errors import KDStudioError
from kdstudio.runs.pictures import Picture
from kdstudio.runs.predictions import read_predictions
from kdstudio.runs.trying import Replies, load_respondents
from tests.small import create_run, digits, run_in, small_experiment


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return run_in(tmp_path_factory.mktemp("runs"), small_experiment())


def test_a_test_image_gets_the_answers_that_it_has_in_the_run(folder):
    respondents = load_respondents(folder)
    assert list(respondents.networks) == ["teacher", "baseline", "student"]
    assert respondents.shape[:3] == (1, 8, 8)
    predictions = read_predictions(folder)
    for number in (0, 7):
        replies = respondents.answer(Picture(digits().test.images[number]))
        for name, logits in replies.logits.items():
            assert torch.allclose(logits, predictions.logits[name][number], atol=1e-5)


def test_probabilities_are_softened_and_named():
    logits = {"teacher": torch.tensor([5.0, 1.0]), "student": torch.tensor([0.0])}
    classes = {"teacher": ("cat", "dog"), "student": ("owl",)}
    replies = Replies(Picture(torch.zeros(1, 8, 8, dtype=torch.uint8)), logits, classes)
    assert replies.class_names == ("cat", "dog", "owl")
    assert replies.probabilities()["teacher"] == pytest.approx({"cat": 0.982, "dog": 0.018}, abs=5e-4)
    assert replies.probabilities(10)["teacher"] == pytest.approx({"cat": 0.599, "dog": 0.401}, abs=5e-4)
    assert replies.probabilities()["student"] == {"owl": 1.0}


def test_networks_can_be_chosen_and_unknown_ones_are_told(folder):
    assert list(load_respondents(folder, "baseline", "teacher").networks) == ["teacher", "baseline"]
    with pytest.raises(KDStudioError, match="no network 'nobody'"):
        load_respondents(folder, "nobody")


def test_a_run_without_networks_is_told(runs):
    with pytest.raises(KDStudioError, match="no trained network yet"):
        load_respondents(create_run(runs, small_experiment()))
