"""Tables of text in the formats that other programs read: CSV, LaTeX, Markdown."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple, Protocol

from kdstudio.errors import KDStudioError

Rows = Sequence[Sequence[str]]
LATEX = {
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    "\N{NO-BREAK SPACE}": "~",
    "\N{PLUS-MINUS SIGN}": r"$\pm$",
    "\N{MINUS SIGN}": "$-$",
    "\N{MULTIPLICATION SIGN}": r"$\times$",
    "\N{MIDDLE DOT}": r"$\cdot$",
    "\N{RIGHTWARDS ARROW}": r"$\to$",
    "\N{INFINITY}": r"$\infty$",
    "\N{EN DASH}": "--",
    "\N{HORIZONTAL ELLIPSIS}": r"\dots{}",
    "\N{GREEK SMALL LETTER ALPHA}": r"$\alpha$",
    "\N{GREEK SMALL LETTER BETA}": r"$\beta$",
    "\N{GREEK SMALL LETTER LAMDA}": r"$\lambda$",
    "\N{GREEK SMALL LETTER TAU}": r"$\tau$",
    **{sign: f"\\{sign}" for sign in "&%$#_{}"},
}
"""What LaTeX would read as something else, or does not know without further packages."""
MARKED_DOWN = re.compile(r"([\\`*_|<>\[\]])")


class Table(Protocol):
    """What can be written: a table in words, such as :class:`~kdstudio.runs.result_tables.ResultTable`."""

    @property
    def title(self) -> str:
        """What it shows; empty where nothing is to be said."""

    @property
    def head(self) -> Sequence[str]:
        """What stands above each column."""

    @property
    def body(self) -> Rows:
        """The rows, each as long as ``head``."""

    @property
    def align(self) -> str:
        """``l`` or ``r`` for each column."""


class TextTable(NamedTuple):
    """A table of any text."""

    title: str
    head: Sequence[str]
    body: Rows
    align: str


def as_csv(table: Table, between: str = ",") -> str:
    """Write head and rows; the title, where there is one, is a line above them."""
    written = io.StringIO()
    rows = [*([(table.title,)] if table.title else []), table.head, *table.body]
    csv.writer(written, delimiter=between, lineterminator="\n").writerows(rows)
    return written.getvalue()


def as_latex(table: Table) -> str:
    """Write a ``tabular`` with the rules of the package booktabs; the title is a comment above it."""
    title = [f"% {' '.join(table.title.split())}"] if table.title else []
    head, *body = (" & ".join(map(in_latex, row)) + r" \\" for row in (table.head, *table.body))
    lines = [*title, f"\\begin{{tabular}}{{{table.align}}}", r"\toprule", head, r"\midrule", *body]
    return "\n".join([*lines, r"\bottomrule", r"\end{tabular}"]) + "\n"


def in_latex(text: str) -> str:
    """Return what LaTeX sets as ``text``."""
    return "".join(LATEX.get(sign, sign) for sign in " ".join(text.split("\n")))


def as_markdown(table: Table) -> str:
    """Write a table of GitHub's Markdown, its columns as wide as their longest cells; the title above."""
    rows = [[in_markdown(cell) for cell in row] for row in (table.head, *table.body)]
    widths = [max(3, *map(len, column)) for column in zip(*rows, strict=True)]
    rules = [
        "-" * (width - 1) + (":" if side == "r" else "-")
        for width, side in zip(widths, table.align, strict=True)
    ]
    lines = [_row(cells, widths, table.align) for cells in (rows[0], rules, *rows[1:])]
    title = [f"**{in_markdown(table.title)}**", ""] if table.title else []
    return "\n".join([*title, *lines]) + "\n"


def in_markdown(text: str) -> str:
    """Return what Markdown shows as ``text``, in one line."""
    return MARKED_DOWN.sub(r"\\\1", " ".join(text.split("\n")))


def _row(cells: Sequence[str], widths: Sequence[int], align: str) -> str:
    placed = [
        cell.rjust(width) if side == "r" else cell.ljust(width)
        for cell, width, side in zip(cells, widths, align, strict=True)
    ]
    return f"| {' | '.join(placed)} |"


class TableFormat(NamedTuple):
    """One format of tables."""

    title: str
    suffix: str
    write: Callable[[Table], str]


TABLE_FORMATS: Mapping[str, TableFormat] = {
    "csv": TableFormat("CSV", "csv", as_csv),
    "latex": TableFormat("LaTeX", "tex", as_latex),
    "markdown": TableFormat("Markdown", "md", as_markdown),
}


def written_as(name: str, tables: Iterable[Table]) -> str:
    """Write ``tables`` one below the other; KDStudioError where there is no format ``name``."""
    if name not in TABLE_FORMATS:
        raise KDStudioError(f"no format '{name}' of tables; there are {', '.join(TABLE_FORMATS)}")
    return "\n".join(map(TABLE_FORMATS[name].write, tables))
