"""All rows of a form by their paths: they follow the draft together."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kdstudio.declaration import TAGS
from kdstudio.gui.forms.changes import Path
from kdstudio.gui.forms.draft import Draft
from kdstudio.gui.forms.row import Row
from kdstudio.problems import Problem

if TYPE_CHECKING:
    from kdstudio.gui.forms.options_draft import OptionsDraft


class Rows(dict[Path, Row]):
    """In the order of the form."""

    def focused(self) -> Path | None:
        """Path of the field that has the focus, if one has."""
        return next((path for path, row in self.items() if row.editor.control.hasFocus()), None)

    def nearest(self, path: tuple[str | int, ...]) -> Path:
        """Path of the field that ``path`` leads to or lies within; empty if none is."""
        where = tuple(map(str, path))
        while where and where not in self:
            where = where[:-1]
        return where

    def show(self, draft: Draft | OptionsDraft[Any]) -> None:
        """Show what ``draft`` holds: values, what is swept, what is wrong, what is changed."""
        swept = draft.value(("sweep",)) or {}
        by_path: dict[Path, list[Problem]] = {}
        for problem in draft.problems:
            by_path.setdefault(self.nearest(problem.path), []).append(problem)
        for path, row in self.items():
            by_choice = any(".".join((*path, tag)) in swept for tag in TAGS)
            row.show_swept(swept=".".join(path) in swept, choice_swept=by_choice)
            row.show_error("\n".join(problem.message for problem in by_path.get(path, [])))
            value = draft.value(path)
            row.editor.show_value(value)
            row.show_change(value, draft.before(path, row.default))
