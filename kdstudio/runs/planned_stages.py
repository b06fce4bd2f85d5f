"""The stages that a run will have, before it is run: how often each, and which an earlier run has trained."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, NamedTuple

from kdstudio.engine.events import StageSummary
from kdstudio.engine.trials import trials_of
from kdstudio.runs.reuse import KeptStages

if TYPE_CHECKING:
    import torch

    from kdstudio.engine.context import RunContext
    from kdstudio.engine.run_plan import RunPlan

MOST_FOLLOWED = 30
"""Trials whose plans are all followed; of more the stages are counted by multiplication."""


class PlannedStage(NamedTuple):
    """A stage of the strategy's plan."""

    first: StageSummary
    """As it is trained first."""
    times: int
    """How many times the run has it: trials that would train it alike share it."""
    taken: tuple[str, ...] = ()
    """The runs that it is taken over from instead of being trained, one for each such time."""

    def spoken_taken(self) -> str:
        """``taken over from run 'first'``; empty where it is trained."""
        if not self.taken:
            return ""
        runs = list(dict.fromkeys(self.taken))
        which = f"run '{runs[0]}'" if len(runs) == 1 else f"{len(runs)} runs"
        some = f"{len(self.taken):,} of them " if len(self.taken) < self.times else ""
        return f"{some}taken over from {which}"


Planned = tuple[list[PlannedStage], tuple[str, ...]]
"""Stages, and what people should know of the plan."""


def counted(
    context: RunContext,
    tell: Callable[[str], None],
    trained_by: Callable[[RunPlan], Sequence[str]],
) -> Planned:
    """Return the stages by their names in the plan, each with how many the run has.

    ``trained_by`` names the run that has trained each of a plan's stages, or nothing.
    """
    from kdstudio.engine.run_plan import run_plan

    plan = run_plan(context, tell)
    alike: dict[str, list[tuple[StageSummary, str]]] = {}
    for stage, run in zip(plan.stages, trained_by(plan), strict=True):
        alike.setdefault(stage.own_name, []).append((stage, run))
    stages = [
        PlannedStage(found[0][0], len(found), tuple(run for _stage, run in found if run))
        for found in alike.values()
    ]
    return stages, plan.notes


def at_most(context: RunContext, tell: Callable[[str], None]) -> Planned:
    """Return the stages of the first trial, as if no other shared any."""
    from kdstudio.engine.dry_run import dry_run

    trials = trials_of(context.experiment)
    _coordinates, first = next(context.trials())
    return [PlannedStage(stage, len(trials)) for stage in dry_run(first, tell)], ()


def runs_that_trained(
    plan: RunPlan, context: RunContext, device: torch.device, images: str, kept: KeptStages
) -> list[str]:
    """Name the run that each stage would be taken over from on ``device``; empty where it is trained.

    ``images`` is the digest of the data set (``images_digest``).
    """
    from kdstudio.engine.circumstances import circumstances, stage_key

    if not context.experiment.compute.reuse:
        return [""] * len(plan.stages)
    here = circumstances(context.experiment, device, plan.stages, images)
    return [kept.where(stage_key(here.digest, stage)) for stage in plan.digests]
