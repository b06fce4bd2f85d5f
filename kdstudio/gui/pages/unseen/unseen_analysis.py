"""What the page shows of a run, read and fitted in the background."""

from __future__ import annotations

from dataclasses import dataclass

from kdstudio.declaration import ProgressCallback
from kdstudio.errors import KDStudioError
from kdstudio.runs.folder import RunFolder
from kdstudio.runs.unseen import UnseenPredictions, read_unseen


@dataclass(frozen=True)
class UnseenAnalysis:
    """The predictions of one run, with every fit."""

    folder: RunFolder
    predictions: UnseenPredictions
    fits: dict[str, dict[int, float]]
    faults: dict[str, str]
    """Why a network's biases could not be fitted."""


def analyse(run: RunFolder, progress: ProgressCallback) -> UnseenAnalysis:
    """Read the run's predictions and fit every network that left classes out."""
    predictions = read_unseen(run, progress)
    made = UnseenAnalysis(run, predictions, {}, {})
    for network in predictions.unseen:
        try:
            made.fits[network] = predictions.fit(network)
        except KDStudioError as error:
            made.faults[network] = str(error)
    return made
