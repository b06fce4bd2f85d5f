"""One teacher or several: their roles, their shares of the loss, and how they get ready."""

from __future__ import annotations

from collections.abc import Generator
from typing import TYPE_CHECKING, Annotated

from pydantic import AfterValidator, Field, ValidationInfo

from kdstudio.engine.strategies.supervised import learn_labels

if TYPE_CHECKING:
    from kdstudio.engine.context import RunContext
    from kdstudio.engine.network import Network
    from kdstudio.engine.stage import Stage


def _one_for_each_teacher(weights: tuple[float, ...], info: ValidationInfo) -> tuple[float, ...]:
    teachers = info.data.get("teachers")
    if weights and teachers is not None and len(weights) != teachers:
        raise ValueError(f"give {teachers} weights, one for each teacher, or none, not {len(weights)}")
    return weights


TeacherCount = Annotated[
    int, Field(title="Teachers", description="How many teach the student at once.", ge=1, le=16)
]
TeacherWeights = Annotated[
    tuple[Annotated[float, Field(gt=0, le=1e9)], ...],
    AfterValidator(_one_for_each_teacher),
    Field(
        title="Teacher weights",
        description="How much each teacher counts, divided by their sum; none given means equal.",
    ),
]


def teacher_roles(count: int) -> tuple[str, ...]:
    """``teacher``, ``teacher-2``, …."""
    return ("teacher", *(f"teacher-{number}" for number in range(2, count + 1)))


def teacher_shares(count: int, weights: tuple[float, ...]) -> dict[str, float]:
    """Return the ``weights`` by role, divided by their sum; equal shares where none are given."""
    weights = weights or (1.0,) * count
    return {role: weight / sum(weights) for role, weight in zip(teacher_roles(count), weights, strict=True)}


def over_teachers(formula: str, shares: dict[str, float]) -> str:
    """Return the sum of ``formula`` over the teachers, with their shares; itself for one teacher."""
    if len(shares) == 1:
        return formula
    spoken = ", ".join(f"{share:.3g} ({role})" for role, share in shares.items())
    return f"Σ_t w_t·({formula}), w_t = {spoken}"


def ready_teachers(run: RunContext, count: int, *, baseline: bool) -> Generator[Stage, None, list[Network]]:
    """Train each teacher on the labels unless it is loaded, and the student alone as a ``baseline``.

    Returns the teachers, frozen.
    """
    teachers = []
    for role in teacher_roles(count):
        teacher = run.network(role)
        if not run.is_loaded(role):
            yield learn_labels(teacher, run.recipe(role))
        teachers.append(teacher.freeze())
    if baseline:
        yield learn_labels(run.network("student", name="baseline"), run.recipe("student"))
    return teachers
