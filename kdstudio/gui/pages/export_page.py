"""The export page: a network of a run as a file that stands alone."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QFileDialog,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from kdstudio.gui.background import BackgroundJob
from kdstudio.gui.layout import Card, text_label
from kdstudio.gui.pages.run_page import RunPage
from kdstudio.gui.run_index import SharedIndex
from kdstudio.gui.run_picker import RunPicker, saved_networks
from kdstudio.runs.comparison import main_result
from kdstudio.runs.export import Exported, export_network
from kdstudio.runs.folder import RunFolder
from kdstudio.runs.summary import Summary

EMPTY = "Nothing to export yet.\nNetworks of your runs can be saved from here once a stage has been trained."
WIDTH = 720


class ExportPage(RunPage):
    """Choose run, network and folder; the file is loaded back and compared."""

    exported = Signal(object)

    def __init__(self, index: SharedIndex) -> None:
        """Offer the runs of ``index``."""
        super().__init__(RunPicker(index, exportable, {"Network": main_result}), EMPTY)
        self.job = BackgroundJob("export", self)
        self.job.done.connect(self._tell)
        self.job.failed.connect(self._fail)
        self.best_box = QCheckBox("weights of the best epoch instead of the last")
        self.folder_line = QLineEdit(str(Path.home() / "kdstudio-export"))
        self.folder_line.setAccessibleName("Folder")
        self.button = QPushButton("Export", objectName="primary")
        self.button.clicked.connect(self._export)
        self.result = text_label()
        self._lay_out(self._make_content())

    def _make_content(self) -> QWidget:
        browse = QPushButton("Choose…")
        browse.clicked.connect(self._browse)
        folder = QWidget()
        beside = QHBoxLayout(folder)
        beside.setContentsMargins(0, 0, 0, 0)
        beside.setSpacing(8)
        beside.addWidget(self.folder_line, 1)
        beside.addWidget(browse)
        how = text_label("safetensors, with a JSON card that tells how to rebuild the network")
        rows = {**self.picker.boxes, "Folder": folder, "": self.best_box, "Format": how}
        grid = QGridLayout()
        grid.setHorizontalSpacing(12)
        grid.setVerticalSpacing(8)
        grid.setColumnStretch(1, 1)
        for row, (title, field) in enumerate(rows.items()):
            grid.addWidget(QLabel(title), row, 0)
            grid.addWidget(field, row, 1)
        card = Card("Export a network")
        card.column.addLayout(grid)
        card.column.addWidget(self.button, 0, Qt.AlignmentFlag.AlignLeft)
        card.add(self.result)
        card.setMaximumWidth(WIDTH)
        content = QWidget()
        column = QVBoxLayout(content)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(card)
        column.addStretch(1)
        return content

    def _browse(self) -> None:
        folder = QFileDialog.getExistingDirectory(self, "Export to", self.folder_line.text())
        if folder:
            self.folder_line.setText(folder)

    def _export(self) -> None:
        run, (network,) = self.picker.run, self.picker.networks
        assert run is not None
        folder = Path(self.folder_line.text()).expanduser()
        self.button.setEnabled(False)
        self.result.setText("Exporting and loading back…")
        best = self.best_box.isChecked()
        self.job.start(lambda _progress: export_network(run, network, folder, best=best))

    def _fail(self, error: Exception) -> None:
        self.button.setEnabled(True)
        self.result.setText("")
        self._complain(error)

    def _tell(self, made: Exported) -> None:
        self.button.setEnabled(True)
        self.result.setText(
            f"Written {made.path}\nand {made.card.name} ({made.size:,} bytes); {made.outputs()}.\n"
            f"Loaded back, they differ from the run's by at most {made.largest_difference:g}."
        )
        self.exported.emit(made)


def exportable(run: RunFolder, summary: Summary) -> dict[str, str]:
    """Offer the networks whose weights are kept, with what they are."""
    rows = {name: summary.networks[name] for name in saved_networks(run, summary)}
    return {name: f"{name}: {row.architecture}, {row.parameters:,} parameters" for name, row in rows.items()}
