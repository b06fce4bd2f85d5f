"""The dark knowledge of a run: what its networks answer at each temperature, for window and terminal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from kdstudio.declaration import ProgressCallback
from kdstudio.engine.trials import code_run_by
from kdstudio.errors import KDStudioError
from kdstudio.runs.comparison import main_reference, main_result
from kdstudio.runs.folder import RunFolder
from kdstudio.runs.kept_networks import kept_networks, lost, lost_networks
from kdstudio.runs.predictions import Part, Predictions, PredictionsReader
from kdstudio.runs.summary import Summary

if TYPE_CHECKING:
    import numpy as np
    from torch import Tensor


@dataclass(frozen=True)
class Distance:
    """How far a student's softened predictions are from a teacher's at one temperature.

    Means over the images. KL and CE are in nats, without the factor T²; gradients are L2 norms at
    the student's logits, of the losses with the factor T² and without.
    """

    temperature: float
    kl: float
    ce: float
    kl_gradient: float
    ce_gradient: float
    scaled_kl_gradient: float
    scaled_ce_gradient: float
    limit_gradient: float
    """What the gradients without T² come to at a high temperature."""


@dataclass(frozen=True)
class DarkKnowledge:
    """The predictions of a student, and of a teacher where there is one, softened."""

    predictions: Predictions
    student: str
    teacher: str | None
    entropies: dict[str, tuple[float, ...]]
    """Mean over the images in nats, one for each temperature, by the network's name."""
    distances: tuple[Distance, ...]
    """One for each temperature; empty without a teacher."""
    temperatures: tuple[float, ...]

    @property
    def networks(self) -> tuple[str, ...]:
        """The teacher first."""
        return (self.teacher, self.student) if self.teacher else (self.student,)

    @property
    def soft_target_source(self) -> str:
        """The network whose soft targets are looked at: the teacher, or the only network."""
        return self.networks[0]

    def softened(self, sample: int, temperature: float) -> dict[str, np.ndarray]:
        """Probabilities ``(K,)`` of each network for one image."""
        from kdstudio.engine.softening import softened

        logits = self.predictions.logits
        return {
            name: softened(logits[name][sample : sample + 1], temperature)[0].numpy()
            for name in self.networks
        }

    def soft_targets(self, temperature: float) -> np.ndarray:
        """Mean soft targets of the soft_target_source, ``(K, K)``, a row for each true class."""
        from kdstudio.engine.softening import mean_soft_targets

        found = mean_soft_targets(
            self.predictions.logits[self.soft_target_source], self.predictions.labels, temperature
        )
        matrix: np.ndarray = found.numpy()
        return matrix

    def answer(self, network: str, sample: int) -> str:
        """Name of the class that ``network`` says."""
        return self.predictions.class_names[int(self.predictions.logits[network][sample].argmax())]

    def next_mistake(self, after: int) -> int | None:
        """Number of the student's next mistake, from the beginning again after the last; None without any."""
        wrong = self.predictions.logits[self.student].argmax(1) != self.predictions.labels
        mistakes: list[int] = wrong.nonzero().flatten().tolist()
        return next((number for number in mistakes if number > after), next(iter(mistakes), None))


def choose_networks(
    summary: Summary, names: Sequence[str], student: str | None = None, teacher: str | None = None
) -> tuple[str, str | None]:
    """Return the student and the teacher to look at, of the ``names`` that have weights.

    None means what is usual: what the run is about, and what that is held against. Raises KDStudioError
    for a network that is not there.
    """
    for name in (student, teacher):
        if name is not None and name not in names:
            raise KDStudioError(f"the run has no network '{name}'; there are {', '.join(names)}")
    chosen = student or main_result(summary, names)
    other = teacher or main_reference(summary, names, chosen)
    return chosen, None if other == chosen else other


