"""Formulas typeset: each piece an SVG drawing with its size, and pieces broken into lines."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from threading import Lock
from typing import NamedTuple

from kdstudio.runs.formulas.notation import Piece, pieces

SIZE = 24.0
"""Of the font at which pieces are drawn; sizes are told in its em."""
GAP = 0.28
"""Em between pieces that have no sign between them."""
LEAST_FILLED = 0.35
"""Share of a line that is filled before it is broken at a better place further left."""
_BOX = re.compile(r'viewBox="([^"]+)"')
_one_at_a_time = Lock()


class Drawn(NamedTuple):
    """One piece as SVG in ``currentColor``; its sizes in em."""

    piece: Piece
    svg: str
    width: float
    ascent: float
    descent: float


class Line(NamedTuple):
    """Pieces beside each other, each with its place in em from the left."""

    placed: tuple[tuple[float, Drawn], ...]
    width: float
    ascent: float
    descent: float


def drawn(formula: str) -> tuple[Drawn, ...]:
    """Draw the pieces of a formula; the first call loads the typesetter, a third of a second."""
    with _one_at_a_time:
        return tuple(_drawn(piece) for piece in pieces(formula))


@lru_cache(maxsize=1024)
def _drawn(piece: Piece) -> Drawn:
    from ziamath.config import config
    from ziamath.zmath import Latex

    config.svg2 = False  # paths alone, which every reader of SVG knows
    svg = Latex(piece.tex, size=SIZE, inline=True, margin=0).svg()
    box = _BOX.search(svg)
    assert box is not None
    _left, top, width, height = (float(number) / SIZE for number in box.group(1).split())
    return Drawn(piece, svg.replace('fill="black"', 'fill="currentColor"'), width, -top, top + height)


def broken(parts: Sequence[Drawn], width: float) -> list[Line]:
    """Break pieces into lines of ``width`` em: where few brackets are open, if that fills the line enough.

    A piece that is wider has a line of its own.
    """
    lines: list[Line] = []
    rest = list(parts)
    while rest:
        fitting = _fitting(rest, width)
        taken = fitting if fitting == len(rest) else _best_break(rest, fitting, width)
        lines.append(_line(rest[:taken]))
        rest = rest[taken:]
    return lines


def _fitting(parts: Sequence[Drawn], width: float) -> int:
    """How many of the first pieces fit, at least one."""
    count = 1
    while count < len(parts) and _line(parts[: count + 1]).width <= width:
        count += 1
    return count


def _best_break(parts: Sequence[Drawn], fitting: int, width: float) -> int:
    """Of the places for a break, the one with the fewest brackets open; of several the last."""
    places = [n for n in range(1, fitting + 1) if _line(parts[:n]).width >= LEAST_FILLED * width]
    return min(places or [fitting], key=lambda n: (parts[n].piece.depth, -n))


def _line(parts: Sequence[Drawn]) -> Line:
    placed, right = [], 0.0
    for number, part in enumerate(parts):
        left = right + (GAP if number and not part.piece.joins else 0.0)
        placed.append((left, part))
        right = left + part.width
    return Line(tuple(placed), right, max(p.ascent for p in parts), max(p.descent for p in parts))
