"""What a run needs before its first step: data, device, networks, and all stages tried."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from kdstudio.engine.checkpoint import Checkpoint
from kdstudio.engine.events import Preparing
from kdstudio.engine.experiment import Experiment, FromFile, FromRun
from kdstudio.errors import speaking_of
from kdstudio.runs.answer_store import SqliteAnswers
from kdstudio.runs.caches import answers_folder, answers_limit
from kdstudio.runs.folder import RunFolder
from kdstudio.runs.references import WeightsReader
from kdstudio.runs.reuse import KeptStages
from kdstudio.runs.weights import load_tensors

if TYPE_CHECKING:
    from torch import Tensor

    from kdstudio.engine.trained import Trained
    from kdstudio.engine.trainer import StateLoader, Trainer
    from kdstudio.processes import Processes

Tell = Callable[[Preparing], None]
"""Hears what is being prepared; what it raises ends the preparation."""


def prepared(
    experiment: Experiment,
    runs: Path,
    tell: Tell,
    resume: Checkpoint | None = None,
    folder: RunFolder | None = None,
    processes: Processes | None = None,
) -> Trainer:
    """Load the data and try every stage, alone or as the first of several ``processes``."""
    from kdstudio.processes import ALONE

    def finished(stage: int, name: str) -> dict[str, Tensor]:
        assert folder is not None
        part = folder.part_file(stage, name)
        return load_tensors(part if part.exists() else folder.network_file(name))

    together = ALONE if processes is None else processes
    together.agreed((experiment, resume))
    return _trainer(experiment, tell, resume, finished, KeptStages(runs, folder), together)


def prepared_beside(processes: Processes) -> Trainer:
    """Do the same after the first of ``processes``, with what it reads from files."""

    def finished(stage: int, name: str) -> dict[str, Tensor]:
        raise AssertionError(f"the first process reads '{name}' of stage {stage}")

    experiment, resume = processes.from_first(_of_the_first)
    return _trainer(experiment, lambda _: None, resume, finished, None, processes)


def _of_the_first() -> tuple[Experiment, Checkpoint | None]:
    raise AssertionError("only the first process has it")


def _trainer(
    experiment: Experiment,
    tell: Tell,
    resume: Checkpoint | None,
    finished: StateLoader,
    kept: KeptStages | None,
    processes: Processes,
) -> Trainer:
    from dataclasses import replace

    from kdstudio.engine.context import RunContext
    from kdstudio.engine.device import resolve_device
    from kdstudio.engine.trainer import Trainer

    limit = answers_limit()
    store = SqliteAnswers(answers_folder(), limit) if limit else None
    processes = replace(processes, synchronised=experiment.compute.batch_norm == "synchronised")
    read_weights = WeightsReader()

    def progress(what: str, fraction: float = 0.0) -> None:
        tell(Preparing(what=what, fraction=fraction))

    def weights(source: FromFile | FromRun, class_names: tuple[str, ...]) -> dict[str, Tensor]:
        return processes.from_first(lambda: read_weights(source, class_names))

    def state(stage: int, name: str) -> dict[str, Tensor]:
        return processes.from_first(lambda: finished(stage, name))

    with speaking_of("compute", "device"):
        device = resolve_device(experiment.compute.device, processes)
    with speaking_of("data", "source"), processes.in_turn():
        data = experiment.data.source.load(progress)
    context = RunContext(experiment, data, device, weights, processes=processes)
    elsewhere = _FoundByTheFirst(kept, processes) if experiment.compute.reuse else None
    return Trainer(context, resume, state, progress, store, elsewhere)


class _FoundByTheFirst:
    """Stages of other runs, as the first process finds them (``TrainedStages`` of ``engine/trained.py``)."""

    def __init__(self, kept: KeptStages | None, processes: Processes) -> None:
        """``kept`` are those of the first process."""
        self._kept = kept
        self._processes = processes

    def find(self, key: str) -> Trained | None:
        """Return what the first process finds; the others' keys do not matter."""
        kept = self._kept
        return self._processes.from_first(lambda: kept.find(key) if kept else None)

    def complaints(self) -> list[str]:
        """Return what the first process could not read."""
        return self._processes.agreed(self._kept.complaints() if self._kept else [])
