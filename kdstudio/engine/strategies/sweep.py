"""A sweep over temperature and α: many students in one stage, against one frozen teacher."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import product
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from kdstudio.declaration import option
from kdstudio.engine.strategy import Strategy, strategies
from kdstudio.engine.teachers import ready_teachers

if TYPE_CHECKING:
    from torch import Tensor

    from kdstudio.engine.context import RunContext
    from kdstudio.engine.network import Network
    from kdstudio.engine.stage import LossTerm, Stage

LABELS_ALONE = 1.0
"""The α at which the temperature does not matter."""


@strategies.register
class Sweep(Strategy):
    """Sweep: one student for every temperature, α and seed, all taught by one teacher in one stage.

    Students of one seed start from the same weights, and all see the same batches, so that they differ
    in what is swept alone. One forward pass of the teacher serves them all.
    """

    name: Literal["sweep"] = "sweep"
    temperatures: tuple[Annotated[float, Field(gt=0, le=1000)], ...] = option(
        (1.0, 2.0, 4.0, 8.0, 20.0), "Temperatures T", "Both logits are divided by T.", min_length=1
    )
    alphas: tuple[Annotated[float, Field(ge=0, le=1)], ...] = option(
        (0.1,), "Alphas α", "Weight of the label loss; the soft loss has 1 − α.", min_length=1
    )
    seeds: int = option(3, "Seeds", "Students for each setting, with other initial weights.", ge=1, le=100)
    students: int = option(
        1, "Architectures", "How many different students: wide and narrow, for instance.", ge=1, le=8
    )
    baseline: bool = option(True, "Baseline", "Also train each student on the labels alone.")

    def roles(self) -> tuple[str, ...]:
        """One teacher and as many students as there are architectures: ``student``, ``student-2``."""
        return ("teacher", "student", *(f"student-{number}" for number in range(2, self.students + 1)))

    def formula(self) -> str:
        """Return Hinton's loss, with the values that are swept."""
        t, a = (", ".join(f"{v:g}" for v in values) for values in (self.temperatures, self.alphas))
        return (
            "L = α·CE(y, softmax(z_s)) + (1 − α)·T²·KL(softmax(z_t/T) ‖ softmax(z_s/T)) "
            f"for T in {t} and α in {a}"
        )

    def plan(self, run: RunContext) -> Iterator[Stage]:
        """Teacher unless loaded; then, for each architecture, all students at once."""
        from kdstudio.engine.stage import Stage

        (teacher,) = yield from ready_teachers(run, 1, baseline=False)
        for role in self.roles()[1:]:
            students = [self._student(run, role, *setting) for setting in self._settings()]
            yield Stage(
                role,
                networks=[teacher, *students],
                updates=[_terms(students)],
                training=run.recipe(role),
            )

    def _settings(self) -> list[tuple[float, float, int]]:
        """Temperature, α and seed of every student."""
        swept = list(product(self.temperatures, self.alphas, range(self.seeds)))
        controls = [(1.0, LABELS_ALONE, seed) for seed in range(self.seeds)] if self.baseline else []
        return controls + [setting for setting in swept if setting not in controls]

    def _student(self, run: RunContext, role: str, temperature: float, alpha: float, seed: int) -> Network:
        name = f"{role} T{temperature:g} α{alpha:g} seed {seed}".replace(".", ",")
        student = run.network(role, name=name, seed=seed)
        student.varied = {"role": role, "temperature": temperature, "alpha": alpha, "seed": seed}
        return student


def _terms(students: Sequence[Network]) -> list[LossTerm]:
    """Make the mean over all students of each of Hinton's terms; each learns as if it were alone."""
    import torch

    from kdstudio.engine.losses.response import cross_entropy, soft_kl
    from kdstudio.engine.stage import LABELS, LossTerm

    settings = [(float(s.varied["temperature"]), float(s.varied["alpha"])) for s in students]

    def label_loss(*values: Tensor) -> Tensor:
        *logits, labels = values
        losses = [a * cross_entropy(z, labels) for z, (_, a) in zip(logits, settings, strict=True)]
        return torch.stack(losses).mean()

    def soft_loss(*values: Tensor) -> Tensor:
        *logits, teacher = values
        losses = [(1 - a) * soft_kl(z, teacher, t) for z, (t, a) in zip(logits, settings, strict=True)]
        return torch.stack(losses).mean()

    of, count = tuple(f"{student.name}.logits" for student in students), float(len(students))
    return [
        LossTerm("label loss", label_loss, of, (LABELS,), count),
        LossTerm("soft loss", soft_loss, of, ("teacher.logits",), count),
    ]
