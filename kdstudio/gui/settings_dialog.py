"""Before a run's settings go into the form, or others that follow from it: in what they differ from it."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QVBoxLayout, QWidget

from kdstudio.engine.experiment import Experiment
from kdstudio.gui.forms.draft import Draft
from kdstudio.gui.forms.history import Moment
from kdstudio.gui.layout import text_label
from kdstudio.gui.result_table import ResultTableView
from kdstudio.runs.comparison import differing, flat_settings
from kdstudio.runs.folder import RunFolder
from kdstudio.runs.presets import plain
from kdstudio.runs.result_tables import ResultTable

WIDTH, HEIGHT = 680, 360
NOTHING = "The form has the settings of this run already."
REPLACED = "What you have typed into the form is replaced."
GOES_ON = (
    "A new run: its networks start from their weights in this one, controls too, and its epochs are those "
    "that are added."
)


class SettingsDialog(QDialog):
    """A row for each setting that will change; accepted, the form has the others."""

    def __init__(self, draft: Draft, run: RunFolder, experiment: Experiment, parent: QWidget) -> None:
        """Compare ``draft`` with ``experiment``: that of ``run``, or one that goes on from it.

        KDStudioError where the run's own cannot be read.
        """
        super().__init__(parent)
        own, wanted = plain(run.experiment()), plain(experiment)
        self._draft = draft
        self._wanted = Moment(str(run.path / "experiment.toml"), own, wanted)
        goes_on = wanted != own
        self.setWindowTitle(f"{'More epochs for' if goes_on else 'Use the settings of'} {run.name}")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        found = differing([flat_settings(draft.raw), flat_settings(wanted)])
        rows = tuple((path, *values) for path, values in found.items())
        self.table = ResultTableView("Settings that differ")
        head = ("setting", "in the form", "in the new run" if goes_on else "in the run")
        self.table.show_table(ResultTable("", head, rows, figures=0))
        told = f"{_count(len(rows))}. {REPLACED}" if rows else NOTHING
        self.told = text_label(f"{GOES_ON} {told}" if goes_on else told)
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
        self._draft.restore(self._wanted)
        self.accept()


def _count(count: int) -> str:
    return "1 setting will change" if count == 1 else f"{count} settings will change"
