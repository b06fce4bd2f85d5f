"""Which colour a network of a run has: the same on every page, whatever has been drawn before."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import count
from typing import NamedTuple

from kdstudio.engine.identity import CONTROL, CONTROL_NAME, SEED, STUDENT, TEACHER, Identity
from kdstudio.runs.colours import LEVELS, Base, Shade, Token

PLAIN = {TEACHER: "teacher", CONTROL: CONTROL_NAME, STUDENT: "student"}


def series_of(rows: Iterable[Identity]) -> dict[str, Token]:
    """Tokens of all networks of a run by name, with the seed and without, in whatever order they come.

    Networks of one kind and role are a family, and have one colour: what differs in the seed alone shares its
    shade too, and what differs in numbers, a generation or what is swept, is shaded by them. The first family
    of teachers, of controls and of students has the colour of its word; the others are numbered.
    """
    plain = {row.name: row.without(SEED) for row in rows}
    families: dict[_Family, set[_Place]] = {}
    for network in plain.values():
        families.setdefault(_family(network), set()).add(_place(network))
    ranks = {
        family: {place: rank for rank, place in enumerate(sorted(places))}
        for family, places in families.items()
    }
    words, numbers, tokens = dict(PLAIN), count(), dict[_Family, Base]()
    for family in sorted(families):
        word = words.pop(family.kind, None)
        tokens[family] = next(numbers) if word is None else word

    def token(network: Identity) -> Token:
        family = _family(network)
        places = ranks[family]
        level = round(LEVELS * places[_place(network)] / max(len(places) - 1, 1))
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
