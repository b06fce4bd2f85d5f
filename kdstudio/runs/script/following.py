"""A plan, followed untrained, with what a script must know of how its parts were made."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn

from kdstudio.data.declaration import ImageData
from kdstudio.engine.context import RunContext
from kdstudio.engine.experiment import Experiment, TrainHere
from kdstudio.engine.identity import TEACHER, Coordinate
from kdstudio.engine.network import Head, Network
from kdstudio.errors import KDStudioError
from kdstudio.models.declaration import ModelSpec
from kdstudio.models.heads.declaration import HeadSpec


@dataclass(frozen=True)
class Made:
    """How a network came to be."""

    role: str
    draw: int
    classes: int
    """How many outputs it has; 0 means as many as there are classes."""
    start_from: str
    """Name of the network whose weights it began with, if any."""
    shared: bool
    """Whether its first weights are the same for every seed."""


class FollowedContext(RunContext):
    """A run's context that notes how its networks and heads are made, for one seed of several.

    The seed is another one than the teachers', so that what depends on it can be told apart.
    """

    def __init__(self, experiment: Experiment, data: ImageData) -> None:
        """Raises KDStudioError where the experiment wants what a script cannot do."""
        _refuse_what_no_script_does(experiment)
        first, seeds_teachers = experiment.seed, experiment.teacher_for_each_seed
        kept = experiment.data.model_copy(update={"seed": self._data_seed(experiment)})
        update = {"seed": first + (not seeds_teachers), "seeds": 1, "data": kept}
        super().__init__(experiment.model_copy(update=update), data, torch.device("cpu"), None, first)
        self.teacher_seed, self.has_shared = first, not seeds_teachers
        self.made: dict[str, Made] = {}
        self.makers: dict[str, Callable[[], nn.Module] | HeadSpec] = {}

    @staticmethod
    def _data_seed(experiment: Experiment) -> int:
        return experiment.seed if experiment.data.seed is None else experiment.data.seed

    def network(
        self,
        role: str,
        kind: str = "",
        *,
        draw: int = 0,
        classes: Sequence[int] = (),
        start_from: Network | None = None,
        model: ModelSpec | None = None,
        **coordinates: Coordinate,
    ) -> Network:
        """Build it, and note how."""
        if model is not None:
            raise KDStudioError(
                f"it has a network of another architecture than its {role}'s ({model.summary()}), and a "
                "script builds those that the experiment describes"
            )
        network = super().network(
            role, kind, draw=draw, classes=classes, start_from=start_from, model=None, **coordinates
        )
        is_teacher = self.scorable[network.name].identity.kind == TEACHER
        self.made[network.name] = Made(
            role, draw, len(classes), start_from.name if start_from else "", is_teacher and self.has_shared
        )
        return network

    def head(
        self, name: str, make: HeadSpec | Callable[[], Any], *inputs: str, architecture: str = ""
    ) -> Head:
        """Make it, and note by what."""
        self.makers[name] = make
        return super().head(name, make, *inputs, architecture=architecture)


def _refuse_what_no_script_does(experiment: Experiment) -> None:
    if experiment.sweep:
        raise KDStudioError(
            f"it sweeps {', '.join(experiment.sweep)}, and a script is of one setting: choose it with --set, "
            "and add --set sweep={}"
        )
    for role, network in experiment.networks.items():
        if not isinstance(network.weights, TrainHere):
            raise KDStudioError(
                f"its {role} is loaded, and a script trains all that it needs: add --set "
                f"networks.{role}.weights='{{origin=\"training\"}}'"
            )
        if network.training.views_per_image:
            raise KDStudioError(
                f"its {role} keeps to some views of each image, and a script draws from all: add --set "
                f"networks.{role}.training.views_per_image=0"
            )
