"""One teacher or several: options for how many there are, and for their shares of the loss."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field, ValidationInfo

from kdstudio.engine.strategy import Many

TEACHERS = Many("teacher", "teachers")


def _one_for_each_teacher(weights: tuple[float, ...], info: ValidationInfo) -> tuple[float, ...]:
    teachers = info.data.get("teachers")
    if weights and teachers is not None and len(weights) != teachers:
        raise ValueError(f"give {teachers} weights, one for each teacher, or none, not {len(weights)}")
    return weights


TeacherCount = Annotated[
    int,
    Field(
        title="Teachers",
        description="How many teach the student at once.",
        ge=1,
        le=16,
        json_schema_extra={"term": "teacher"},
    ),
]
TeacherWeights = Annotated[
    tuple[Annotated[float, Field(gt=0, le=1e9)], ...],
    AfterValidator(_one_for_each_teacher),
    Field(
        title="Teacher weights",
        description="How much each teacher counts, divided by their sum; none given means equal.",
        json_schema_extra={"advanced": True},
    ),
]


def teacher_shares(count: int, weights: tuple[float, ...]) -> dict[str, float]:
    """Return the ``weights`` by role, divided by their sum; equal shares where none are given."""
    weights = weights or (1.0,) * count
    return {role: weight / sum(weights) for role, weight in zip(TEACHERS.names(count), weights, strict=True)}


def over_teachers(formula: str, shares: dict[str, float]) -> str:
    """Return the sum of ``formula`` over the teachers, with their shares; itself for one teacher."""
    if len(shares) == 1:
        return formula
    spoken = ", ".join(f"{share:.3g} ({role})" for role, share in shares.items())
    return f"Σ_t w_t·({formula}), w_t = {spoken}"
