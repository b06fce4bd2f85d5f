"""The experiment in the form: plain values, checked after every change, which can be undone."""

from __future__ import annotations

from typing import Any

from pydantic import TypeAdapter, ValidationError
from PySide6.QtCore import QObject, Signal

from kdstudio.declaration import value_at, with_value, without_value
from kdstudio.engine.experiment import AnyModel, AnyStrategy, Experiment
from kdstudio.engine.strategy import Strategy
from kdstudio.gui.forms.changes import Path, changed_paths, reference, shape
from kdstudio.gui.forms.history import History, Moment
from kdstudio.models.declaration import ModelSpec
from kdstudio.problems import Problem, problems
from kdstudio.runs.command_line import run_command
from kdstudio.runs.presets import plain, read_raw, validate

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
        self.origin: dict[str, Any] = {}
        """What the preset or file ``source`` holds."""
        self.experiment: Experiment | None = None
        self.problems: list[Problem] = []
        self.history = History()
        self._unused_networks: dict[str, Any] = {}
        self.load(source)
        self.forget_history()

    def load(self, source: str) -> None:
        """Load a preset or file; KDStudioError leaves the draft as it was."""
        raw = plain(validate(read_raw(source), source))
        self.restore(Moment(source, raw, raw))

    def restore(self, moment: Moment) -> None:
        """Put back what the form held once; this can be undone, too."""
        self.history.record(self.moment)
        self._put(moment)

    @property
    def moment(self) -> Moment:
        """All that the form holds now."""
        return Moment(self.source, self.origin, self.raw)

    def undo(self) -> None:
        """Take the last change back, if there is one."""
        if self.history.before:
            self._put(self.history.back(self.moment))

    def redo(self) -> None:
        """Make the change again that was taken back last, if there is one."""
        if self.history.after:
            self._put(self.history.forward(self.moment))

    def forget_history(self) -> None:
        """Begin anew: there is nothing to undo."""
        self.history = History()
        self.changed.emit()

    def settle(self) -> None:
        """What is typed from now on is undone on its own."""
        self.history.settle()

    def _put(self, moment: Moment) -> None:
        other = moment.source != self.source or shape(moment.raw) != shape(self.raw)
        if moment.origin is not self.origin:
            self._unused_networks = {}
        self.source, self.origin, self.raw = moment
        self._check()
        if other:
            self.replaced.emit()
        self.changed.emit()

    def saved_as(self, source: str) -> None:
        """Take note that the file ``source`` holds what the form does: nothing is changed any more."""
        assert self.experiment is not None
        self.source, self.origin = source, plain(self.experiment)
        self.history.settle()
        self.changed.emit()

    def value(self, path: Path) -> Any:  # noqa: ANN401
        """Return the value at ``path``, None if there is none."""
        return value_at(self.raw, path)

    def before(self, path: Path, default: Any = None) -> Any:  # noqa: ANN401
        """Return what preset or file have at ``path``; in a declaration chosen since, its ``default``."""
        return reference(self.origin, self.raw, path, default)

    @property
    def changes(self) -> list[Path]:
        """Where the form differs from the preset or file."""
        return list(changed_paths(self.origin, self.raw))

    def set(self, path: Path, value: Any, *, typing: bool = False) -> None:  # noqa: ANN401
        """Change one value; what is typed in one field without a break is undone at once."""
        if self.value(path) == value and type(self.value(path)) is type(value):
            return
        self.history.record(self.moment, path if typing else None)
        self.raw = with_value(self.raw, list(path), value)
        fitted = path[0] == "strategy" and self._fit_networks()
        self._check()
        if fitted:
            self.replaced.emit()
        self.changed.emit()

    def remove(self, path: Path) -> None:
        """Take out the entry at ``path``."""
        self.choose(path[:-1], without_value(self.value(path[:-1]), path[-1:]))

    def choose(self, path: Path, chosen: dict[str, Any]) -> None:
        """Put another declaration with its default options in the place at ``path``."""
        self.history.record(self.moment)
        self.raw = with_value(self.raw, list(path), chosen)
        if path[0] == "strategy":
            self._fit_networks()
        self._check()
        self.replaced.emit()
        self.changed.emit()

    def reset(self, *paths: Path) -> None:
        """Put what preset or file have at ``paths`` back there; without any, everywhere."""
        before = self.moment
        self.history.record(before)
        if not paths:
            self.raw = self.origin
        for path in paths:
            value = reference(self.origin, self.raw, path)
            had = value is not None
            self.raw = with_value(self.raw, [*path], value) if had else without_value(self.raw, path)
        self._fit_networks()
        self._check()
        if shape(before.raw) != shape(self.raw):
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
        known = self.origin["networks"] | self._unused_networks
        networks = {role: known.get(role, spare) for role in roles}
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
        return run_command(self.source, self.origin, self.raw)
