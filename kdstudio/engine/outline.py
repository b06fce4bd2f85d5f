"""What a plan will do: each stage rehearsed and described, nothing trained."""

from __future__ import annotations

from torch.utils.flop_counter import FlopCounterMode

from kdstudio.engine.bench import Bench
from kdstudio.engine.events import StageOutline
from kdstudio.engine.network import Head
from kdstudio.engine.stage import Stage

SAMPLES = 4


def rehearse(bench: Bench) -> tuple[StageOutline, ...]:
    """Run the plan without training; every stage is tried on a few samples.

    A wrong address or a shape that does not fit, in any stage, is found here, before hours of
    training. Raises KDStudioError that names it.
    """
    return tuple(outline(stage, bench) for stage in bench.experiment.strategy.plan(bench))


def _described(head: Head) -> str:
    weights = head.parameter_count()
    return f"{head.architecture}, {weights:,} weights" if weights else head.architecture


def outline(stage: Stage, bench: Bench) -> StageOutline:
    """Rehearse ``stage`` and describe it."""
    feed = bench.training_feed(stage.training_spec, stage.classes, stage.renumber)
    sample = next(feed.shuffled(0)).first(SAMPLES)
    with FlopCounterMode(display=False) as counter:
        stage.rehearse(sample)
    forward = counter.get_total_flops() / len(sample) * min(stage.training_spec.batch_size, len(feed))
    trained = sorted({name for turn in range(len(stage.turns)) for name in stage.learners(turn)})
    return StageOutline(
        name=stage.name,
        epochs=stage.training_spec.epochs,
        steps_per_epoch=feed.steps,
        batch_size=stage.training_spec.batch_size,
        terms=tuple(term.name for term in stage.terms),
        turns=tuple(tuple(term.name for term in turn) for turn in stage.turns),
        trained=tuple(trained),
        frozen=tuple(name for name, network in stage.networks.items() if network.frozen),
        parameters={name: network.parameter_count() for name, network in stage.networks.items()},
        heads={name: _described(head) for name, head in stage.heads.items() if head.architecture},
        classes=stage.classes,
        renumbered=stage.renumber,
        left_out=tuple(bench.class_numbers(stage.training_spec.leave_out)),
        varied={name: network.varied for name, network in stage.networks.items() if network.varied},
        flops_per_step=3 * forward,
    )
