"""How networks learn, as a script's recipes: optimiser, schedule, augmentation, mixing."""

from __future__ import annotations

import inspect
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import torch
from torch import nn

from kdstudio.data.augmentation import Augmentation
from kdstudio.engine.training import TrainingSpec
from kdstudio.errors import KDStudioError
from kdstudio.runs.script.definitions import Definitions, identifier
from kdstudio.runs.script.layout import Call, Expression, Keyword, render
from kdstudio.runs.script.methods import define_method
from kdstudio.runs.script.source import Import
from kdstudio.runs.script.values import Values

if TYPE_CHECKING:
    from kdstudio.engine.optimization import OptimizerSpec, Schedule

AUGMENTATION = "kdstudio.runs.script.pieces.augmentation"
TRAINING = "kdstudio.runs.script.pieces.training"


@dataclass
class RecipeName:
    """A recipe, and what it is called once it is known who learns by it."""

    made: Call
    stages: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """The stages that have it, with the roles of those who learn there."""
    name: str = ""

    def __str__(self) -> str:
        """Its name."""
        return self.name


class Recipes:
    """The recipes of a script; equal ones are one."""

    def __init__(
        self, definitions: Definitions, values: Values, usual: Augmentation, *, bfloat16: bool
    ) -> None:
        """``usual`` is the data set's own augmentation; ``bfloat16`` what steps are computed in."""
        self._definitions = definitions
        self._values = values
        self._usual = usual
        self._bfloat16 = bfloat16
        self._names: dict[str, RecipeName] = {}

    def used(self, spec: TrainingSpec, stage: str, roles: Iterable[str]) -> RecipeName:
        """Note that ``roles`` learn by it in ``stage``; its name follows once all stages are known."""
        made = Call(self._definitions.use(TRAINING, "Recipe"), tuple(self._arguments(spec)))
        found = self._names.setdefault(str(made), RecipeName(made))
        found.stages[stage] = tuple(roles)
        return found

    def define(self) -> None:
        """Name every recipe: after its stage, or who learns by it; or as the one that several have."""
        for recipe in self._names.values():
            roles = {role for roles in recipe.stages.values() for role in roles}
            alone = [*recipe.stages] if len(recipe.stages) == 1 else [*roles]
            after = identifier(alone[0]) if len(alone) == 1 and len(self._names) > 1 else ""
            text = render(recipe.made, before="{name} = ")
            recipe.name = self._definitions.add(f"{after}_recipe".strip("_").upper(), text)

    def _arguments(self, spec: TrainingSpec) -> list[Keyword]:
        found = [
            Keyword("epochs", str(spec.epochs)),
            Keyword("batch_size", f"{spec.batch_size:_}"),
            Keyword("optimizer", self._optimizer(spec.optimizer)),
            Keyword("schedule", self._schedule(spec.schedule)),
        ]
        if changes := self._changes(self._usual if spec.default_augmentation else spec.augmentation):
            found.append(Keyword("augment", Call("", tuple(changes), "[]")))
        if spec.mixing.kind != "none":
            mix = self._definitions.use(AUGMENTATION, spec.mixing.kind)
            bound = ("classes=CLASSES", f"beta={spec.mixing.beta!r}")
            found.append(Keyword("mix", self._partial(mix, *bound)))
        if spec.max_norm:
            found.append(Keyword("max_norm", repr(spec.max_norm)))
        return [*found, *([Keyword("bfloat16", "True")] if self._bfloat16 else [])]

    def _partial(self, function: str, *bound: Expression) -> Expression:
        self._definitions.imported(Import("functools", "partial"), "partial")
        return Call("partial", (function, *bound))

    def _optimizer(self, spec: OptimizerSpec) -> Expression:
        """Torch's optimiser with what differs from its defaults, read off one that the declaration makes."""
        made = spec.build([nn.Parameter(torch.zeros(1))])
        kind = next((k for k in type(made).__mro__ if k.__module__.startswith("torch.optim.")), None)
        if kind is None or kind is torch.optim.Optimizer:
            raise KDStudioError(f"its optimiser '{spec.name}' is not torch's, and a script has torch alone")
        usual = inspect.signature(kind).parameters
        chosen = {k: v for k, v in made.defaults.items() if k in usual and v != usual[k].default}
        self._definitions.imported(Import("torch"), "torch")
        bound = (Keyword(name, self._values.expression(value)) for name, value in chosen.items())
        return self._partial(f"torch.optim.{kind.__name__}", *bound)

    def _schedule(self, spec: Schedule) -> Expression:
        called, options = define_method(self._definitions, type(spec), "factor", spec.name)
        if not options:
            return called
        bound = (Keyword(name, self._values.expression(getattr(spec, name))) for name in options)
        return self._partial(called, *bound)

    def _changes(self, spec: Augmentation) -> list[Expression]:
        found: list[Expression] = []
        if spec.jitter:
            shifted = self._definitions.use(AUGMENTATION, "shifted")
            found.append(self._partial(shifted, f"by={spec.jitter}", f'fill="{spec.fill}"'))
        if spec.flip:
            found.append(self._definitions.use(AUGMENTATION, "flipped"))
        if spec.cutout:
            with_hole = self._definitions.use(AUGMENTATION, "with_hole")
            found.append(self._partial(with_hole, f"side={spec.cutout}"))
        return found
