"""Which classes a run's networks take for which others, read off the confusions that it keeps."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from kdstudio.runs.colours import Token
from kdstudio.runs.confusions import read_confusion
from kdstudio.runs.groups import Group
from kdstudio.runs.report.chart import colour_class
from kdstudio.runs.report.markup import Markup, element, paragraph, table
from kdstudio.runs.report.reported import ReportedRun, Section
from kdstudio.runs.results import leading

MOST_PAIRS = 10
MOST_CLASSES = 20
"""Of a matrix that is drawn; of more classes the pairs alone are shown."""
CELL, NAME_ROOM, FOOT = 22, 70, 40
LONGEST = 11
"""Letters of a class's name beside the matrix."""


class Counted(NamedTuple):
    """Test images of networks that differ in the seed alone, counted by true class and class answered."""

    name: str
    token: Token
    classes: tuple[str, ...]
    counts: np.ndarray
    """``(K, K)``: mean over the networks."""


def mistakes(run: ReportedRun) -> Section | None:
    """Show the pairs that are confused most often, and the matrix of the run's result."""
    groups = leading(run.summary)
    found = [c for g in (groups.result, groups.control, groups.reference) if g and (c := counted(run, g))]
    if not found or not (pairs := confused(found[0])):
        return None
    first, alike = found[0], [each for each in found if each.classes == found[0].classes]
    rows = [
        (first.classes[true], first.classes[answer], *(_share(each, true, answer) for each in alike))
        for true, answer in pairs
    ]
    heads = ("true class", "taken for", *(each.name for each in alike))
    shown = table(heads, rows, "ll" + "r" * len(alike), title=f"What the {first.name} confuses most often")
    seeds = ", means over the seeds" if any(g and len(g.rows) > 1 for g in groups) else ""
    note = f"Shares of the test images of the true class, after the last epoch{seeds}."
    parts = element(
        "div", element("div", shown, paragraph(note, class_="note")), *matrix(first), class_="beside"
    )
    return Section("Mistakes", (parts,))


def counted(run: ReportedRun, group: Group) -> Counted | None:
    """Read the confusions of ``group``; None where they are not those of the test images."""
    found = [read_confusion(run.folder, name) for name in run.names_in(group)]
    counts = [np.array(each.confusion, float) for each in found if each and each.part == "test"]
    if not counts:
        return None
    name = group.network.name
    return Counted(name, run.tokens.get(name, 0), run.classes_of(group), np.mean(counts, axis=0))


def confused(found: Counted) -> list[tuple[int, int]]:
    """Return the pairs of true class and answer that are wrong most often, the worst first."""
    wrong = found.counts.copy()
    np.fill_diagonal(wrong, 0)
    places = np.argsort(-wrong, axis=None, kind="stable")[:MOST_PAIRS]
    pairs = [divmod(int(place), len(wrong)) for place in places]
    return [pair for pair in pairs if wrong[pair] > 0]


def _share(found: Counted, true: int, answer: int) -> str:
    return f"{100 * found.counts[true, answer] / max(found.counts[true].sum(), 1):.1f}%"


def matrix(found: Counted) -> Iterator[Markup]:
    """Draw the shares of each row; the diagonal is left pale, so that mistakes are seen."""
    count = len(found.classes)
    if count > MOST_CLASSES:
        return
    side = NAME_ROOM + CELL * count
    svg = element(
        "svg",
        element("title", f"Confusion of {found.name}: rows are true classes, columns answers"),
        *_cells(found),
        *_names(found.classes),
        xmlns="http://www.w3.org/2000/svg",
        viewBox=f"0 0 {side + 4} {CELL * count + FOOT}",
        role="img",
        class_="matrix",
        style=f"max-width: {(side + 4) / 16:.1f}rem",
    )
    title = f"Test images of the {found.name}: true class by row, answer by column"
    yield element("figure", element("figcaption", title), svg)


def _cells(found: Counted) -> Iterator[Markup]:
    wrong = found.counts * (1 - np.eye(len(found.counts)))
    darkest = max(wrong.max(), 1)
    for row, column in np.ndindex(found.counts.shape):
        value, x, y = found.counts[row, column], NAME_ROOM + CELL * column, CELL * row
        share = 0.0 if row == column else wrong[row, column] / darkest
        colour = "diagonal" if row == column else f"cell {colour_class(found.token)}"
        yield element(
            "rect", x=x, y=y, width=CELL - 1, height=CELL - 1, class_=colour,
            fill_opacity=None if row == column else round(0.06 + 0.7 * share, 2),
        )  # fmt: skip
        if value > 0:
            text = f"{value:.0f}" if value >= 9.95 or value == int(value) else f"{value:.1f}"
            yield element("text", text, x=x + CELL / 2, y=y + CELL / 2 + 4, class_="middle small")


def _names(classes: Sequence[str]) -> Iterator[Markup]:
    bottom = CELL * len(classes)
    for number, name in enumerate(classes):
        middle = CELL * number + CELL / 2
        short = name if len(name) <= LONGEST else f"{name[: LONGEST - 1]}…"
        yield element("text", short, x=NAME_ROOM - 6, y=middle + 4, class_="right")
        below = element("title", name)
        yield element("text", name[:3], below, x=NAME_ROOM + middle, y=bottom + 14, class_="middle")
    yield element("text", "answer", x=NAME_ROOM + bottom / 2, y=bottom + FOOT - 8, class_="axis-title middle")
