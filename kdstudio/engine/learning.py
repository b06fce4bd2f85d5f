"""The stages that strategies have in common: learning from labels, from teachers, getting teachers ready."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from typing import TYPE_CHECKING

from kdstudio.engine.terms import Divergence, LossTerm, label_loss, soft_loss

if TYPE_CHECKING:
    from kdstudio.engine.context import RunContext
    from kdstudio.engine.network import Network
    from kdstudio.engine.stage import Stage
    from kdstudio.engine.training import TrainingSpec


def learn_labels(
    run: RunContext, network: Network, classes: Sequence[int] = (), recipe: TrainingSpec | None = None
) -> Stage:
    """Make the stage, named after the network, in which it learns the labels, of ``classes`` if given.

    Without a ``recipe`` the network's own is used.
    """
    return run.stage(network.name, [label_loss(network.name)], classes=classes, recipe=recipe)


def soft_terms(
    network: str,
    teachers: Sequence[str],
    temperature: float,
    alpha: float,
    *,
    divergence: Divergence = "kl",
    shares: Sequence[float] = (),
) -> list[LossTerm]:
    """Hinton's two terms: ``α`` of the label loss, ``1 − α`` of the soft loss to the teachers' logits."""
    targets = [f"{teacher}.logits" for teacher in teachers]
    return [
        label_loss(network, alpha),
        soft_loss(network, targets, temperature, 1 - alpha, divergence=divergence, shares=shares),
    ]


def learn_predictions(
    run: RunContext,
    learner: Network,
    teachers: Sequence[Network],
    *,
    temperature: float,
    alpha: float,
    recipe: TrainingSpec | None = None,
) -> Stage:
    """Make the stage, named after the learner, in which frozen ``teachers`` teach it by Hinton's loss.

    Without a ``recipe`` the learner's own is used.
    """
    names = [teacher.name for teacher in teachers]
    return run.stage(learner.name, soft_terms(learner.name, names, temperature, alpha), recipe=recipe)


def ready(run: RunContext, network: Network) -> Generator[Stage, None, Network]:
    """Train ``network`` on the labels unless it is loaded; returns it, frozen."""
    role = run.scorable[network.name].identity.role
    if not run.is_loaded(role):
        yield learn_labels(run, network)
    return network.freeze()


def ready_teachers(
    run: RunContext, roles: Sequence[str] = ("teacher",)
) -> Generator[Stage, None, list[Network]]:
    """Get a teacher of each role ready; returns them, frozen."""
    teachers = [run.network(role) for role in roles]
    for teacher in teachers:
        yield from ready(run, teacher)
    return teachers
