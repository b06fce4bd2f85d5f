"""What a plan will do: each stage tried and described, nothing trained."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from kdstudio.data.feed import Batch
from kdstudio.data.seeding import derived_seed
from kdstudio.eager import flop_counter
from kdstudio.engine.context import RunContext
from kdstudio.engine.device import convolves_each_channel_alone
from kdstudio.engine.events import StageSummary
from kdstudio.engine.losses.response import MixedLabelsError
from kdstudio.engine.network import Head
from kdstudio.engine.rehearsal import ask_networks, take_gradients
from kdstudio.engine.stage import Stage
from kdstudio.engine.strangers import blaming_strangers
from kdstudio.errors import KDStudioError, speaking_of
from kdstudio.models.modules.drawing import OwnGenerator

SAMPLES = 4


def dry_run(
    context: RunContext, tell: Callable[[str], None] = lambda _what: None
) -> tuple[StageSummary, ...]:
    """Follow the plan without training; every stage is rehearsed on a few samples.

    A wrong address or a shape that does not fit, in any stage, is found here, before hours of
    training. ``tell`` hears of every stage. Raises KDStudioError that names it.
    """
    return tuple(summary for _, summary in follow(context, tell))


def follow(context: RunContext, tell: Callable[[str], None]) -> Iterator[tuple[Stage, StageSummary]]:
    """Yield each stage of the plan, untrained, with what it will do."""
    names: set[str] = set()
    for stage in context.plan():
        if stage.name in names:
            raise KDStudioError(f"two stages are called '{stage.name}'; give each a name of its own")
        names.add(stage.name)
        tell(f"trying stage '{stage.name}'")
        yield stage, summarise(stage, context)
    if not names:
        raise KDStudioError(f"the plan of '{context.experiment.strategy.name}' has no stage; yield one")


def try_out(stage: Stage, context: RunContext) -> None:
    """Run every update of ``stage`` once on a few samples; lazy heads take their shape."""
    feed = context.feed(stage)
    with _drawing(stage):
        _try_on(next(feed.shuffled(0)).first(SAMPLES), stage, context)


@contextmanager
def _drawing(stage: Stage) -> Iterator[None]:
    """Lazy heads and losses that draw have numbers of their own: others may train meanwhile."""
    with OwnGenerator(derived_seed(stage.seed, "weights", stage.name)), speaking_of("strategy"):
        yield


def _try_on(sample: Batch, stage: Stage, context: RunContext) -> None:
    try:
        with blaming_strangers(f"stage '{stage.name}'"):
            stage.dry_run(sample)
    except MixedLabelsError as error:
        networks = _trained(stage) & context.networks.keys()
        roles = {context.scorable[name].identity.role for name in networks}
        remedy = " and ".join(f"networks.{role}.training.mixing.kind" for role in sorted(roles))
        kind = stage.training_spec.mixing.kind
        raise KDStudioError(f"{error} ({kind}); set {remedy} to none") from error


def _trained(stage: Stage) -> set[str]:
    """Names of the networks and heads that some update changes."""
    return {name for update in range(len(stage.updates)) for name in stage.learners(update)}


def _described(head: Head) -> str:
    weights = head.parameter_count()
    return f"{head.architecture}, {weights:,} weights" if weights else head.architecture


def summarise(stage: Stage, context: RunContext) -> StageSummary:
    """Try ``stage`` and describe it."""
    feed = context.feed(stage)
    feed.check_shares(context.processes)
    sample = next(feed.shuffled(0)).first(SAMPLES)
    with _drawing(stage):
        ask_networks(stage, sample, context)
        with flop_counter() as counter:
            _try_on(sample, stage, context)
        take_gradients(stage, sample, context)
    forward = counter.get_total_flops() / len(sample) * min(stage.training_spec.batch_size, len(feed))
    known = context.scorable
    return StageSummary(
        name=stage.name,
        epochs=stage.training_spec.epochs,
        steps_per_epoch=feed.steps,
        batch_size=stage.training_spec.batch_size,
        terms=tuple(term.name for term in stage.terms),
        updates=tuple(tuple(term.name for term in update) for update in stage.updates),
        trained=tuple(sorted(_trained(stage) | stage.changes.keys())),
        frozen=tuple(name for name, network in stage.networks.items() if network.frozen),
        parameters={name: network.parameter_count() for name, network in stage.networks.items()},
        scored={name: known[name].identity for name in stage.scored if name in known},
        heads={name: _described(head) for name, head in stage.heads.items() if head.architecture},
        classes=stage.classes,
        renumbered=stage.renumber,
        left_out=tuple(context.data.class_numbers(stage.training_spec.leave_out)),
        flops_per_step=3 * forward,
        depthwise=convolves_each_channel_alone(stage),
    )
