"""Options of some declarations in a form: plain values, checked after every change."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Generic, TypeVar

from pydantic import ValidationError
from PySide6.QtCore import QObject, Signal

from kdstudio.declaration import Declaration, value_at, with_value
from kdstudio.gui.forms.changes import Path
from kdstudio.gui.forms.fields import default_values
from kdstudio.problems import Problem, problems

D = TypeVar("D", bound=Declaration)


class OptionsDraft(QObject, Generic[D]):
    """Values as people type them, by name of the declaration; all its options are plain ones."""

    changed = Signal()
    """Some value is different."""

    def __init__(self, declarations: Mapping[str, type[D]], parent: QObject | None = None) -> None:
        """Begin with the defaults."""
        super().__init__(parent)
        self.raw: dict[str, Any] = {name: default_values(one) for name, one in declarations.items()}
        self._declarations = declarations

    @property
    def problems(self) -> list[Problem]:
        """What is wrong with any of them."""
        return [problem for name in self._declarations for problem in self._check(name)[1]]

    def read(self, name: str) -> D | None:
        """Return the declaration called ``name`` with its options; None while one of them is wrong."""
        return self._check(name)[0]

    def value(self, path: Path) -> Any:  # noqa: ANN401
        """Return the value at ``path``, None if there is none."""
        return value_at(self.raw, path)

    def before(self, path: Path, default: Any = None) -> Any:  # noqa: ANN401
        """Options are held against their ``default``."""
        return default

    def settle(self) -> None:
        """Nothing is undone here."""

    def set(self, path: Path, value: Any, *, typing: bool = False) -> None:  # noqa: ANN401
        """Change one value."""
        self.raw = with_value(self.raw, list(path), value)
        self.changed.emit()

    def _check(self, name: str) -> tuple[D | None, list[Problem]]:
        declaration, raw = self._declarations[name], self.raw[name]
        try:
            return declaration.model_validate(raw), []
        except ValidationError as error:
            found = problems(error, raw, declaration)
            return None, [Problem((name, *problem.path), problem.message) for problem in found]
