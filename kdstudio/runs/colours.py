"""Which colour a network of a run has: the same on every page, whatever has been drawn before."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from itertools import count
from typing import Any, NamedTuple

from kdstudio.engine.identity import CONTROL, CONTROL_NAME, SEED, STUDENT, TEACHER, Identity
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


def series_of(rows: Iterable[Identity]) -> dict[str, Token]:
    """Tokens of all networks of a run by name, with the seed and without, in whatever order they come.

    Networks of one kind and role are a family, and have one colour: what differs in the seed alone shares its
    shade too, and what differs in numbers, a generation or what is swept, is shaded by them. The first family
    of teachers, of controls and of students has the colour of its word; the others are numbered.
    """
    plain = {row.name: row.without(SEED) for row in rows}
    families: dict[_Family, list[_Place]] = {}
    for network in plain.values():
        families.setdefault(_family(network), []).append(_place(network))
    words, numbers, tokens = dict(PLAIN), count(), dict[_Family, Base]()
    for family in sorted(families):
        word = words.pop(family.kind, None)
        tokens[family] = next(numbers) if word is None else word

    def token(network: Identity) -> Token:
        family = _family(network)
        places = sorted({*families[family]})
        rank = places.index(_place(network))
        level = round(LEVELS * rank / max(len(places) - 1, 1))
        return Shade(tokens[family], level) if level else tokens[family]

    found = {network.name: token(network) for network in plain.values()}
    return found | {name: found[network.name] for name, network in plain.items()}


class _Family(NamedTuple):
    """What shares a colour; in the order in which families take their colours."""

    rank: int
    further: bool
    """Whether its role is another than the usual one of its kind."""
    length: int
    """Of its role: ``net-9`` stands before ``net-10``."""
    role: str
    kind: str
    words: tuple[tuple[str, str], ...]


_Place = tuple[tuple[str, float], ...]
"""The coordinates that are numbers: where in its family a network stands."""


def _family(network: Identity) -> _Family:
    kind, role = network.kind, network.role
    rank = [*PLAIN].index(kind) if kind in PLAIN else len(PLAIN)
    words = tuple((key, value) for key, value in network.coordinates.items() if isinstance(value, str))
    return _Family(rank, role not in (kind, STUDENT), len(role), role, kind, words)


def _place(network: Identity) -> _Place:
    return tuple((k, float(v)) for k, v in network.coordinates.items() if not isinstance(v, str))


def darkest(token: Token) -> Token:
    """The last shade of what ``token`` shades, for something that is made of that network."""
    return Shade(token.base if isinstance(token, Shade) else token, LEVELS)


def family_name(network: Identity) -> str:
    """What networks are called together that share a colour: ``student`` of all temperatures and seeds."""
    return network.without(SEED, *(key for key, _ in _place(network))).name


def base_of(tokens: Iterable[Token]) -> Token:
    """The colour of networks that are drawn as one: the one without its shades; of several the first."""
    found = list(tokens)
    bases = {token.base if isinstance(token, Shade) else token for token in found}
    return bases.pop() if len(bases) == 1 else found[0]


def series_by_name(networks: Mapping[str, Identity]) -> dict[str, Token]:
    """Tokens by name, also by the one that the run keeps a network under: in former runs they differ."""
    tokens = series_of(networks.values())
    return tokens | {name: tokens[network.name] for name, network in networks.items()}
