"""What makes a run's results doubtful: found from figures alone, whatever the strategy."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from kdstudio.engine.events import NetworkResult, RunWarning, WarningCode
from kdstudio.engine.stage import Stage
from kdstudio.engine.stage_run import StageRun

LEAST_VALIDATION = 100
"""Images; with fewer, one image is more than a point of accuracy, and 90 % has a standard error of 3."""
LEAST_REPEATED = 0.001
"""Share of the test images; fewer cannot change a test accuracy by more than a tenth of a point."""
DIVERGED = 2.0
"""By how much of itself the first epoch's loss is exceeded where a loss diverges."""
COLLAPSED = 0.98
"""Share of the images to which a collapsed network answers the same."""
ERRORS = 2.0
"""Standard errors within which an accuracy is not told from that of a constant answer."""
Counts = Sequence[Sequence[int]]


class Answers(NamedTuple):
    """What a network answers, beside what always answering the most common class would give."""

    images: int
    accuracy: float
    common: int
    """Number of the most common class."""
    share: float
    """Its share of the images: the accuracy of always answering it."""
    usual: int
    """Number of the class that the network answers most often."""
    usually: int
    """To how many images."""

    @property
    def is_chance(self) -> bool:
        """Tell whether the network is not better than the constant answer, by two standard errors of that.

        No network can be better where all images are of one class.
        """
        error = math.sqrt(self.share * (1 - self.share) / self.images)
        return self.share < 1 and self.accuracy <= self.share + ERRORS * error

    @property
    def has_collapsed(self) -> bool:
        """Tell whether the network answers (nearly) all images with one class."""
        return self.usually >= COLLAPSED * self.images


def answers(confusion: Counts, classes: Collection[int] = ()) -> Answers:
    """Read off a confusion, of the images of ``classes`` alone if any are given."""
    rows = {number: confusion[number] for number in classes or range(len(confusion))}
    sizes = {number: sum(row) for number, row in rows.items()}
    columns = [sum(column) for column in zip(*rows.values(), strict=True)]
    count, common, usual = sum(sizes.values()), max(sizes, key=sizes.__getitem__), columns.index(max(columns))
    return Answers(
        images=count,
        accuracy=sum(row[number] for number, row in rows.items()) / count,
        common=common,
        share=sizes[common] / count,
        usual=usual,
        usually=columns[usual],
    )


def small_validation(count: int) -> list[RunWarning]:
    """Warn where the best epoch is chosen on ``count`` images, and these are few."""
    if count >= LEAST_VALIDATION:
        return []
    error = math.sqrt(0.9 * 0.1 / count)
    message = (
        f"{count} validation images choose the best epoch: one of them is {100 / count:.1f} points of "
        f"accuracy, and an accuracy of 90% has a standard error of {100 * error:.1f} points."
    )
    remedy = "Raise data.validation, or take the last epoch's scores, which nobody has chosen."
    title = "Few images to choose by"
    return [RunWarning(code="small-validation", title=title, message=message, remedy=remedy)]


def repeated_test_images(repeated: int, count: int) -> list[RunWarning]:
    """Warn where ``repeated`` of ``count`` test images are trained or validated on."""
    if repeated < LEAST_REPEATED * count or not repeated:
        return []
    message = (
        f"{repeated:,} of {count:,} test images ({repeated / count:.1%}) are, pixel for pixel, also among "
        "those trained or validated on: the test accuracy rewards what has been learned by heart."
    )
    remedy = "Take them out of one of the two parts."
    title = "Test images are trained on"
    return [RunWarning(code="repeated-test-images", title=title, message=message, remedy=remedy)]


def at_chance(
    stage: str, result: NetworkResult, found: Answers, class_names: Sequence[str], *, teaches: bool
) -> list[RunWarning]:
    """Warn of a network that is not better than always giving one answer; ``teaches`` others if so."""
    if not found.is_chance:
        return []
    often = "all" if found.usually == found.images else f"{found.usually:,}"
    usual, common = class_names[found.usual], class_names[found.common]
    message = (
        f"{found.accuracy:.1%} of {found.images:,} validation images are right, where always answering "
        f"'{common}' gives {found.share:.1%}. It answers '{usual}' to {often} of them."
    )
    was_loaded = result.last_epoch.epoch == 0
    if was_loaded:
        remedy = "Load other weights: of the same classes in the same order, and the same normalisation."
    else:
        remedy = "Lower its learning rate, warm up, or train it longer."
    if teaches:
        remedy = f"What it teaches is noise: stop the run. {remedy}"
    code = "teacher-at-chance" if teaches else "network-at-chance"
    title = f"{result.name} is at chance"
    if found.has_collapsed:
        title = f"{result.name} has collapsed to the answer '{usual}'"
    return [
        RunWarning(code=code, stage=stage, network=result.name, title=title, message=message, remedy=remedy)
    ]


