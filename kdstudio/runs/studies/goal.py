"""What a search is after: a figure of the validation images, of the network that the run is about."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Literal, get_args

from kdstudio.engine.events import EpochDone, Event, RunStarted, StageSummary
from kdstudio.errors import KDStudioError
from kdstudio.runs.figures import FIGURES
from kdstudio.runs.results import leading
from kdstudio.runs.state import RunState
from kdstudio.runs.summary import Summary

Goal = Literal["accuracy", "errors", "loss"]
GOALS: tuple[Goal, ...] = get_args(Goal)


def is_minimised(goal: Goal) -> bool:
    """Tell whether less of it is better."""
    return FIGURES[goal].lower_is_better


def reached(summary: Summary, goal: Goal) -> float:
    """Return the figure of a finished run: the mean over its seeds, on the validation images.

    Of several networks of the kind that the strategy is about, the best on these stands for the run. Where
    classes were left out of training, only images of the others count: no label of theirs is looked at.
    Raises KDStudioError where there is no such network.
    """
    result = leading(summary).result
    spread = result.spread(f"selection.{goal}") if result else None
    if spread is None:
        raise KDStudioError(
            f"run '{summary.name}' has no network of the kind '{summary.comparison.result}', by whose "
            f"{goal} a search chooses; choose another strategy"
        )
    return spread.mean


class Progress:
    """The goal epoch by epoch, for whoever gives up early on what will come to nothing.

    Epochs of networks that the run is about are counted through all stages and seeds, which are the same in
    every run of a study. Those of stages that leave classes out are not: their scores are of all classes.
    """

    def __init__(self, goal: Goal) -> None:
        """No epoch yet."""
        self._goal = goal
        self._epochs = 0

    def values(self, events: Iterable[Event], state: RunState) -> Iterator[tuple[int, float]]:
        """Yield the number of each new epoch, from 1, with its value; ``state`` has taken ``events`` in."""
        for event in events:
            if not isinstance(event, EpochDone):
                continue
            names = _of_result(state.stages[event.stage], state.comparison.result)
            of_result = [
                float(getattr(event.validation[name], self._goal))
                for name in names
                if name in event.validation
            ]
            if of_result:
                self._epochs += 1
                yield self._epochs, min(of_result) if is_minimised(self._goal) else max(of_result)

    @staticmethod
    def planned(started: RunStarted) -> int:
        """How many epochs a whole run will have told."""
        kind = started.comparison.result
        return sum(stage.epochs for stage in started.stages if _of_result(stage, kind))


def _of_result(stage: StageSummary, kind: str) -> list[str]:
    """Networks of a stage whose scores are told: of ``kind``, and of classes that were all learned from."""
    if stage.left_out:
        return []
    return [name for name, identity in stage.scored.items() if identity.kind == kind]
