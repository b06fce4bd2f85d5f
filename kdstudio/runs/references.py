"""Weights that an experiment names: found once, noted with their content, read once."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import TYPE_CHECKING

from kdstudio.engine.experiment import Experiment, FromFile, FromRun, NetworkSpec, TrainHere
from kdstudio.errors import KDStudioError, speaking_of
from kdstudio.given import MISSING, given_path, reason, why_no_file
from kdstudio.models.declaration import ImageShape
from kdstudio.runs.finding import find_run
from kdstudio.runs.folder import RunFolder
from kdstudio.runs.kept_networks import lost, lost_networks
from kdstudio.runs.weights import load_weights_file

if TYPE_CHECKING:
    from torch import Tensor


def resolved(experiment: Experiment, runs: Path, own: RunFolder | None = None) -> Experiment:
    """Return ``experiment`` with every run and file that it names found, and its content noted.

    ``latest`` becomes the run that is the latest now, or was before the experiment's ``own`` run was made.
    Raises KDStudioError where something is not there, or where it is no longer what an earlier resolution
    has noted.
    """
    networks = {}
    for role, network in experiment.networks.items():
        with speaking_of("networks", role, "weights"):
            networks[role] = _resolved(network, runs, own)
    return experiment.model_copy(update={"networks": networks})


def _resolved(network: NetworkSpec, runs: Path, own: RunFolder | None) -> NetworkSpec:
    weights = network.weights
    if isinstance(weights, TrainHere):
        return network
    if isinstance(weights, FromRun):
        folder = find_run(weights.run, runs, before=own)
        weights = weights.model_copy(update={"run": os.path.realpath(folder.path)})
    else:
        weights = weights.model_copy(update={"path": os.path.realpath(given_path(weights.path))})
    path = weights_file(weights)
    found = _sha256(path)
    if weights.sha256 and weights.sha256 != found:
        raise KDStudioError(
            f"'{path}' holds other weights than when this run began (its SHA-256 is {found[:12]}…, not "
            f"{weights.sha256[:12]}…); put the former file back, or run the experiment anew"
        )
    return network.model_copy(update={"weights": weights.model_copy(update={"sha256": found})})


def check_weights(
    experiment: Experiment, runs: Path, image: ImageShape, class_names: tuple[str, ...]
) -> None:
    """Raise KDStudioError where weights that ``experiment`` names are not there, or fit no such network."""
    from kdstudio.engine.loading import load_state
    from kdstudio.models.modules.drawing import OwnGenerator
    from kdstudio.models.modules.layout import build

    read = WeightsReader()
    for role, network in resolved(experiment, runs).networks.items():
        if not isinstance(network.weights, TrainHere):
            with speaking_of("networks", role, "weights"), OwnGenerator(0):
                module = build(network.model, image, len(class_names))
                load_state(module, read(network.weights, class_names), role)


def weights_file(source: FromFile | FromRun) -> Path:
    """The file that ``source`` means; KDStudioError where a run has no such network."""
    if isinstance(source, FromFile):
        return Path(source.path)
    folder = RunFolder(Path(source.run))
    if source.network in lost_networks(folder):
        raise lost(folder, source.network)
    if source.network not in folder.networks():
        raise KDStudioError(
            f"run '{folder.name}' has no network '{source.network}'; "
            f"it has {', '.join(folder.networks()) or 'none yet'}"
        )
    return folder.network_file(source.network)


def _sha256(path: Path) -> str:
    if why := why_no_file(path):
        said = f"no weights file '{path}'" if why == MISSING else f"'{path}' holds no weights: {why}"
        raise KDStudioError(f"{said}; name a .safetensors, .pt or .pth file")
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise KDStudioError(f"'{path}' cannot be read: {reason(error)}") from error


class WeightsReader:
    """Reads resolved weights, each file once."""

    def __init__(self) -> None:
        """Nothing read yet."""
        self._read: dict[Path, dict[str, Tensor]] = {}

    def __call__(self, source: FromFile | FromRun, class_names: tuple[str, ...]) -> dict[str, Tensor]:
        """Return the weights that ``source`` means, made for ``class_names``."""
        path = weights_file(source)
        if path not in self._read:
            self._read[path] = load_weights_file(path, class_names)
        return self._read[path]
