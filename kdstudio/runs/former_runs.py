"""Runs of the first version, read as those of today: summaries, events and cards without rows.

Then a network's name was all that was known of it; here, and nowhere else, names still mean something.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import wraps
from typing import TYPE_CHECKING, Any, ParamSpec

from kdstudio.engine.confusion import accuracy_on
from kdstudio.engine.identity import CONTROL, ENSEMBLE, EXIT, PEER, STUDENT, TEACHER
from kdstudio.engine.strategy import Strategy, strategies
from kdstudio.errors import KDStudioError

if TYPE_CHECKING:
    from torch import Tensor

    from kdstudio.engine.card import NetworkCard

FORMER_CARD = "kdstudio-network-1"
Raw = dict[str, Any]
P = ParamSpec("P")

_IDENTITIES: dict[str, Callable[[re.Match[str]], Raw]] = {
    r"teacher(-\d+)?": lambda m: _identity(m[0], TEACHER),
    r"student": lambda _m: _identity(STUDENT, STUDENT),
    r"baseline": lambda _m: _identity(STUDENT, CONTROL),
    r"kd|all outputs|labels alone": lambda m: _identity(STUDENT, CONTROL, method=m[0]),
    r"selected teacher": lambda m: _identity(m[0], TEACHER),
    r"generation-(\d+)": lambda m: _identity(STUDENT, STUDENT, generation=int(m[1])),
    r"ensemble of (\d+)": lambda m: _identity(STUDENT, ENSEMBLE, generation=int(m[1])),
    r"ensemble": lambda _m: _identity(STUDENT, ENSEMBLE),
    r"exit-(\d+)": lambda m: _identity(STUDENT, EXIT, exit=int(m[1])),
    r"(net-\d+)": lambda m: _identity(m[1], PEER, way="mutual"),
    r"(net-\d+) alone": lambda m: _identity(m[1], CONTROL, way="alone"),
    r"(net-\d+) distilled": lambda m: _identity(m[1], STUDENT, way="distilled"),
}


def _identity(role: str, kind: str, **coordinates: float | str) -> Raw:
    return {"role": role, "kind": kind, "coordinates": coordinates}


def identity_of(name: str, varied: Mapping[str, Any] | None = None) -> Raw:
    """What a network was, by its name, and by what it said of itself where it had siblings."""
    if varied:
        seed = int(varied["seed"])
        if varied["alpha"] == 1:
            return _identity(varied["role"], CONTROL, seed=seed)
        setting = {"temperature": varied["temperature"], "alpha": varied["alpha"]}
        return _identity(varied["role"], STUDENT, **setting, seed=seed)
    for pattern, make in _IDENTITIES.items():
        if match := re.fullmatch(pattern, name):
            return make(match)
    return _identity(name, name)


def _careful(convert: Callable[P, Raw]) -> Callable[P, Raw]:
    """Let what has no known shape be a ValueError."""

    @wraps(convert)
    def converted(*arguments: P.args, **named: P.kwargs) -> Raw:
        try:
            return convert(*arguments, **named)
        except (ArithmeticError, AttributeError, LookupError, TypeError) as error:
            raise ValueError(f"it has no known shape ({type(error).__name__}: {error})") from error

    return converted


@_careful
def modern_summary(raw: Raw) -> Raw:
    """Return a summary with rows, views and what is compared; one of today as it is."""
    if "version" in raw:
        return raw
    networks = {name: _row(name, network) for name, network in raw.get("networks", {}).items()}
    strategy = _strategy(raw["experiment"]["strategy"]["name"])
    generations = any("generation" in row["coordinates"] for row in networks.values())
    for row in networks.values():
        if generations and row["kind"] == TEACHER:
            row["coordinates"]["generation"] = 0
    return {**raw, "networks": networks, "views": strategy.views, "comparison": strategy.comparison}


def _strategy(name: str) -> type[Strategy]:
    try:
        return strategies[name]
    except KDStudioError:  # it is no longer there
        return Strategy


def _row(name: str, network: Raw) -> Raw:
    """One network's result, with what was to be read off its confusion."""
    unseen = network.get("unseen", ())
    shifted = network.get("shifted")
    if shifted:
        shifted = {**shifted, "unseen_accuracy": accuracy_on(shifted["test"]["confusion"], unseen)}
    return {
        **network,
        **identity_of(name, network.get("varied")),
        "unseen_accuracy": accuracy_on(network["last_epoch"]["test"]["confusion"], unseen),
        "shifted": shifted,
    }


