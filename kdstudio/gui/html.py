"""The little HTML that labels show; every text put into it is escaped, so names may hold ``<`` and ``&``."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

SIDES = {"l": "left", "r": "right"}
GAP = 10
"""Pixels between columns."""


class Html(str):
    """Text with tags, made by the functions here; labels show any other text as it is."""

    __slots__ = ()


def escaped(text: str) -> Html:
    """Make ``text`` show as it is, its line breaks too; what is HTML already stays."""
    return text if isinstance(text, Html) else Html(escape(text).replace("\n", "<br>"))


def bold(text: str) -> Html:
    """Set ``text`` in bold."""
    return Html(f"<b>{escaped(text)}</b>")


def coloured(text: str, colour: str) -> Html:
    """Set ``text`` in a ``#rrggbb`` colour."""
    return Html(f"<span style='color: {colour}'>{escaped(text)}</span>")


def joined(parts: Iterable[str], between: str = "") -> Html:
    """Put ``parts`` one after the other."""
    return Html(escaped(between).join(map(escaped, parts)))


def lines(*parts: str) -> Html:
    """Put ``parts`` one below the other; empty ones are left out."""
    return joined(filter(None, parts), "\n")


def paragraphs(*parts: str) -> Html:
    """Put ``parts`` below each other with space between; empty ones are left out.

    Parts may be tables and lists, which no paragraph can hold.
    """
    shown = [escaped(part) for part in parts if part]
    return Html("".join(f"<div style='margin-top: {8 if n else 0}px'>{p}</div>" for n, p in enumerate(shown)))


def unbroken(html: Html) -> Html:
    """Keep every line of ``html`` whole, however narrow its place is."""
    return Html(f"<div style='white-space: nowrap'>{html}</div>")


def listed(entries: Iterable[str]) -> Html:
    """Make a list with dots."""
    dots = "".join(f"<li>{escaped(entry)}</li>" for entry in entries)
    return Html(f"<ul style='margin: 2px 0 2px 12px; -qt-list-indent: 0'>{dots}</ul>")


def table(
    head: Sequence[str], rows: Iterable[Sequence[str]], align: str, *, full_width: bool = False
) -> Html:
    """Make a table; ``align`` has a letter for each column, ``l`` or ``r``; an empty ``head`` is left out.

    The last cell of a short row spans the columns that are left.
    """
    shown = ([head] if any(head) else []) + list(rows)
    width = " width='100%'" if full_width else ""
    return Html(f"<table cellspacing='0'{width}>{''.join(_row(cells, align) for cells in shown)}</table>")


def _row(cells: Sequence[str], align: str) -> str:
    span = len(align) - len(cells) + 1
    made = ""
    for place, (cell, side) in enumerate(zip(cells, align, strict=False)):
        last = place == len(cells) - 1
        over = f" colspan='{span}'" if last and span > 1 else ""
        style = f"padding: 1px {0 if last else GAP}px 1px 0"
        made += f"<td align='{SIDES[side]}'{over} style='{style}'>{escaped(cell)}</td>"
    return f"<tr>{made}</tr>"
