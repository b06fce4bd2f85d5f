"""Which colour a network of a run has: the same on every page, whatever has been drawn before."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from itertools import count
from typing import Any

from kdstudio.engine.identity import CONTROL, CONTROL_NAME, SEED, STUDENT, TEACHER, Identity
from kdstudio.shipped import shipped

Token = str | int
"""What the theme finds a colour by: a word, or a number counted from 0."""
PLAIN = {TEACHER: "teacher", CONTROL: CONTROL_NAME, STUDENT: "student"}


@dataclass(frozen=True)
class Colours:
    """The colours of one scheme."""

    roles: dict[str, str]
    series: dict[str, Any]

    def __getitem__(self, role: str) -> str:
        """Hex colour of ``role``."""
        return self.roles[role]

    def of(self, token: Token) -> str:
        """Colour of a network's curves and bars; or of a word of the theme."""
        others: list[str] = self.series["others"]
        return others[token % len(others)] if isinstance(token, int) else str(self.series[token])


@cache
def schemes() -> dict[str, Colours]:
    """Read the theme file."""
    text = (shipped("resources") / "theme.toml").read_text("utf-8")
    tables = tomllib.loads(text)
    return {
        name: Colours({k: v for k, v in table.items() if isinstance(v, str)}, table["series"])
        for name, table in tables.items()
    }


def series_of(rows: Iterable[Identity]) -> dict[str, Token]:
    """Tokens of all networks of a run by name, with the seed and without, in the order of its plan.

    The first teacher, and the first control and student without coordinates, have colours of their own;
    the others are numbered. Networks that differ in the seed alone share a token.
    """
    words, numbers, tokens = dict(PLAIN), count(), dict[str, Token]()
    for row in rows:
        network = row.without(SEED)
        if network.name not in tokens:
            is_plain = row.kind == TEACHER or not network.coordinates
            word = words.pop(row.kind, None) if is_plain else None
            tokens[network.name] = next(numbers) if word is None else word
        tokens[row.name] = tokens[network.name]
    return tokens


def series_by_name(networks: Mapping[str, Identity]) -> dict[str, Token]:
    """Tokens by name, also by the one that the run keeps a network under: in former runs they differ."""
    tokens = series_of(networks.values())
    return tokens | {name: tokens[network.name] for name, network in networks.items()}
