"""What a plan will do: each stage dry-run and described, nothing trained."""

from __future__ import annotations

from torch.utils.flop_counter import FlopCounterMode

from kdstudio.engine.context import RunContext
from kdstudio.engine.events import StageSummary
from kdstudio.engine.network import Head
from kdstudio.engine.stage import Stage

SAMPLES = 4


def dry_run(context: RunContext) -> tuple[StageSummary, ...]:
    """Run the plan without training; every stage is tried on a few samples.

    A wrong address or a shape that does not fit, in any stage, is found here, before hours of
    training. Raises KDStudioError that names it.
    """
    return tuple(outline(stage, context) for stage in context.experiment.strategy.plan(context))


def _described(head: Head) -> str:
    weights = head.parameter_count()
    return f"{head.architecture}, {weights:,} weights" if weights else head.architecture


def outline(stage: Stage, context: RunContext) -> StageSummary:
    """Dry-run ``stage`` and describe it."""
    feed = context.training_feed(stage.training_spec, stage.classes, stage.renumber)
    sample = next(feed.shuffled(0)).first(SAMPLES)
    with FlopCounterMode(display=False) as counter:
        stage.dry_run(sample)
    forward = counter.get_total_flops() / len(sample) * min(stage.training_spec.batch_size, len(feed))
    trained = sorted({name for update in range(len(stage.updates)) for name in stage.learners(update)})
    return StageSummary(
        name=stage.name,
        epochs=stage.training_spec.epochs,
        steps_per_epoch=feed.steps,
        batch_size=stage.training_spec.batch_size,
        terms=tuple(term.name for term in stage.terms),
        updates=tuple(tuple(term.name for term in update) for update in stage.updates),
        trained=tuple(trained),
        frozen=tuple(name for name, network in stage.networks.items() if network.frozen),
        parameters={name: network.parameter_count() for name, network in stage.networks.items()},
        heads={name: _described(head) for name, head in stage.heads.items() if head.architecture},
        classes=stage.classes,
        renumbered=stage.renumber,
        left_out=tuple(context.class_numbers(stage.training_spec.leave_out)),
        varied={name: network.varied for name, network in stage.networks.items() if network.varied},
        flops_per_step=3 * forward,
    )
