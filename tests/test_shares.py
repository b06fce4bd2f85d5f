"""The table of gradient shares in matching.md, which docs/shares.py has measured."""

import importlib.util
import re
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[1] / "docs"
CELL = re.compile(r"([\d.]+) ± ([\d.]+)")
FURTHEST = 1.16
"""Standard deviations that one of three values can be away from their mean: 2/√3."""


@pytest.fixture(scope="module")
def shares():
    spec = importlib.util.spec_from_file_location("shares", DOCS / "shares.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def told(shares):
    """Mean and deviation by term and pair."""
    block = shares.BLOCK.search(shares.PAGE.read_text("utf-8"))[0]
    head, _line, *rows = (
        [cell.strip() for cell in line.split("|")[1:-1]] for line in block.splitlines()[1:-1]
    )
    cells = {row[0].strip("`"): [CELL.fullmatch(cell).groups() for cell in row[1:]] for row in rows}
    return {
        pair: {term: tuple(map(float, row[number])) for term, row in cells.items()}
        for number, pair in enumerate(head[1:])
    }


def test_every_term_has_its_share_in_both_pairs(shares, told):
    assert told.keys() == shares.PAIRS.keys()
    assert all(column.keys() == shares.TERMS.keys() for column in told.values())


@pytest.mark.slow
def test_the_shares_of_one_seed_are_those_of_the_table(shares, told):
    [(pair, preset), *_] = shares.PAIRS.items()
    for term, share in shares.shares(preset, 0).items():
        mean, deviation = told[pair][term]
        assert abs(100 * share - mean) <= FURTHEST * deviation + 1, f"{term}: run python docs/shares.py"
