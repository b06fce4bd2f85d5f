"""A sweep over temperature and α: many students in one stage, against one frozen teacher.

Any field can be swept by the experiment's ``sweep``, which trains one student after the other. Small ones
learn faster side by side: one forward pass of the teacher, one backward pass, one step for all.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import product
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal, NamedTuple

from pydantic import Field

from kdstudio.declaration import option
from kdstudio.engine.learning import ready_teachers
from kdstudio.engine.losses import response
from kdstudio.engine.strategy import Baseline, Many, Strategy, strategies
from kdstudio.engine.terms import LABELS, LossTerm
from kdstudio.engine.views import FigureView, TableView

if TYPE_CHECKING:
    from torch import Tensor

    from kdstudio.engine.context import RunContext
    from kdstudio.engine.network import Network
    from kdstudio.engine.stage import Stage

STUDENTS = Many("student", "students")


class Setting(NamedTuple):
    """What one student learns by."""

    temperature: float
    alpha: float


ALONE = Setting(1.0, 1.0)
"""Of those that learn from the labels alone; their temperature does not matter."""


@strategies.register
class TemperatureSweep(Strategy):
    """Temperature sweep: one student for every temperature and α, all taught by one teacher in one stage.

    They start from the same weights and see the same batches, so that they differ in what is swept alone.
    One forward pass of the teacher serves them all.
    """

    describes: ClassVar = ("teacher", STUDENTS)
    formerly: ClassVar[tuple[str, ...]] = ("sweep",)
    views: ClassVar = (
        TableView(
            title="Over the seeds",
            rows=("role", "architecture", "kind", "temperature", "alpha"),
            figures=("validation.accuracy", "accuracy"),
            best="validation.accuracy",
        ),
        FigureView(
            title="Accuracy against temperature",
            x="temperature",
            series=("role", "architecture", "alpha"),
            log_x=True,
        ),
    )

    name: Literal["temperature-sweep"] = "temperature-sweep"
    temperatures: tuple[Annotated[float, Field(gt=0, le=1000)], ...] = option(
        (1.0, 2.0, 4.0, 8.0, 20.0),
        "Temperatures T",
        "Both logits are divided by T.",
        min_length=1,
        term="temperature",
    )
    alphas: tuple[Annotated[float, Field(ge=0, le=1)], ...] = option(
        (0.1,), "Alphas α", "Weight of the label loss; the soft loss has 1 − α.", min_length=1, term="alpha"
    )
    students: int = option(
        1, "Architectures", "How many different students: wide and narrow, for instance.", ge=1, le=8
    )
    baseline: Baseline = True

    def formula(self) -> str:
        """Return Hinton's loss, with signs for what has several values, and these."""
        t, a = _written("T", self.temperatures), _written("α", self.alphas)
        rest = f"{1 - self.alphas[0]:g}" if len(self.alphas) == 1 else "(1 − α)"
        swept = {"T": self.temperatures, "α": self.alphas}
        told = [f"{sign} in {_listed(values)}" for sign, values in swept.items() if len(values) > 1]
        loss = f"L = {a}·CE(y, softmax(z_s)) + {rest}·{t}²·KL(softmax(z_t/{t}) ‖ softmax(z_s/{t}))"
        return f"{loss} for {' and '.join(told)}" if told else loss

    def plan(self, run: RunContext) -> Iterator[Stage]:
        """Teacher unless loaded; then, for each architecture, all students at once."""
        yield from ready_teachers(run)
        for role in STUDENTS.names(self.students):
            students = [(self._student(run, role, setting), setting) for setting in self._settings()]
            yield run.stage(role, _terms(students))

    def _settings(self) -> list[Setting]:
        """Every setting once; with α = 1 the temperature does not matter."""
        swept = [Setting(t, a) if a < 1 else ALONE for t, a in product(self.temperatures, self.alphas)]
        return [*dict.fromkeys(([ALONE] if self.baseline else []) + swept)]

    def _student(self, run: RunContext, role: str, setting: Setting) -> Network:
        return run.control(role) if setting == ALONE else run.network(role, **setting._asdict())


def _written(sign: str, values: Sequence[float]) -> str:
    """Write the one value, or ``sign`` for several."""
    return sign if len(values) > 1 else _listed(values)


def _listed(values: Sequence[float]) -> str:
    return ", ".join(f"{value:g}" for value in values)


def _terms(students: Sequence[tuple[Network, Setting]]) -> list[LossTerm]:
    """Make the mean over all students of each of Hinton's terms; each learns as if it were alone."""
    settings = [setting for _, setting in students]

    def mean(losses: Sequence[Tensor]) -> Tensor:
        return sum(losses[1:], start=losses[0]) / len(losses)

    def label_loss(*values: Tensor) -> Tensor:
        *logits, labels = values
        return mean(
            [s.alpha * response.cross_entropy(z, labels) for z, s in zip(logits, settings, strict=True)]
        )

    def soft_loss(*values: Tensor) -> Tensor:
        *logits, teacher = values
        return mean(
            [
                (1 - s.alpha) * response.soft_kl(z, teacher, s.temperature)
                for z, s in zip(logits, settings, strict=True)
            ]
        )

    inputs, count = tuple(student.logits for student, _ in students), float(len(students))
    return [
        LossTerm("label loss", label_loss, inputs, (LABELS,), count),
        LossTerm("soft loss", soft_loss, inputs, ("teacher.logits",), count),
    ]
