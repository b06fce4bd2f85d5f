"""Pieces are drawn and broken into lines."""

from xml.etree import ElementTree

import pytest

from kdstudio.runs.formulas.notation import Piece
from kdstudio.runs.formulas.typesetting import Drawn, broken, drawn
from tests.runs.formulas.test_notation import DECLARED


@pytest.mark.parametrize("name", DECLARED)
def test_every_declared_formula_is_drawn_and_fits_a_narrow_column(name):
    parts = drawn(DECLARED[name]().formula())
    for part in parts:
        assert ElementTree.fromstring(part.svg).findall("{http://www.w3.org/2000/svg}path")
        assert part.ascent > 0.3
    widest = max(part.width for part in parts)
    assert widest < 16, "16 em are what fits into the column at the smallest size"
    assert all(line.width <= 16 for line in broken(parts, 16))


def made(*pieces):
    return [
        Drawn(Piece(text, text, depth, joins=True), "", 4.0, 1.0, 0.2)
        for text, depth in (piece if isinstance(piece, tuple) else (piece, 0) for piece in pieces)
    ]


def read(lines):
    return ["".join(part.piece.text for _, part in line.placed) for line in lines]


def test_what_fits_is_not_broken():
    assert read(broken(made("a", "b", "c"), 12)) == ["abc"]


def test_lines_break_outside_brackets_where_they_can():
    assert read(broken(made("a", ("b", 0), ("c", 1), ("d", 1)), 11)) == ["a", "bc", "d"]
    assert read(broken(made("a", ("b", 1), ("c", 1), ("d", 1)), 12)) == ["abc", "d"]


def test_what_is_too_wide_has_a_line_of_its_own():
    assert read(broken(made("a", "b"), 3)) == ["a", "b"]


def test_pieces_stand_beside_each_other():
    (line,) = broken(made("a", "b"), 100)
    assert [left for left, _ in line.placed] == [0, 4]
    assert (line.width, line.ascent, line.descent) == (8, 1.0, 0.2)
