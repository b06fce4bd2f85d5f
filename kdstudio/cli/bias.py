"""The command ``bias``: what a shift of some biases does to the predictions of a run's network."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from kdstudio.cli.tables import percent
from kdstudio.engine.confusion import accuracy_on, class_accuracies
from kdstudio.errors import KDStudioError
from kdstudio.runs.predictions import Part
from kdstudio.runs.unseen import UnseenPredictions

PARTS: tuple[Part, ...] = ("validation", "test")


def read_biases(texts: Iterable[str], class_names: Sequence[str]) -> dict[int, float]:
    """Read ``CLASS=AMOUNT``; KDStudioError names what is wrong with one."""
    from kdstudio.data.selection import class_numbers

    amounts: dict[int | str, float] = {}
    for text in texts:
        name, sign, amount = text.rpartition("=")
        which = int(name) if name.isdecimal() and name not in class_names else name
        try:
            value = float(amount)
        except ValueError:
            value = float("nan")
        if not sign or not abs(value) < float("inf"):
            raise KDStudioError(f"--raise {text}: write CLASS=AMOUNT, for instance 3=3.5 or 7=-7.6")
        if which in amounts:
            raise KDStudioError(f"--raise {text}: class {name} is given twice; name each class once")
        amounts[which] = value
    return dict(zip(class_numbers([*amounts], class_names), amounts.values(), strict=True))


def as_record(predictions: UnseenPredictions, network: str, biases: Mapping[int, float]) -> dict[str, Any]:
    """Everything that is printed, for scripts."""
    names, unseen = predictions.class_names, predictions.unseen_by(network)

    def described(part: Part, shifts: Mapping[int, float]) -> dict[str, Any]:
        found = predictions.scores(network, part, shifts)
        return {
            "count": found.scores.count,
            "errors": found.scores.errors,
            "accuracy": found.scores.accuracy,
            "unseen_accuracy": accuracy_on(found.confusion, unseen),
            "per_class": dict(zip(names, class_accuracies(found.confusion), strict=True)),
        }

    return {
        "network": network,
        "unseen": [names[number] for number in unseen],
        "biases": {names[number]: bias for number, bias in biases.items()},
        **{part: {"before": described(part, {}), "after": described(part, biases)} for part in PARTS},
    }


def print_record(found: Mapping[str, Any], output: Console) -> None:
    """Print what :func:`as_record` gives: accuracy of each class, errors, the shifts."""
    laid = Table(box=None, pad_edge=False, header_style="bold")
    laid.add_column("class")
    for title in ("bias", "validation", "after", "test", "after"):
        laid.add_column(title, justify="right")
    states = [found[part][when] for part in PARTS for when in ("before", "after")]
    for name in states[0]["per_class"]:
        bias = found["biases"].get(name)
        laid.add_row(
            escape(f"{name} (unseen)" if name in found["unseen"] else name),
            "" if bias is None else f"{bias:+.2f}",
            *(percent(state["per_class"][name]) for state in states),
        )
    laid.add_section()
    laid.add_row(
        "unseen classes right",
        "",
        *(percent(state["unseen_accuracy"]) for state in states),
    )
    laid.add_row("errors", "", *(f"{state['errors']:,} of {state['count']:,}" for state in states))
    output.print(laid)
