"""A formula in a report: typeset, as paths in the colour of the text."""

from __future__ import annotations

import re
from collections.abc import Iterator

from kdstudio.runs.formulas.typesetting import SIZE, Line, broken, drawn
from kdstudio.runs.report.markup import Markup, element

EM = 17.0
"""Size of its letters, pixels."""
WIDTH = 42.0
"""Of a line, in em."""
LEADING = 0.4
"""Em between lines."""
PATH = re.compile(r"<path[^>]*/>")


def formula_block(formula: str) -> Markup:
    """Draw ``formula``; whoever listens is read its text."""
    lines = broken(drawn(formula), WIDTH)
    height = sum(line.ascent + line.descent for line in lines) + LEADING * (len(lines) - 1)
    width = max(line.width for line in lines)
    return element(
        "svg",
        element("title", formula),
        *_drawn(lines),
        role="img",
        aria_label=formula,
        width=width * EM,
        height=height * EM,
        viewBox=f"0 0 {width * SIZE:.5g} {height * SIZE:.5g}",
        style="max-width: 100%",
    )


def _drawn(lines: list[Line]) -> Iterator[Markup]:
    top = 0.0
    for line in lines:
        base = (top + line.ascent) * SIZE
        for left, part in line.placed:
            paths = Markup("".join(PATH.findall(part.svg)))
            yield element("g", paths, transform=f"translate({left * SIZE:.5g} {base:.5g})")
        top += line.ascent + line.descent + LEADING