@_careful
def modern_event(raw: Raw) -> Raw:
    """Return an event with the names of today."""
    match raw.get("kind"):
        case "run-started":
            return {**raw, "stages": [_stage(stage) for stage in raw["stages"]]}
        case "stage-started" if "outline" in raw:
            return {**raw, "summary": _stage(raw["outline"])}
        case "stage-done":
            networks = raw["networks"]
            return {**raw, "networks": {n: r if "role" in r else _row(n, r) for n, r in networks.items()}}
    return raw


def _stage(raw: Raw) -> Raw:
    if "turns" not in raw:
        return raw
    varied, heads = raw.get("varied", {}), raw.get("heads", {})
    exits = dict.fromkeys(m[1] for m in (re.match(r"(exit-\d+) ", head) for head in heads) if m)
    ensembles = ["ensemble"] if exits else [head for head in heads if head.startswith("ensemble")]
    selected = ["selected teacher"] if "φ" in heads else []
    names = (*exits, *raw["parameters"], *ensembles, *selected)
    scored = {name: identity_of(name, varied.get(name)) for name in names}
    return {**raw, "updates": raw["turns"], "scored": scored}


@_careful
def modern_card(raw: Raw) -> Raw:
    """Return a card with an identity; an early exit becomes a composition."""
    if raw.get("format") != FORMER_CARD:
        return raw
    card = {key: value for key, value in raw.items() if key not in ("format", "exit")}
    card["identity"] = identity_of(raw["network"])
    early = raw.get("exit")
    if not early:
        return card
    name, classes, model = raw["network"], len(raw["class_names"]), card.pop("model")
    trunk = {"model": model, "outputs": classes, "reads": [early["tap"]]}
    features, shape = f"{early['of']}.{early['tap']}", early["features"]
    heads: Raw = {}
    if early["head"] == "bottleneck":
        bottleneck = {"name": "bottleneck", "features": shape, "deepest": early["deepest"]}
        heads[f"{name} features"] = {"head": bottleneck, "inputs": [features]}
        features, shape = f"{name} features", early["deepest"]
    output = f"{name} classifier"
    classifier = {"name": "classifier", "features": shape, "classes": classes}
    heads[output] = {"head": classifier, "inputs": [features]}
    card["composition"] = {"networks": {early["of"]: trunk}, "heads": heads, "output": output}
    return card


def modern_state(state: dict[str, Tensor], card: NetworkCard) -> dict[str, Tensor]:
    """Return an early exit's weights under the names that its composition has for them."""
    if card.composition is None or not any(key.startswith("exit.") for key in state):
        return state
    (trunk,) = card.composition.networks
    heads = {name.rpartition(" ")[2]: name for name in card.composition.heads}

    def renamed(key: str) -> str:
        if not key.startswith("exit."):
            return f"networks.{trunk}.module.{key}"
        _, part, rest = key.split(".", 2)
        return f"heads.{heads[part]}.{rest}"

    return {renamed(key): value for key, value in state.items()}


@_careful
def former_confusion(summary: Raw, network: str) -> Raw:
    """Counts that stood in the summary, as plain values; nothing in one of today."""
    found = summary["networks"].get(network, {})
    confusion = found.get("last_epoch", {}).get("test", {}).get("confusion")
    return {"part": "test", "confusion": confusion} if confusion else {}
