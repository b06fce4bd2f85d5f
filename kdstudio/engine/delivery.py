"""What a stage leaves behind: complete networks, to be kept, and weights that other trials take over."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from torch import Tensor

from kdstudio.engine.card import NetworkCard
from kdstudio.engine.context import RunContext
from kdstudio.engine.events import NetworkResult
from kdstudio.engine.identity import Identity
from kdstudio.engine.run_plan import RunPlan
from kdstudio.engine.stage_run import StageRun, States, copied_state


@dataclass(frozen=True)
class Delivery:
    """One network: how to rebuild it, and its complete weights."""

    card: NetworkCard
    last: dict[str, Tensor]
    best: dict[str, Tensor] | None
    """After its best epoch, where that is not the last."""
    best_epoch: int


def deliveries(
    run: StageRun, context: RunContext, results: Mapping[str, NetworkResult]
) -> tuple[Delivery, ...]:
    """Take copies of the networks with a recipe that have ``results``, by their names in the trial."""
    found = []
    for name, result in results.items():
        entry = context.scorable.get(name)
        module = context.module_of(name) if entry and entry.card else None
        if module is None or entry is None or entry.card is None:
            continue
        last, best, best_epoch = copied_state(module), None, result.best_epoch.epoch
        if best_epoch != result.last_epoch.epoch:
            before = run.use_best(name)
            best = copied_state(module)
            run.use(name, before)
        identity = Identity(role=result.role, kind=result.kind, coordinates=result.coordinates)
        known = {"network": result.name, "identity": identity, "epoch": result.last_epoch.epoch}
        found.append(Delivery(entry.card.model_copy(update=known), last, best, best_epoch))
    return tuple(found)


class SharedWeights:
    """Weights of what stages have trained, for as long as a trial has yet to come to them."""

    def __init__(self, plan: RunPlan) -> None:
        """Nothing is trained yet."""
        self._uses = Counter(number for trial in plan.trials for number in trial.numbers)
        """How many trials have yet to come to each stage."""
        self._states: dict[int, States] = {}

    def __contains__(self, stage: int) -> bool:
        """Tell whether a trial before has trained the stage."""
        return stage in self._states

    def of(self, stage: int) -> States | None:
        """Return what it has trained, by name in the trial; None where it is not here."""
        return self._states.get(stage)

    def keep(self, stage: int, states: States) -> None:
        """Keep what a trial has trained, or taken over, for those that come."""
        self._uses[stage] -= 1
        if self._uses[stage]:
            self._states[stage] = states
        else:
            self._states.pop(stage, None)