def taught_at_chance(stage: str, network: str, teachers: Collection[str]) -> list[RunWarning]:
    """Warn of a network that has learned from ``teachers`` at chance."""
    if not teachers:
        return []
    title = f"{network} was taught by {' and '.join(sorted(teachers))}, at chance"
    message = "Its scores say nothing about the method."
    remedy = "Mend what taught it, and run again."
    return [
        RunWarning(
            code="taught-at-chance", stage=stage, network=network, title=title, message=message, remedy=remedy
        )
    ]


def loss_not_falling(run: StageRun) -> list[RunWarning]:
    """Warn of each update whose loss was not lower in the stage's last epoch than in its first.

    It is the sum of the update's terms, with the weights of the last epoch in both: one whose weights change
    is not taken for one that rises. A stage of one epoch has nothing to compare.
    """
    remedy = "Lower the learning rate, or limit the weights; look which term rises."
    return [
        _of_loss("loss-not-falling", run, network, f"The loss of {network} did not fall", told, remedy)
        for network, first, last, told in _losses(run)
        if last >= first
    ]


def diverging(run: StageRun) -> list[RunWarning]:
    """Warn, between epochs, of each update whose loss is far above that of the first."""
    remedy = "Stop the run; lower the learning rate, warm up, or limit the weights."
    return [
        _of_loss("loss-diverging", run, network, f"The loss of {network} diverges", told, remedy)
        for network, first, last, told in _losses(run)
        if first > 0 and last > DIVERGED * first
    ]


def _losses(run: StageRun) -> Iterator[tuple[str, float, float, str]]:
    """Yield, for each update: who learns, its loss in the first epoch and the last so far, both in words."""
    stage = run.stage
    if stage.training_spec.epochs < 2 or not run.first_losses:
        return
    for number, terms in enumerate(stage.updates):
        weights = {term.name: term.weight_at(1.0) for term in terms}
        if not any(weights.values()):
            continue
        first, last = (_total(losses, weights) for losses in (run.first_losses, run.last_losses))
        network = ", ".join(stage.called(name) for name in stage.learners(number) if name in stage.networks)
        told = (
            f"In stage '{stage.title}' it was {first:.4g} over the first epoch and {last:.4g} over epoch "
            f"{run.epoch}, both with the last epoch's weights."
        )
        yield network, first, last, told


def _of_loss(
    code: WarningCode, run: StageRun, network: str, title: str, message: str, remedy: str
) -> RunWarning:
    return RunWarning(
        code=code, stage=run.stage.title, network=network, title=title, message=message, remedy=remedy
    )


def _total(losses: Mapping[str, float], weights: Mapping[str, float]) -> float:
    return sum(weight * losses[term] for term, weight in weights.items())


def teachers_in(stage: Stage, changing: Collection[str]) -> dict[str, set[str]]:
    """Names of the networks, not ``changing``, that each network and head of ``stage`` learns from."""
    found: dict[str, set[str]] = {}
    for term in stage.terms:
        read = {name for address in term.reads for name in stage.behind(address)}
        learners = {name for address in term.learned for name in stage.behind(address) if name in changing}
        for name in learners:
            found.setdefault(name, set()).update(n for n in read if n in stage.networks and n not in changing)
    return found


class Doubts:
    """What a run has been warned of, and who has learned from whom: nothing is told twice."""

    def __init__(self, told: Iterable[RunWarning]) -> None:
        """``told`` before an interruption."""
        self.told = list(told)
        self._teachers: dict[str, set[str]] = {}
        """Names of the networks that each network and head has learned from."""

    def note(self, stage: Stage, changing: Collection[str]) -> None:
        """Remember from whom those ``changing`` in ``stage`` learn."""
        for name, teachers in teachers_in(stage, changing).items():
            self._teachers.setdefault(stage.called(name), set()).update(map(stage.called, teachers))

    def new(self, found: Iterable[RunWarning]) -> Iterator[RunWarning]:
        """Yield what has not been told yet; from now on it has.

        A loss that has diverged has not fallen either: that need not be said.
        """
        for warning in found:
            about = {told.about for told in self.told}
            diverged = ("loss-diverging", *warning.about[1:])
            if warning.about not in about and not (warning.code == "loss-not-falling" and diverged in about):
                self.told.append(warning)
                yield warning

    def taught(self, stage: Stage, name: str) -> list[RunWarning]:
        """Warn where those were at chance who have taught what ``stage`` scores as ``name``."""
        behind = stage.behind(stage.scored[name])
        teachers = {teacher for part in behind for teacher in self._teachers.get(stage.called(part), ())}
        failed = {told.network for told in self.told if told.code == "teacher-at-chance"}
        return taught_at_chance(stage.title, stage.called(name), teachers & failed)
