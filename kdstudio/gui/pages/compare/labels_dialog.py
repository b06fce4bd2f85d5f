"""Title, tags and note of a run; tags alone of several."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QCompleter,
    QDialog,
    QDialogButtonBox,
    QFormLayout,
    QLabel,
    QLineEdit,
    QPlainTextEdit,
    QWidget,
)

from kdstudio.errors import KDStudioError
from kdstudio.gui.layout import text_label
from kdstudio.runs.folder import RunFolder
from kdstudio.runs.labels import NOTHING, Labels, read_labels, split_tags

WIDTH = 460
NOTE_HEIGHT = 110


class LabelsDialog(QDialog):
    """Asks; :meth:`labels` has what was said when it is accepted."""

    def __init__(self, runs: list[RunFolder], known_tags: list[str], parent: QWidget) -> None:
        """Begin with what is said of ``runs`` now; ``known_tags`` complete what is typed."""
        super().__init__(parent)
        self.setWindowTitle("Tags and note" if len(runs) == 1 else f"Tags of {len(runs)} runs")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setMinimumWidth(WIDTH)
        self._before, faults = self._read(runs)
        said = list(self._before.values())
        self._common = [tag for tag in said[0].tags if all(tag in each.tags for each in said)]
        self.tags = QLineEdit(", ".join(self._common), placeholderText="between commas: paper, for Anna")
        self.tags.setCompleter(QCompleter(known_tags, self.tags))
        self.title = QLineEdit(said[0].title, placeholderText=runs[0].name)
        self.note = QPlainTextEdit(said[0].note, tabChangesFocus=True)
        self.note.setMinimumHeight(NOTE_HEIGHT)
        form = QFormLayout(self)
        form.setSpacing(10)
        if faults:
            form.addRow(text_label("\n".join(faults), "error"))
        if len(runs) == 1:
            form.addRow("Title", self.title)
            form.addRow(
                "", QLabel("Shown instead of the folder's name, which stays as it is.", objectName="muted")
            )
        form.addRow("Tags", self.tags)
        if len(runs) == 1:
            form.addRow("Note", self.note)
        buttons = QDialogButtonBox(
            QDialogButtonBox.StandardButton.Save | QDialogButtonBox.StandardButton.Cancel
        )
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        form.addRow(buttons)
        self.tags.setFocus()

    @staticmethod
    def _read(runs: list[RunFolder]) -> tuple[dict[RunFolder, Labels], list[str]]:
        found, faults = dict.fromkeys(runs, NOTHING), []
        for run in runs:
            try:
                found[run] = read_labels(run)
            except KDStudioError as error:
                faults.append(str(error))
        return found, faults

    def labels(self) -> Mapping[RunFolder, Labels]:
        """Return what is said now, for each run; other tags of several runs stay."""
        tags = split_tags(self.tags.text())
        gone = [tag for tag in self._common if tag not in tags]
        found = {run: before.tagged(tags, gone) for run, before in self._before.items()}
        if len(found) > 1:
            return found
        title, note = " ".join(self.title.text().split()), self.note.toPlainText().strip()
        return {run: Labels(title=title, tags=tags, note=note) for run in found}
