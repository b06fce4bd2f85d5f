"""The experiment in the form: plain values, checked after every change."""

from __future__ import annotations

from typing import Any

from pydantic import TypeAdapter, ValidationError
from PySide6.QtCore import QObject, Signal

from kdstudio.declaration import value_at, with_value
from kdstudio.engine.experiment import AnyModel, AnyStrategy, Experiment
from kdstudio.engine.strategy import Strategy
from kdstudio.models.declaration import ModelSpec
from kdstudio.problems import Problem, problems
from kdstudio.runs.command_line import run_command
from kdstudio.runs.presets import plain, read_raw, validate

Path = tuple[str, ...]
model_adapter: TypeAdapter[ModelSpec] = TypeAdapter(AnyModel)
strategy_adapter: TypeAdapter[Strategy] = TypeAdapter(AnyStrategy)


class Draft(QObject):
    """Values as people type them, and the experiment or the problems that they make."""

    replaced = Signal()
    """Other fields than before: the form has to be built anew."""
    changed = Signal()
    """Some value is different; ``experiment`` and ``problems`` are up to date."""

    def __init__(self, source: str, parent: QObject | None = None) -> None:
        """Begin with the preset or file ``source``."""
        super().__init__(parent)
        self.source = ""
        self.raw: dict[str, Any] = {}
        self.experiment: Experiment | None = None
        self.problems: list[Problem] = []
        self._origin: dict[str, Any] = {}
        self._unused_networks: dict[str, Any] = {}
        self.load(source)

    def load(self, source: str) -> None:
        """Load a preset or file; KDStudioError leaves the draft as it was."""
        raw = plain(validate(read_raw(source), source))
        self.source, self.raw, self._origin = source, raw, raw
        self._unused_networks = {}
        self._check()
        self.replaced.emit()
        self.changed.emit()

    def value(self, path: Path) -> Any:  # noqa: ANN401
        """Return the value at ``path``, None if there is none."""
        return value_at(self.raw, path)

    def set(self, path: Path, value: Any) -> None:  # noqa: ANN401
        """Change one value."""
        if self.value(path) == value and type(self.value(path)) is type(value):
            return
        self.raw = with_value(self.raw, list(path), value)
        fitted = path[0] == "strategy" and self._fit_networks()
        self._check()
        if fitted:
            self.replaced.emit()
        self.changed.emit()

    def remove(self, path: Path) -> None:
        """Take out the entry at ``path``."""
        kept = {key: value for key, value in self.value(path[:-1]).items() if key != path[-1]}
        self.raw = with_value(self.raw, list(path[:-1]), kept)
        self._check()
        self.replaced.emit()
        self.changed.emit()

    def choose(self, path: Path, chosen: dict[str, Any]) -> None:
        """Put another declaration with its default options in the place at ``path``."""
        self.raw = with_value(self.raw, list(path), chosen)
        if path[0] == "strategy":
            self._fit_networks()
        self._check()
        self.replaced.emit()
        self.changed.emit()

    def _fit_networks(self) -> bool:
        """Describe a network for each role of the strategy; what is not needed is kept aside.

        Tells whether other networks are described than before. A strategy with mistakes keeps them.
        """
        try:
            roles = strategy_adapter.validate_python(self.raw["strategy"]).roles()
        except ValidationError:
            return False
        described = self.raw["networks"]
        if tuple(described) == roles:
            return False
        spare = next(reversed(list(described.values())))
        self._unused_networks |= described
        networks = {role: self._unused_networks.get(role, spare) for role in roles}
        self.raw = {**self.raw, "networks": networks}
        return True

    def _check(self) -> None:
        try:
            self.experiment, self.problems = Experiment.model_validate(self.raw), []
        except ValidationError as error:
            self.experiment, self.problems = None, problems(error, self.raw, Experiment)

    def object_to(self, problem: Problem) -> None:
        """Take in why the experiment would not run, found by looking at its data and networks."""
        if problem not in self.problems:
            self.problems = [problem]
            self.changed.emit()

    def taps(self, role: str) -> list[str]:
        """Taps of the network in ``role``; none while its description has mistakes."""
        try:
            return list(model_adapter.validate_python(self.value(("networks", role, "model"))).taps())
        except ValidationError:
            return []

    def command(self) -> str:
        """Return the command line that runs what the form shows."""
        return run_command(self.source, self._origin, self.raw)
