"""What a search varies: fields by their paths, each with a range, or with the values that it may have."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import TYPE_CHECKING, Any, cast

from pydantic import ValidationError

from kdstudio.declaration import with_value
from kdstudio.engine.experiment import Experiment
from kdstudio.engine.identity import Coordinate
from kdstudio.engine.sweep import MOST_TRIALS, coordinate
from kdstudio.errors import KDStudioError
from kdstudio.runs.presets import plain, read_values, validate

if TYPE_CHECKING:
    from optuna.trial import Trial

BETWEEN = ".."
LOG = "log"
EXAMPLES = "strategy.alpha=0.1..0.9, strategy.temperature=1..20:log or strategy.temperature=1,4,20"


@dataclass(frozen=True)
class Range:
    """Any number from ``low`` to ``high``, both included."""

    path: str
    low: float
    high: float
    is_log: bool = False
    """Whether every factor is as likely as another of its size."""
    is_whole: bool = False

    @property
    def tried_first(self) -> Sequence[Any]:
        """The ends: what lies between them is allowed where they are."""
        return (self._number(self.low), self._number(self.high))

    def suggest(self, trial: Trial) -> Coordinate:
        """Let the sampler choose a number."""
        if self.is_whole:
            return trial.suggest_int(self.path, int(self.low), int(self.high), log=self.is_log)
        return trial.suggest_float(self.path, self.low, self.high, log=self.is_log)

    def value(self, chosen: Coordinate) -> Any:  # noqa: ANN401
        """Return what the field gets."""
        return chosen

    def _number(self, value: float) -> float:
        return int(value) if self.is_whole else value


@dataclass(frozen=True)
class Choice:
    """One of some values."""

    path: str
    values: tuple[Any, ...]

    @property
    def tried_first(self) -> Sequence[Any]:
        """All of them."""
        return self.values

    def suggest(self, trial: Trial) -> Coordinate:
        """Let the sampler choose one; returns the word or number that stands for it."""
        words = [coordinate(value) for value in self.values]
        return cast("Coordinate", trial.suggest_categorical(self.path, words))

    def value(self, chosen: Coordinate) -> Any:  # noqa: ANN401
        """Return what the field gets."""
        return next(value for value in self.values if coordinate(value) == chosen)


Varied = Range | Choice


def read_varied(texts: Sequence[str], experiment: Experiment, source: str) -> tuple[Varied, ...]:
    """Read ``path=LOW..HIGH``, ``path=LOW..HIGH:log`` and ``path=value,value`` for fields of ``experiment``.

    Raises KDStudioError for what cannot be read, a field that there is not, a value that it cannot have, or
    one that is named twice.
    """
    if not texts:
        raise KDStudioError(f"nothing is varied; say --over PATH=VALUES, for instance --over {EXAMPLES}")
    if experiment.sweep:
        raise KDStudioError(
            f"'{source}' sweeps {', '.join(experiment.sweep)}, and a search chooses values itself; vary "
            "these with --over instead, and --set sweep={}"
        )
    found = [_read(text) for text in texts]
    paths = [field.path for field in found]
    if twice := [path for path in paths if paths.count(path) > 1]:
        raise KDStudioError(f"--over {twice[0]} is given twice; name each field once")
    _check(found, experiment, source)
    return tuple(_as_numbered(field, experiment) for field in found)


def with_values(
    experiment: Experiment, fields: Sequence[Varied], chosen: Mapping[str, Coordinate], source: str
) -> Experiment:
    """Return ``experiment`` with all fields as chosen; KDStudioError where they do not go together."""

    def put(values: dict[str, Any], field: Varied) -> dict[str, Any]:
        return with_value(values, field.path.split("."), field.value(chosen[field.path]))

    return validate(reduce(put, fields, plain(experiment)), source)


def _read(text: str) -> Varied:
    path, sign, values = (part.strip() for part in text.partition("="))
    if not (path and sign and values):
        raise KDStudioError(f"--over {text}: write path=values, for instance {EXAMPLES}")
    if BETWEEN not in values:
        return Choice(path, tuple(read_values(values)))
    ends, colon, scale = (part.strip() for part in values.partition(":"))
    if colon and scale != LOG:
        raise KDStudioError(f"--over {text}: no scale '{scale}'; after a colon there can be {LOG}")
    low, high = (_read_end(end, text) for end in ends.split(BETWEEN, 1))
    if low >= high:
        raise KDStudioError(f"--over {text}: {low:g} is not below {high:g}; write the lower end first")
    if colon and low <= 0:
        raise KDStudioError(f"--over {text}: a logarithmic range begins above 0, not at {low:g}")
    return Range(path, low, high, is_log=bool(colon))


def _read_end(text: str, whole: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise KDStudioError(
            f"--over {whole}: '{text.strip()}' is no number; write LOW{BETWEEN}HIGH, as {EXAMPLES}"
        )
    return value


def _check(fields: Sequence[Varied], experiment: Experiment, source: str) -> None:
    """Let the experiment say what it thinks of ends and values: crossed, or where they are many, alone."""
    tried = {field.path: [_plainly(value) for value in field.tried_first] for field in fields}
    are_few = math.prod(map(len, tried.values())) * experiment.seeds <= MOST_TRIALS
    for sweep in [tried] if are_few else [{path: values} for path, values in tried.items()]:
        validate({**plain(experiment), "sweep": sweep}, source)


def _plainly(value: Any) -> Any:  # noqa: ANN401
    """Say a whole number without a point, which fields of whole numbers ask for."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _as_numbered(field: Varied, experiment: Experiment) -> Varied:
    """Let a range be one of whole numbers where its field refuses others."""
    if isinstance(field, Choice) or not (field.low.is_integer() and field.high.is_integer()):
        return field
    try:
        Experiment.model_validate(with_value(plain(experiment), field.path.split("."), field.low + 0.5))
    except ValidationError:
        return Range(field.path, field.low, field.high, field.is_log, is_whole=True)
    return field
