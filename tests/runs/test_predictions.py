import pytest
import torch

from kdstudio.errors import KDStudioError
from kdstudio.runs.predictions import read_predictions
from tests.small import create_run, run_in, small_experiment


def test_answers_give_the_errors_that_the_run_has_recorded(runs):
    folder = run_in(runs, small_experiment())
    summary = folder.summary()
    for part, count in (("test", 450), ("validation", 270)):
        predictions = read_predictions(folder, part)
        assert predictions.logits.keys() == {"teacher", "baseline", "student"}
        assert predictions.pixels.shape == (count, 1, 8, 8)
        assert predictions.pixels.dtype == torch.uint8
        for name, logits in predictions.logits.items():
            errors = int((logits.argmax(1) != predictions.labels).sum())
            assert errors == getattr(summary.networks[name], part).errors


def test_a_run_without_networks_is_told(runs):
    folder = create_run(runs, small_experiment())
    with pytest.raises(KDStudioError, match="no trained network yet"):
        read_predictions(folder)
