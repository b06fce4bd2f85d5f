"""A box that chooses among runs."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from kdstudio.gui.forms.editors import Choices
from kdstudio.runs.folder import RunFolder


class RunBox(Choices):
    """Runs by name; the one chosen stays chosen when they are offered anew."""

    def offer(self, runs: Iterable[RunFolder]) -> None:
        """Offer ``runs`` without telling anybody that the choice has changed."""
        chosen = self.currentData()
        self.blockSignals(True)
        self.clear()
        for run in runs:
            self.addItem(run.name, str(run.path))
        self.setCurrentIndex(max(self.findData(chosen), 0))
        self.blockSignals(False)

    @property
    def run(self) -> RunFolder | None:
        """The run chosen; None where there is none to choose."""
        path = self.currentData()
        return RunFolder(Path(path)) if path else None
