"""The stages of a plan as code: how their networks begin, what they lose, that they are trained."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from kdstudio.engine.network import Head, Network, Part
from kdstudio.engine.stage import Stage
from kdstudio.engine.terms import LossTerm, formula_of
from kdstudio.models.heads.declaration import HeadSpec
from kdstudio.runs.script.definitions import Definitions
from kdstudio.runs.script.following import FollowedContext
from kdstudio.runs.script.layout import Call, Expression, Keyword, comment, inside
from kdstudio.runs.script.losses import NETWORKS, Losses
from kdstudio.runs.script.networks import Makers
from kdstudio.runs.script.recipes import TRAINING, Recipes
from kdstudio.runs.script.values import Values, is_closure

DEPTH = 4
IMAGES = "kdstudio.runs.script.pieces.images"


class Written(NamedTuple):
    """A stage as code: what comes before it is trained, and the call that trains it."""

    before: str
    train: Call

    def __str__(self) -> str:
        """All of it, once its recipe has a name."""
        return f"{self.before}\n{inside(self.train, DEPTH, 'results |= ')}"


class Stages:
    """Writes one stage after the other; what was made for one is there for those that come."""

    def __init__(
        self, context: FollowedContext, definitions: Definitions, values: Values, *, bfloat16: bool
    ) -> None:
        """``context`` is being followed: a stage is written as it is when the plan yields it."""
        self._context = context
        self._definitions = definitions
        self._values = values
        self._bfloat16 = bfloat16
        source = context.experiment.data.source
        self.recipes = Recipes(definitions, values, source.default_augmentation, bfloat16=bfloat16)
        self._makers = Makers(definitions, values, context.data.image)
        self.parts: dict[str, str] = {}
        """What networks and heads are called in the script, by name."""
        self._terms: dict[str, str] = {}
        """What the values of loss terms are called, by name."""
        self._frozen: set[str] = set()
        self._reported: set[str] = set()

    def is_shared(self, stage: Stage) -> bool:
        """Tell whether the stage is the same for every seed: teachers alone learn, from their own seed."""
        made = self._context.made
        alike = all(name in made and made[name].shared for name in (*stage.networks, *stage.heads))
        return self._context.has_shared and alike and stage.seed == self._context.teacher_seed

    def write(self, stage: Stage) -> Written:
        """Write the stage, and what it freezes of earlier ones."""
        parts: list[Part] = [*stage.networks.values(), *stage.heads.values()]
        lines = [line for part in parts if part.name not in self.parts for line in self._beginning(part)]
        lines += [line for part in parts for line in self._freezing(part)]
        formulas = [formula_of(update) for update in stage.updates if all(map(_is_told, update))]
        terms = " and ".join(dict.fromkeys(term.name for term in stage.terms))
        said = "; ".join(dict.fromkeys(formulas)) or terms
        lines = [comment(f"Stage '{stage.name}': {said}.", DEPTH), *lines]
        names, bfloat16 = self._terms, self._bfloat16
        losses = Losses(stage, self.parts, self._definitions, self._values, names, bfloat16=bfloat16)
        made, updates = [], list[Expression]()
        for number in range(len(stage.updates)):
            many = len(stage.updates) > 1
            called = self._definitions.unused(f"{stage.name} loss" + (f" {number + 1}" if many else ""))
            made.append(losses.of_update(number, called))
            learners = Call("", tuple(self.parts[name] for name in stage.learners(number)), "[]")
            updates.append(Call(self._definitions.use(TRAINING, "Update"), (called, learners)))
        scored = [*self._scored(stage, losses, made)]
        call = Call(
            self._definitions.use(TRAINING, "train"),
            (
                self._data(stage),
                self._recipe(stage),
                Call("", tuple(updates), "[]"),
                Call("", tuple(scored), "{}"),
                "seed",
            ),
        )
        functions = "".join(f"\n{text}\n" for text in made)
        return Written("\n".join([*lines, functions]), call)

    def _beginning(self, part: Part) -> Iterator[str]:
        self.parts[part.name] = called = self._definitions.unused(part.name)
        fresh = self._definitions.use(NETWORKS, "fresh")
        if isinstance(part, Head):
            made = self._head(part)
            if part.module.state_dict():
                made = Call(fresh, (Keyword("lambda: ", made, ""), "seed", f'"{part.name}"'))
            yield inside(made, DEPTH, f"{called} = ")
            return
        assert isinstance(part, Network)
        made_by, spec = self._context.made[part.name], self._context.experiment.networks
        maker = self._makers.name(made_by.role, spec[made_by.role].model, part.parameter_count())
        purpose = ("seed", f'"{made_by.role}"', str(made_by.draw))
        whole, few = Call(fresh, (maker, *purpose)), f"lambda: {maker}({made_by.classes})"
        yield f"{called} = {Call(fresh, (few, *purpose)) if made_by.classes else whole}"
        others = [str(whole)] if made_by.classes else []
        others += [self.parts[made_by.start_from]] if made_by.start_from else []
        for other in others:
            yield f"{self._definitions.use(NETWORKS, 'begin_as')}({called}, {other})"

    def _head(self, head: Head) -> Expression:
        """Write what makes it: the function that did, or else a module of the same structure."""
        make = self._context.makers[head.name]
        with self._definitions.section("losses"):
            if not isinstance(make, HeadSpec) and not is_closure(make):
                return self._values.call(make, head.name)
            return self._values.expression(head.module)

    def _freezing(self, part: Part) -> Iterator[str]:
        if part.frozen and part.name not in self._frozen:
            self._frozen.add(part.name)
            yield f"{self._definitions.use(NETWORKS, 'freeze')}({self.parts[part.name]})"

    def _data(self, stage: Stage) -> Expression:
        """The images that the stage sees."""
        data, recipe = self._context.data, stage.training_spec
        images: Expression = "data"
        if recipe.fraction < 1:
            share = (images, repr(recipe.fraction), str(data.spec.seed))
            images = Call(self._definitions.use(IMAGES, "with_fraction"), share)
        if numbers := data.class_numbers(recipe.leave_out):
            return Call(self._definitions.use(IMAGES, "without_classes"), (images, str(numbers)))
        if not stage.classes:
            return images
        renumber = Keyword("renumber", str(stage.renumber))
        chosen = str([*stage.classes])
        return Call(self._definitions.use(IMAGES, "of_classes"), (images, chosen, renumber))

    def _recipe(self, stage: Stage) -> Expression:
        made = self._context.made
        learners = (name for update in range(len(stage.updates)) for name in stage.learners(update))
        roles = dict.fromkeys(made[name].role for name in learners if name in made)
        return self.recipes.used(stage.training_spec, stage.name, roles)

    def _scored(self, stage: Stage, losses: Losses, made: list[str]) -> Iterator[Keyword]:
        """Yield what the stage reports: what learns in it, and what nobody has reported yet."""
        learners = {name for update in range(len(stage.updates)) for name in stage.learners(update)}
        for name, address in stage.scored.items():
            if learners.isdisjoint(stage.behind(address)) and name in self._reported:
                continue
            self._reported.add(name)
            called = self.parts[name] if name in stage.networks else ""
            if not called:
                called = self._definitions.unused(f"{name} logits")
                made.append(losses.of_logits(address, called))
            yield Keyword(f'"{name}"', called, ": ")


def _is_told(term: LossTerm) -> bool:
    """Tell whether the formula says all of a term: its weight is a number too."""
    return bool(term.formula) and term.weight_at(0.0) == term.weight_at(0.5) == term.weight_at(1.0)
