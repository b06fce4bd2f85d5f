"""Where a student, its baseline and its teacher answer differently: image by image."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, NamedTuple, get_args

from kdstudio.errors import KDStudioError
from kdstudio.runs.predictions import Predictions

if TYPE_CHECKING:
    from torch import Tensor

    from kdstudio.engine.events import Confusion
    from kdstudio.engine.scoring import Bin

Sort = Literal["confidence", "kl"]
SORTS: tuple[Sort, ...] = get_args(Sort)


class Answers(NamedTuple):
    """What one network answers to all images."""

    classes: Tensor
    """int64 ``(N,)``."""
    confidence: Tensor
    """Probability of that class, ``(N,)``."""
    right: Tensor
    """bool ``(N,)``."""


class Answer(NamedTuple):
    """What one network answers to one image."""

    answer: str
    """Name of the class."""
    probability: float
    is_right: bool


@dataclass(frozen=True)
class Disagreements:
    """The answers of two or three networks to the same images."""

    predictions: Predictions
    """Of the classes that all of them tell apart."""
    student: str
    teacher: str | None
    control: str | None
    answers: Mapping[str, Answers]
    """By network: the teacher, the control and the student, where they are there."""
    divergences: Tensor | None
    """KL(teacher ‖ student) of each image, ``(N,)`` in nats; None without a teacher."""

    @property
    def filters(self) -> dict[str, str]:
        """What images can be chosen by, with the words for it: those whose networks are there."""
        found = {key: (each.words, self._names(each)) for key, each in FILTERS.items()}
        return {key: words.format(*names) for key, (words, names) in found.items() if None not in names}

    @property
    def sorts(self) -> tuple[Sort, ...]:
        """What images can be sorted by."""
        return SORTS if self.divergences is not None else ("confidence",)

    def chosen(self, key: str = "all") -> Tensor:
        """Tell which images a filter lets through, bool ``(N,)``; KDStudioError for an unknown filter."""
        if key not in self.filters:
            raise KDStudioError(f"no filter '{key}' here; there are {', '.join(self.filters)}")
        names = self._names(FILTERS[key])
        return FILTERS[key].chosen(*(self.answers[name] for name in names if name is not None))

    def _names(self, wanted: Filter) -> tuple[str | None, ...]:
        named: tuple[str | None, ...] = tuple(getattr(self, role) for role in wanted.roles)
        return named

    def images(
        self,
        key: str = "all",
        sort: Sort = "confidence",
        *,
        ascending: bool = False,
        true_class: int | None = None,
        answered: int | None = None,
        of: str = "",
    ) -> list[int]:
        """Numbers of the images that a filter lets through, sorted by the student's confidence or by KL.

        ``true_class`` and ``answered`` keep those of one class, and those that ``of`` (the student unless
        named) answers with one. Raises KDStudioError for a filter or a sort that is not there.
        """
        kept = self.chosen(key)
        if true_class is not None:
            kept = kept & (self.predictions.labels == true_class)
        if answered is not None:
            kept = kept & (self.answers[of or self.student].classes == answered)
        numbers = kept.nonzero().flatten()
        order = self._measure(sort)[numbers].argsort(descending=not ascending, stable=True)
        found: list[int] = numbers[order].tolist()
        return found

    def _measure(self, sort: Sort) -> Tensor:
        measures = {"confidence": self.answers[self.student].confidence, "kl": self.divergences}
        if (found := measures[sort]) is None:
            raise KDStudioError(f"the {self.student} has no teacher here to be far from; sort by confidence")
        return found

    def answers_to(self, image: int) -> dict[str, Answer]:
        """Return every network's answer to one image."""
        names = self.predictions.class_names
        return {
            network: Answer(names[int(found.classes[image])], float(found.confidence[image]), right)
            for network, found in self.answers.items()
            for right in (bool(found.right[image]),)
        }

    def true_class(self, image: int) -> str:
        """Name of the class that an image is of."""
        return self.predictions.class_names[int(self.predictions.labels[image])]

    def confusion(self, network: str, key: str = "all") -> Confusion:
        """Count what a filter lets through: a row for each true class, a column for each answer."""
        from kdstudio.engine.scoring import confusion

        kept = self.chosen(key)
        classes = len(self.predictions.class_names)
        return confusion(self.predictions.labels[kept], self.answers[network].classes[kept], classes)

    def reliability(self, network: str) -> tuple[Bin, ...]:
        """Accuracy of a network against its confidence."""
        from kdstudio.engine.scoring import reliability

        return reliability(self.predictions.logits[network], self.predictions.labels)

    def calibration_error(self, network: str) -> float:
        """Expected calibration error of a network, 0 to 1."""
        from kdstudio.engine.scoring import calibration_error

        return calibration_error(self.predictions.logits[network], self.predictions.labels)


class Filter(NamedTuple):
    """Images chosen by what some of the networks answer."""

    words: str
    """With a gap for the name of each network."""
    roles: tuple[Literal["teacher", "control", "student"], ...]
    """Whose answers decide."""
    chosen: Callable[..., Tensor]
    """Takes the answers of these."""


FILTERS = {
    "all": Filter("all images", ("student",), lambda own: own.classes >= 0),
    "student-wrong": Filter("{0} wrong", ("student",), lambda own: ~own.right),
    "student-wrong-teacher-right": Filter(
        "{0} wrong, {1} right", ("student", "teacher"), lambda own, other: ~own.right & other.right
    ),
    "teacher-wrong-student-right": Filter(
        "{0} wrong, {1} right", ("teacher", "student"), lambda other, own: ~other.right & own.right
    ),
    "both-wrong-alike": Filter(
        "{0} and {1} wrong alike",
        ("teacher", "student"),
        lambda other, own: ~own.right & (other.classes == own.classes),
    ),
    "both-wrong-differently": Filter(
        "{0} and {1} wrong, differently",
        ("teacher", "student"),
        lambda other, own: ~own.right & ~other.right & (other.classes != own.classes),
    ),
    "baseline-wrong-student-right": Filter(
        "{0} wrong, {1} right", ("control", "student"), lambda control, own: ~control.right & own.right
    ),
    "baseline-right-student-wrong": Filter(
        "{0} right, {1} wrong", ("control", "student"), lambda control, own: control.right & ~own.right
    ),
}
"""By the name that the command line takes."""
USUAL = "student-wrong"


def disagreements(
    predictions: Predictions, student: str, teacher: str | None = None, control: str | None = None
) -> Disagreements:
    """Hold the answers of a student against those of its teacher and its control, where there are such.

    Raises KDStudioError where they do not tell the same classes apart.
    """
    from kdstudio.engine.softening import divergence

    names = [name for name in (teacher, control, student) if name]
    predictions = predictions.of_networks(*names)
    exact = {name: predictions.logits[name].double() for name in names}
    answers = {name: _answers(logits, predictions.labels) for name, logits in exact.items()}
    distances = divergence(exact[student], exact[teacher]) if teacher else None
    return Disagreements(predictions, student, teacher, control, answers, distances)


def _answers(logits: Tensor, labels: Tensor) -> Answers:
    confidence, classes = logits.softmax(1).max(1)
    return Answers(classes, confidence, classes == labels)
