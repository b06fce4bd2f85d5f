"""Before a run's settings go into the form: in what they differ from what stands there."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QVBoxLayout, QWidget

from kdstudio.gui.forms.draft import Draft
from kdstudio.gui.layout import text_label
from kdstudio.gui.result_table import ResultTableView
from kdstudio.runs.comparison import differing, flat_settings
from kdstudio.runs.folder import RunFolder
from kdstudio.runs.presets import plain
from kdstudio.runs.result_tables import ResultTable

WIDTH, HEIGHT = 680, 360
NOTHING = "The form has the settings of this run already."
REPLACED = "What you have typed into the form is replaced."


class SettingsDialog(QDialog):
    """A row for each setting that will change; accepted, the form has those of the run."""

    def __init__(self, draft: Draft, run: RunFolder, parent: QWidget) -> None:
        """Compare ``draft`` with ``run``; KDStudioError where the run's experiment cannot be read."""
        super().__init__(parent)
        self._draft, self._source = draft, run.path / "experiment.toml"
        self.setWindowTitle(f"Use the settings of {run.name}")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        found = differing([flat_settings(draft.raw), flat_settings(plain(run.experiment()))])
        rows = tuple((path, *values) for path, values in found.items())
        self.table = ResultTableView("Settings that differ")
        self.table.show_table(ResultTable("", ("setting", "in the form", "in the run"), rows, figures=0))
        self.told = text_label(f"{_count(len(rows))}. {REPLACED}" if rows else NOTHING)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        use = buttons.addButton("Use these settings", QDialogButtonBox.ButtonRole.AcceptRole)
        use.setDefault(True)
        buttons.accepted.connect(self._use)
        buttons.rejected.connect(self.reject)
        column = QVBoxLayout(self)
        column.setSpacing(12)
        column.addWidget(self.told)
        if rows:
            self.resize(WIDTH, HEIGHT)
            column.addWidget(self.table, 1)
        column.addWidget(buttons)

    def _use(self) -> None:
        self._draft.load(str(self._source))
        self.accept()


def _count(count: int) -> str:
    return "1 setting will change" if count == 1 else f"{count} settings will change"
