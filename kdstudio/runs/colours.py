"""The colours of the theme file, by role and by token, for whoever draws."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from typing import Any, NamedTuple

from kdstudio.shipped import shipped

Base = str | int
"""A word of the theme, or a number counted from 0."""
LEVELS = 8
"""Steps from a colour to the last of its shades."""
FARTHEST = {"text": 0.65, "panel": 0.5}
"""How far that one is from it, towards the colour of texts, or of what lies behind."""
DARK_ENOUGH = 6.0
"""Contrast from which on a colour's shades go towards what lies behind it."""


class Shade(NamedTuple):
    """A colour of the theme, shaded: of networks that differ in numbers alone."""

    base: Base
    level: int
    """1 to ``LEVELS``."""


Token = Base | Shade
"""What the theme finds a colour by."""
LINE = "line"
"""Word of what belongs to no network."""


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
        if isinstance(token, Shade):
            return self._shaded(self.of(token.base), token.level / LEVELS)
        return others[token % len(others)] if isinstance(token, int) else str(self.series[token])

    def _shaded(self, colour: str, share: float) -> str:
        """Go from ``colour`` a ``share`` of the way to the last of its shades."""
        end = "text" if contrast(colour, self["panel"]) < DARK_ENOUGH else "panel"
        both, part = (channels(colour), channels(self[end])), share * FARTHEST[end]
        mixed = (round(255 * (a + part * (b - a))) for a, b in zip(*both, strict=True))
        return "#" + "".join(f"{value:02x}" for value in mixed)


def channels(colour: str) -> tuple[float, ...]:
    """Red, green and blue of ``#rrggbb``, 0 to 1."""
    return tuple(int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5))


def contrast(one: str, other: str) -> float:
    """Contrast of two colours as WCAG 2 defines it, 1 to 21."""
    low, high = sorted(map(_luminance, (one, other)))
    return (high + 0.05) / (low + 0.05)


def _luminance(colour: str) -> float:
    linear = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels(colour))
    return sum(weight * c for weight, c in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


@cache
def schemes() -> dict[str, Colours]:
    """Read the theme file."""
    text = (shipped("resources") / "theme.toml").read_text("utf-8")
    tables = tomllib.loads(text)
    return {
        name: Colours({k: v for k, v in table.items() if isinstance(v, str)}, table["series"])
        for name, table in tables.items()
    }
