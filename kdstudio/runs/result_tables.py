"""Tables of results, those a strategy declares and the general one, for the terminal and the window."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from kdstudio.engine.events import NetworkResult
from kdstudio.engine.identity import Coordinate
from kdstudio.engine.views import TableView
from kdstudio.runs.differences import Difference
from kdstudio.runs.figures import (
    FIGURES,
    MISSING,
    Figure,
    Part,
    Row,
    Spread,
    heading,
    spoken_field,
    spoken_key,
)
from kdstudio.runs.groups import Group, best_of, gathered, in_order
from kdstudio.runs.summary import Summary, class_name


@dataclass(frozen=True)
class ResultTable:
    """A table in words."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    figures: int
    """How many columns at the right hold numbers."""
    best: int | None = None
    """Number of the row to be marked."""
    mark: str = ""
    """What that row is the best by."""

    @property
    def head(self) -> tuple[str, ...]:
        """The columns, with one for the mark where there is a row to be marked."""
        return self.columns if self.best is None else (*self.columns, "")

    @property
    def body(self) -> list[tuple[str, ...]]:
        """The rows, the best one marked."""
        if self.best is None:
            return list(self.rows)
        return [(*row, self.mark if place == self.best else "") for place, row in enumerate(self.rows)]

    @property
    def align(self) -> str:
        """``l`` or ``r`` for each column of ``head``."""
        names = len(self.columns) - self.figures
        return "l" * names + "r" * self.figures + "l" * (len(self.head) - len(self.columns))


def tabulate(view: TableView, rows: Iterable[Row], part: Part = "test") -> ResultTable:
    """Lay ``rows`` out as a strategy has declared it."""
    fields = (*view.rows, view.columns) if view.columns else view.rows
    groups = gathered(rows, view.over)
    placed = [group for group in groups if None not in map(group.field, fields)]
    if view.columns:
        columns = in_order(placed, [view.columns])
        values = tuple(dict.fromkeys(group.field(view.columns) for group in columns))
        by_row: dict[tuple[Coordinate | None, ...], list[Group]] = {}
        for group in in_order(placed, fields):
            by_row.setdefault(tuple(map(group.field, view.rows)), []).append(group)
        lines = list(by_row.values())
    else:
        values, lines = (None,), [[group] for group in in_order(groups, fields)]
    best = best_of(placed, view.best, part) if view.best else None
    return ResultTable(
        title=view.title,
        columns=(*(heading(field) for field in view.rows), *_heads(view, values, part)),
        rows=tuple(_line(view, values, line, part) for line in lines),
        figures=len(values) * len(view.figures),
        best=next((place for place, line in enumerate(lines) if best in line), None),
        mark=f"best {spoken_key(view.best, part)}" if view.best else "",
    )


def _heads(view: TableView, values: Sequence[Coordinate | None], part: Part) -> Iterator[str]:
    """Head the figures' columns; where there is one figure, the table's title tells which."""
    for value in values:
        for figure in view.figures:
            words = [spoken_field(view.columns, value)]
            if not view.columns or len(view.figures) > 1:
                words.append(heading(figure, part))
            yield " ".join(filter(None, words))


def _line(
    view: TableView, values: Sequence[Coordinate | None], groups: Sequence[Group], part: Part
) -> tuple[str, ...]:
    """Write one row; several networks in one cell stand side by side, never averaged."""
    cells = [spoken_field(field, groups[0].field(field)) for field in view.rows]
    for value in values:
        here = [group for group in groups if not view.columns or group.field(view.columns) == value]
        cells += [", ".join(group.text(figure, part) for group in here) or MISSING for figure in view.figures]
    return tuple(cells)


def networks_table(rows: Iterable[NetworkResult]) -> ResultTable:
    """The general table of a run; networks that differ in the seed alone are one row, with their number."""
    groups = gathered(rows)
    counted = any(len(group.rows) > 1 for group in groups)
    epoch = Figure("best epoch")
    lines = []
    for group in groups:
        best_epochs = [row.best_epoch for row in group.rows if isinstance(row, NetworkResult)]
        lines.append(
            (
                group.network.name,
                group.network.architecture,
                *([str(len(group.rows))] if counted else []),
                *map(group.text, ("parameters", "validation.accuracy", "accuracy", "errors")),
                epoch.text(Spread(tuple(float(best.epoch) for best in best_epochs))),
                FIGURES["accuracy"].text(Spread(tuple(best.test.accuracy for best in best_epochs))),
            )
        )
    names = ("network", "architecture")
    figures = ("parameters", "validation", "test", "test errors", "best epoch", "test at best")
    heads = (*(["seeds"] if counted else []), *figures)
    return ResultTable("", (*names, *heads), tuple(lines), len(heads))


def effects_table(found: Sequence[Difference]) -> ResultTable:
    """What networks gain on their controls, in words; no rows where nothing is compared."""
    accuracies = {(each.result, each.control): each for each in found if each.figure == "accuracy"}
    lines = []
    for each in found:
        if each.figure == "errors":
            points = accuracies[each.result, each.control].signed if each.seeds > 1 else MISSING
            lines.append((each.result, each.control, each.text, points))
    told = any(each.seeds > 1 for each in found)
    return ResultTable(
        "Against the control" + (": mean difference ± half its 95 % interval" if told else ""),
        ("network", "control", "test errors", "in points"),
        tuple(lines),
        figures=1,
    )


def unseen_table(summary: Summary) -> ResultTable:
    """Table of what became of classes left out of training; no rows where there are none."""
    numbers = sorted({number for network in summary.networks.values() for number in network.unseen})
    names = ", ".join(class_name(summary.class_names, number) for number in numbers)
    share, count = FIGURES["accuracy"], FIGURES["errors"]
    rows = []
    for name, network in summary.networks.items() if numbers else ():
        shifted = network.shifted
        rows.append(
            (
                name,
                _biases(network, summary.class_names),
                share.single(network.unseen_accuracy),
                share.single(shifted.unseen_accuracy if shifted else None),
                count.single(network.test.errors),
                count.single(shifted.test.errors if shifted else None),
            )
        )
    return ResultTable(
        f"Never seen in training: {names}. The fit uses no test labels.",
        ("network", "fitted biases", "unseen right", "after the fit", "test errors", "after the fit"),
        tuple(rows),
        figures=4,
    )


def _biases(network: NetworkResult, class_names: Sequence[str]) -> str:
    if not network.unseen:
        return "has seen them"
    if network.shifted is None:
        return "none could be fitted"
    biases = network.shifted.biases.items()
    return ", ".join(f"{class_name(class_names, number)} {bias:+.2f}" for number, bias in biases)


def result_tables(summary: Summary) -> list[ResultTable]:
    """All tables of a run that have rows: the general one, what is gained, what its strategy declares."""
    rows = list(summary.networks.values())
    declared = (tabulate(view, rows) for view in summary.views if isinstance(view, TableView))
    found = (networks_table(rows), effects_table(summary.comparisons), *declared, unseen_table(summary))
    return [table for table in found if table.rows]
