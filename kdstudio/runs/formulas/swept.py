"""The loss of an experiment, with signs for the numbers that it sweeps."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from pydantic import ValidationError

from kdstudio.declaration import with_value
from kdstudio.engine.experiment import Experiment
from kdstudio.engine.identity import SYMBOLS, title_of
from kdstudio.engine.sweep import coordinate
from kdstudio.engine.trials import first_setting

PROBES = ((0.37, 0.43), (0.29, 0.19), (7.3, 8.9))
"""Pairs of numbers that no formula has of itself; shares among them."""
MOST = 6
"""Values that are looked at, and listed."""


def formula_of(experiment: Experiment) -> str:
    """Return the literal loss; where it is swept, with signs and the values that they take.

    What has no sign, a word or a whole table, has the value of the first setting, which is told. A field that
    the loss does not depend on is left out.
    """
    shown = first_setting(experiment).model_dump(mode="json", exclude_none=True)
    signs: dict[str, str] = {}
    told: list[str] = []
    for path, values in experiment.sweep.items():
        formulas = {_written(with_value(shown, path.split("."), value), signs) for value in values[:MOST]}
        if len(formulas) == 1:
            continue
        sign = SYMBOLS.get(path.rpartition(".")[2], "")
        if sign and sign not in signs.values() and (found := _signed(shown, path, sign, signs)):
            shown, signs = found
            told.append(f"{sign} in {_listed(values)}")
        else:
            told.append(f"{title_of(path)} = {_spoken(values[0])}")
    formula = _written(shown, signs)
    return f"{formula} for {' and '.join(told)}" if told else formula


def _signed(
    shown: dict[str, Any], path: str, sign: str, signs: dict[str, str]
) -> tuple[dict[str, Any], dict[str, str]] | None:
    """Put a number in at ``path`` that ``sign`` then stands for; None where more than that depends on it."""
    for probes in PROBES:
        if f"{probes[0]:g}" in signs:  # it stands for another
            continue
        found = []
        for probe in probes:
            number, rest = f"{probe:g}", f"{1 - probe:g}"
            known = signs | {number: sign, rest: f"(1 − {sign})"}
            found.append((with_value(shown, path.split("."), probe), known))
        try:
            one, other = (_written(*each) for each in found)
        except ValidationError:  # out of the field's range
            continue
        if one == other:
            return found[0]
    return None


def _written(values: dict[str, Any], signs: dict[str, str]) -> str:
    """Write the loss, its numbers replaced by their ``signs``."""
    formula = Experiment.model_validate(values).strategy.formula()
    if not signs:
        return formula
    numbers = "|".join(map(re.escape, signs))
    return re.sub(rf"(?<![\d.])(?:{numbers})(?![\d.])", lambda found: signs[found[0]], formula)


def _listed(values: Sequence[Any]) -> str:
    few = [*values] if len(values) <= MOST else [*values[:2], "…", values[-1]]
    return ", ".join(map(_spoken, few))


def _spoken(value: Any) -> str:  # noqa: ANN401
    found = coordinate(value)
    return f"{found:g}" if isinstance(found, int | float) else found
