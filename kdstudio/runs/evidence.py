"""What quantities of a claim are read from: a finished run's table, and what its folder has kept."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from statistics import fmean
from typing import TYPE_CHECKING

from kdstudio.engine.events import NetworkResult
from kdstudio.engine.quantities.declaration import Answered
from kdstudio.engine.selecting import Selector, nearest, spoken_selector
from kdstudio.engine.views import Comparison
from kdstudio.errors import KDStudioError
from kdstudio.runs.folder import RunFolder
from kdstudio.runs.latency import TimedPart, measure_latencies
from kdstudio.runs.log import RunFollower
from kdstudio.runs.predictions import Predictions, read_predictions
from kdstudio.runs.state import RunState
from kdstudio.runs.summary import Summary

if TYPE_CHECKING:
    import numpy as np


class RunEvidence:
    """Reads a run for quantities; what has been read is kept for the next one."""

    def __init__(
        self, summary: Summary, folder: RunFolder | None = None, *, allow_code: bool = False
    ) -> None:
        """Without a ``folder``, as of several runs gathered, there is what the table says.

        ``allow_code`` lets networks be built by the user's own Python files.
        """
        self.rows: Mapping[str, NetworkResult] = {row.name: row for row in summary.networks.values()}
        self.kinds: Comparison = summary.comparison
        self._kept = folder
        self._allow_code = allow_code

    @property
    def _folder(self) -> RunFolder:
        if self._kept is None:
            raise KDStudioError("this is read from one run's folder, not from several runs together")
        return self._kept

    def row(self, network: str) -> NetworkResult:
        """The network's row in the table of results."""
        return self.rows[network]

    def other(self, network: str, where: Selector) -> str:
        """Name of the one network that fits ``where`` and belongs to ``network``."""
        found = [row.name for row in nearest(self.rows[network], self.rows.values(), where)]
        if len(found) != 1:
            wanted, there = spoken_selector(where), ", ".join(found) or "none"
            raise KDStudioError(f"'{network}' needs one network with {wanted}; there are {there}")
        return found[0]

    def weights(self, network: str) -> Mapping[str, np.ndarray]:
        """Floating-point weights after the last epoch, by name; torch is not needed."""
        from safetensors import SafetensorError
        from safetensors.numpy import load_file

        file = self._folder.network_file(network)
        try:
            found = load_file(file)
        except (SafetensorError, OSError, TypeError) as error:
            raise KDStudioError(f"the weights '{file}' cannot be read: {error}") from error
        return {name: values for name, values in found.items() if values.dtype.kind == "f"}

    def answers(self, *networks: str) -> Answered:
        """What they answer to the test images of the classes that all of them tell apart."""
        if missing := [name for name in networks if name not in self._predictions.logits]:
            raise KDStudioError(f"the run has kept no weights of '{missing[0]}'")
        found = self._predictions.of_networks(*networks)
        return Answered(found.labels, tuple(found.logits[name].double() for name in networks))

    @cached_property
    def _predictions(self) -> Predictions:
        return read_predictions(self._folder, allow_code=self._allow_code)

    def gradient_shares(self, network: str) -> Mapping[str, float]:
        """Share of each term in the gradients of the update that it shares, mean over the epochs."""
        stage = next((s.name for s in reversed(self._state.stages) if network in s.trained), "")
        shares = self._state.curves.shares
        own = {key.term: series.y for key, series in shares.items() if key.stage == stage}
        return {term: fmean(values) for term, values in own.items() if values}

    @cached_property
    def _state(self) -> RunState:
        follower = RunFollower(self._folder)
        follower.poll()
        return follower.state

    def seconds(self, network: str) -> float:
        """Median time for one image; all kept networks are timed in turn, so that they meet one load."""
        if network not in self._latencies:
            raise KDStudioError(f"the run has kept no weights of '{network}'")
        return self._latencies[network]

    @cached_property
    def _latencies(self) -> Mapping[str, float]:
        kept = [name for name in self._folder.networks() if name in self.rows]
        parts = {name: TimedPart(self._folder.network_file(name)) for name in kept}
        found = measure_latencies(parts, allow_code=self._allow_code).latencies
        return {name: latency.median for name, latency in found.items()}