def chosen_networks(
    folder: RunFolder, student: str | None = None, teacher: str | None = None
) -> tuple[str, str | None]:
    """The same of a run; KDStudioError also where the weights of one that is meant have been lost."""
    gone = lost_networks(folder)
    names = sorted([*kept_networks(folder), *gone])
    chosen = choose_networks(folder.summary(), names, student, teacher)
    if missing := [name for name in chosen if name in gone]:
        raise lost(folder, *filter(None, missing))
    return chosen


def why_unreadable(folder: RunFolder, command: str = "temperature", needs_data: bool = True) -> str:
    """Say why a run's predictions should not be read unasked, and what to do; empty where they may.

    ``command`` of the command line does what was wanted.
    """
    try:
        experiment = folder.experiment()
    except KDStudioError as error:  # it cannot be read any more
        return str(error)
    command = f"kdstudio {command} {folder.name}"
    if code := code_run_by(experiment):
        return f"This run's networks run code ({code}). If you trust it: {command} --allow-code"
    if needs_data and not experiment.data.source.is_here():
        name = experiment.data.source.name
        return (
            f"The data of this run, '{name}', are not on this machine. Name their folder in KDSTUDIO_DATA, "
            f"or fetch them: {command}"
        )
    return ""


class DarkKnowledgeReader:
    """Softens the predictions of runs; those read last are kept, so that another pair is quick to look at."""

    def __init__(self) -> None:
        """Nothing read yet."""
        self._predictions = PredictionsReader()

    def read(
        self,
        folder: RunFolder,
        temperatures: Sequence[float],
        student: str | None = None,
        teacher: str | None = None,
        part: Part = "test",
        progress: ProgressCallback = lambda _what, _fraction: None,
        *,
        allow_code: bool = False,
    ) -> DarkKnowledge:
        """Read a run's predictions and soften those of a student and a teacher.

        Raises KDStudioError where a network, or all of them, or the data are not there.
        """
        own, other = chosen_networks(folder, student, teacher)
        predictions = self._predictions.read(folder, part, progress, allow_code=allow_code)
        return soften(predictions, temperatures, own, other)


def soften(
    predictions: Predictions,
    temperatures: Sequence[float],
    own: str,
    other: str | None = None,
) -> DarkKnowledge:
    """Follow a student, and a teacher if there is one, over the temperatures.

    Raises KDStudioError where they do not tell the same classes apart.
    """
    from kdstudio.engine.softening import entropy

    predictions = predictions.of_network(own)
    names = (other, own) if other else (own,)
    for name in names:
        if predictions.logits[name].shape[1] != len(predictions.class_names):
            raise KDStudioError(
                f"'{name}' has {predictions.logits[name].shape[1]} outputs for the "
                f"{len(predictions.class_names)} classes of the data; "
                "choose a network that tells all of them apart"
            )
    exact = {name: predictions.logits[name].double() for name in names}
    entropies = {
        name: tuple(float(entropy(logits, t).mean()) for t in temperatures) for name, logits in exact.items()
    }
    distances = tuple(_distance(exact[own], exact[other], t) for t in temperatures) if other else ()
    return DarkKnowledge(predictions, own, other, entropies, distances, tuple(temperatures))


def _distance(student: Tensor, teacher: Tensor, temperature: float) -> Distance:
    from kdstudio.engine.losses.response import soft_cross_entropy, soft_kl
    from kdstudio.engine.softening import gradient, high_temperature_gradient

    def size(gradients: Tensor) -> float:
        return float(gradients.norm(dim=1).mean())

    square = temperature**2
    scaled_kl = size(gradient(soft_kl, student, teacher, temperature))
    scaled_ce = size(gradient(soft_cross_entropy, student, teacher, temperature))
    return Distance(
        temperature=temperature,
        kl=float(soft_kl(student, teacher, temperature)) / square,
        ce=float(soft_cross_entropy(student, teacher, temperature)) / square,
        kl_gradient=scaled_kl / square,
        ce_gradient=scaled_ce / square,
        scaled_kl_gradient=scaled_kl,
        scaled_ce_gradient=scaled_ce,
        limit_gradient=size(high_temperature_gradient(student, teacher, temperature)),
    )
