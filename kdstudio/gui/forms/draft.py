"""The experiment in the form: plain values, checked after every change."""

from __future__ import annotations

from typing import Any

from pydantic import TypeAdapter, ValidationError
from PySide6.QtCore import QObject, Signal

from kdstudio.declaration import TAGS, with_value
from kdstudio.engine.experiment import AnyModel, AnyStrategy, Experiment
from kdstudio.engine.strategy import Strategy
from kdstudio.models.declaration import ModelSpec
from kdstudio.problems import Problem, problems
from kdstudio.runs.presets import plain, preset_names, read_raw, validate, write_values, written

Path = tuple[str, ...]
CROSSED = ("seeds", "sweep")
"""Fields with options of their own on the command line."""
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
        here: Any = self.raw
        for part in path:
            here = here.get(part) if isinstance(here, dict) else None
        return here

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

    def taps(self, role: str) -> list[str]:
        """Taps of the network in ``role``; none while its description has mistakes."""
        try:
            return list(model_adapter.validate_python(self.value(("networks", role, "model"))).taps())
        except ValidationError:
            return []

    def command(self) -> str:
        """Return the command line that runs what the form shows."""
        before, after = (
            {k: v for k, v in raw.items() if k not in CROSSED} for raw in (self._origin, self.raw)
        )
        changes = [f"--set {_setting(path, value)}" for path, value in differences(before, after)]
        for name in CROSSED:
            if self.raw[name] != self._origin[name]:
                changes += _crossing(name, self.raw[name])
        source = self.source if self.source in preset_names() else _quoted(self.source)
        return " ".join(["kdstudio run", source, *changes])


def differences(before: Any, after: Any, path: str = "") -> list[tuple[str, Any]]:  # noqa: ANN401
    """Settings that turn ``before`` into ``after``, in an order in which they can be given."""
    if not isinstance(after, dict):
        return [] if before == after else [(path, after)]
    before = before if isinstance(before, dict) else {}
    for tag in TAGS:
        if path and tag in after and before.get(tag) != after[tag]:
            rest = {key: value for key, value in after.items() if key != tag}
            return [(f"{path}.{tag}", after[tag]), *differences({}, rest, path)]
    if before.keys() - after.keys():  # a setting can add and change, but not take out
        return [(path, after)]
    found = []
    for key, value in after.items():
        found += differences(before.get(key), value, f"{path}.{key}" if path else key)
    return found


def _crossing(name: str, value: Any) -> list[str]:  # noqa: ANN401
    """Options of seeds or a sweep, which have a name of their own; an empty sweep takes out the file's."""
    if name == "seeds":
        return [f"--seeds {_quoted(str(value))}"]
    fields = [f"{path}={write_values(values, ',')}" for path, values in value.items()]
    return [f"--sweep {_quoted(field)}" for field in fields] or [f"--set {_setting(name, value)}"]


def _setting(path: str, value: Any) -> str:  # noqa: ANN401
    """``path=value`` for a shell; nothing after the sign stands for no value."""
    value = "" if value is None else value
    return _quoted(f"{path}={value if isinstance(value, str) else written(value)}")


def _quoted(text: str) -> str:
    import shlex

    return shlex.quote(text)
