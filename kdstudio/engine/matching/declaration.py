"""What every matching term declares, the registry of them, and the pair that they match."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Literal

from kdstudio.declaration import Declaration, Registry, option
from kdstudio.engine.terms import LossTerm
from kdstudio.engine.weighting import AnyWeighting, Constant
from kdstudio.errors import FieldPath, KDStudioError, speaking_of
from kdstudio.lazy import LazyModule

if TYPE_CHECKING:
    from torch import Tensor, nn

    from kdstudio.engine import connectors as connectors
    from kdstudio.engine.context import RunContext
    from kdstudio.engine.network import Head, Network
    from kdstudio.engine.stage import Stage
    from kdstudio.engine.training import TrainingSpec

if not TYPE_CHECKING:
    connectors = LazyModule("kdstudio.engine.connectors")

DefaultTaps = Literal["blocks", "middle", "last", "embedding"]


@dataclass(frozen=True)
class Pair:
    """A frozen teacher and a student, to be matched on a run under the term's name."""

    run: RunContext
    teacher: Network
    student: Network
    name: str
    epochs: int
    """Epochs of the stage that the term is part of."""
    field: FieldPath = ("strategy",)
    """Of the experiment: where the term is described."""

    @property
    def recipe(self) -> TrainingSpec:
        """How the student learns."""
        return self.run.recipe_of(self.student)

    def taps(
        self, student: Sequence[str], teacher: Sequence[str], default: DefaultTaps
    ) -> list[tuple[str, str]]:
        """Pair the taps given; where none are, those of ``default``.

        ``blocks``: those that the models declare, in order (where their numbers differ, those of one name,
        or else the last of each); ``middle``: the one where each model's hint is read; ``last``: the last of
        them; ``embedding``: the last tap of all. Raises KDStudioError when not as many are given for one as
        for the other.
        """
        if len(student) != len(teacher):
            raise KDStudioError(
                f"term '{self.name}': {len(student)} student taps and {len(teacher)} teacher taps; "
                "give as many of each, or none"
            )
        if student:
            pairs = list(zip(student, teacher, strict=True))
            for pair in pairs:
                self.shapes(*pair)  # both are there
            return pairs
        for network in (self.student, self.teacher):
            if not network.taps:
                raise KDStudioError(
                    f"term '{self.name}': the {network.name} ({network.architecture}) has no taps to choose "
                    "from; give the paths of layers as student taps and teacher taps"
                )
        if default == "embedding":
            return [(list(self.student.taps)[-1], list(self.teacher.taps)[-1])]
        if default == "middle":
            return [(self.student.middle, self.teacher.middle)]
        own, other = self.student.blocks, self.teacher.blocks
        if default == "last":
            return [(own[-1], other[-1])]
        if len(own) == len(other):
            return list(zip(own, other, strict=True))
        return [(tap, tap) for tap in own if tap in other] or [(own[-1], other[-1])]

    def shapes(self, student: str, teacher: str) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """Shapes, for one image, of a student's output and a teacher's."""
        with speaking_of(*self.field, "student_taps"):
            shape = self.run.shape(self.student, student)
        with speaking_of(*self.field, "teacher_taps"):
            return shape, self.run.shape(self.teacher, teacher)

    def head(self, what: str, make: Callable[[], nn.Module], *of: str, architecture: str) -> Head:
        """Make a head of this term."""
        return self.run.head(f"{self.name} {what}", make, *of, architecture=architecture)


class MatchingTerm(Declaration):
    """One thing of the teacher's that the student is drawn to; subclasses are registered."""

    paper: ClassVar[str] = ""
    """Where it was published."""
    label_weight: ClassVar[float] = 1.0
    """Weight of the label loss that the default weight stands beside."""
    weight_source: ClassVar[str] = ""
    """Whose the default weight is."""
    reads_teacher: ClassVar[bool] = True
    """Whether a teacher is needed; without any such term a plan trains none."""

    name: str
    weight: float = option(1.0, "Weight", "Weight of the term in the loss.", ge=0, le=1e9)
    weighting: AnyWeighting = option(Constant(), "Weighting", "Course of the weight over the epochs.")
    during: Literal["training", "initialisation"] = option(
        "training",
        "During",
        "Beside the label loss, or in a stage of its own before it, in which only such terms are learned.",
    )

    def formula(self) -> str:
        """Return the literal loss, unweighted, with its numbers: ``T²·KL(…)``."""
        raise NotImplementedError

    def plan(self, pair: Pair) -> Generator[Stage, None, list[LossTerm]]:
        """Yield what has to be trained first, if anything, and return what the term adds."""
        yield from ()
        return self.match(pair)

    def match(self, pair: Pair) -> list[LossTerm]:
        """Return what the term adds to the stage; heads that it has made on the pair come with it."""
        raise NotImplementedError

    def term(
        self, pair: Pair, loss: Callable[..., Tensor], inputs: str | tuple[str, ...], targets: tuple[str, ...]
    ) -> LossTerm:
        """Make the loss term with the weight declared."""
        weight = self.weighting.over(self.weight, pair.epochs)
        return LossTerm(pair.name, loss, inputs, targets, weight, self.formula())


class TapTerm(MatchingTerm):
    """A matching term between taps."""

    default_taps: ClassVar[DefaultTaps] = "last"

    student_taps: tuple[str, ...] = option(
        (),
        "Student taps",
        "Where the student is read; none given means automatic.",
        taps_of="student",
        term="tap",
    )
    teacher_taps: tuple[str, ...] = option(
        (),
        "Teacher taps",
        "Where the teacher is read, one for each of the student's.",
        taps_of="teacher",
        term="tap",
    )

    def pairs(self, pair: Pair) -> list[tuple[str, str]]:
        """Taps of the student and the teacher that belong together."""
        return pair.taps(self.student_taps, self.teacher_taps, self.default_taps)

    def between(self, pair: Pair, loss: Callable[[Tensor, Tensor], Tensor]) -> LossTerm:
        """Make the sum of ``loss(student, teacher)`` over the pairs of taps, without projections."""
        pairs = self.pairs(pair)
        inputs = tuple(f"{pair.student.name}.{own}" for own, _ in pairs)
        targets = tuple(f"{pair.teacher.name}.{other}" for _, other in pairs)
        return self.term(pair, summed(loss, len(pairs)), inputs, targets)


def summed(loss: Callable[[Tensor, Tensor], Tensor], count: int) -> Callable[..., Tensor]:
    """Return the sum of ``loss`` over ``count`` students' values and as many teachers'."""

    def over_all(*values: Tensor) -> Tensor:
        losses = [loss(own, other) for own, other in zip(values[:count], values[count:], strict=True)]
        return sum(losses[1:], start=losses[0])

    return over_all


matching_terms = Registry[MatchingTerm](
    "matching term", "kdstudio.engine.matching", "kdstudio.matching_terms"
)
