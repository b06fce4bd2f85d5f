"""What a strategy declares of its results: tables, figures, and what is compared with what.

Results are one tidy table: a row for each network, with its role, kind, coordinates, cost and figures. A
view says which of it to show. A *field* is ``role``, ``kind``, ``architecture``, ``name`` or a coordinate; a
*figure* is ``accuracy``, ``errors``, ``loss`` or ``calibration_error`` (of the test set unless
``validation.`` stands before it), ``parameters``, ``multiply_adds`` or ``latency``. Means are taken over one
coordinate, mostly the seed: networks that differ in anything else are never averaged, even if a view does
not tell them apart.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from kdstudio.engine.bounds import Name
from kdstudio.engine.identity import CONTROL, SEED, STUDENT, TEACHER, Record

SCORES = ("accuracy", "errors", "loss", "calibration_error")
OF_EVERY_ROW = ("role", "kind", "architecture", "name")
"""Fields that are no coordinates."""
COSTS = ("parameters", "multiply_adds", "latency")


def _known(key: str) -> str:
    """Check the name of a figure, so that a slip is found before anything is trained."""
    part, _, figure = key.rpartition(".")
    scored = figure in SCORES and part in ("", "validation", "test")
    if not scored and not (figure in COSTS and not part):
        raise ValueError(f"no figure '{key}'; there are {', '.join((*SCORES, *COSTS))}")
    return key


FigureKey = Annotated[str, AfterValidator(_known)]


class TableView(Record):
    """Rows by some fields; one column for each figure, or for each value of a field."""

    view: Literal["table"] = "table"
    title: Name
    rows: tuple[Name, ...]
    """Fields that tell the rows apart. Numbers are sorted, words stand in the order of the plan."""
    columns: Name = ""
    """A field whose values become columns; networks that lack one of the fields are then left out.

    Empty: one column for each figure, and an empty cell for a field that a network lacks.
    """
    figures: tuple[FigureKey, ...] = ("accuracy",)
    over: Name = SEED
    """Coordinate over which means and deviations are taken."""
    best: FigureKey | Literal[""] = ""
    """Figure by which the best row is marked; on validation, for choices are made there.

    Only networks that have all the fields can be the best: others are no choice.
    """


class FigureView(Record):
    """A figure against a coordinate or a cost, one line for each series."""

    view: Literal["figure"] = "figure"
    title: Name
    x: Name
    """A coordinate with numbers, or a figure of cost; networks that lack it are drawn as level lines."""
    y: FigureKey = "accuracy"
    series: tuple[Name, ...] = ("kind",)
    """Fields that tell the lines apart, and are the words of the legend."""
    over: Name = SEED
    """Coordinate over which means and bands are taken."""
    log_x: bool = False
    connected: bool = True
    """Whether a line joins the points; otherwise each point has its network's name."""


View = Annotated[TableView | FigureView, Field(discriminator="view")]


def told_apart(views: Iterable[View]) -> tuple[str, ...]:
    """Coordinates by which the tables among ``views`` tell networks apart, each once."""
    tables = (view for view in views if isinstance(view, TableView))
    fields = (field for table in tables for field in (*table.rows, table.columns))
    return tuple(dict.fromkeys(field for field in fields if field and field not in OF_EVERY_ROW))


class Comparison(Record):
    """What is held against what, wherever runs stand side by side."""

    result: Name = STUDENT
    """Kind of the networks that the strategy is about."""
    control: Name = CONTROL
    """Kind of those that show what they would be without it."""
    reference: Name = TEACHER
    """Kind of those that they learn from."""
