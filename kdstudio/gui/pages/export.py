"""The export page: a network of a run as a file that stands alone."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import (
    QCheckBox,
    QFileDialog,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QStackedLayout,
    QVBoxLayout,
    QWidget,
)

from kdstudio.gui.background import Background
from kdstudio.gui.forms.editors import Choices
from kdstudio.gui.layout import MARGIN, Card, text_label
from kdstudio.gui.run_box import RunBox
from kdstudio.runs.comparison import network_names, readable_runs
from kdstudio.runs.export import Exported, export_network
from kdstudio.runs.folder import RunFolder, run_folders
from kdstudio.runs.session import failure
from kdstudio.runs.summary import Summary

EMPTY = "Nothing to export yet.\nNetworks of your runs can be saved from here once a stage has been trained."
WIDTH = 720


class ExportPage(QWidget):
    """Choose run, network and folder; the file is loaded back and compared."""

    complained = Signal(str, str)
    exported = Signal(object)

    def __init__(self, runs: Path) -> None:
        """Offer the runs in ``runs``."""
        super().__init__()
        self._runs = runs
        self._summaries: dict[RunFolder, Summary] = {}
        self.background = Background("export", self)
        self.background.done.connect(self._tell)
        self.background.failed.connect(self._complain)
        self.run_box, self.network_box = RunBox(), Choices()
        self.run_box.currentIndexChanged.connect(self._offer_networks)
        self.best_box = QCheckBox("weights of the best epoch instead of the last")
        self.folder_line = QLineEdit(str(Path.home() / "kdstudio-export"))
        self.button = QPushButton("Export", objectName="primary")
        self.button.clicked.connect(self._export)
        self.result = text_label()
        self._stack = QStackedLayout(self)
        self._stack.addWidget(QLabel(EMPTY, objectName="muted", alignment=Qt.AlignmentFlag.AlignCenter))
        self._stack.addWidget(self._make_content())

    def _make_content(self) -> QWidget:
        card = Card("Export a network")
        grid = QGridLayout()
        grid.setHorizontalSpacing(12)
        grid.setVerticalSpacing(8)
        browse = QPushButton("Choose…")
        browse.clicked.connect(self._browse)
        folder = QHBoxLayout()
        folder.setSpacing(8)
        folder.addWidget(self.folder_line, 1)
        folder.addWidget(browse)
        for row, (text, widget) in enumerate(
            (("Run", self.run_box), ("Network", self.network_box), ("Folder", self.folder_line))
        ):
            label = QLabel(text)
            label.setBuddy(widget)
            widget.setAccessibleName(text)
            grid.addWidget(label, row, 0)
            if widget is self.folder_line:
                grid.addLayout(folder, row, 1)
            else:
                grid.addWidget(widget, row, 1)
        grid.addWidget(self.best_box, 3, 1)
        grid.addWidget(QLabel("Format"), 4, 0)
        grid.addWidget(
            text_label("safetensors, with a JSON card that tells how to rebuild the network"), 4, 1
        )
        grid.setColumnStretch(1, 1)
        card.column.addLayout(grid)
        card.column.addWidget(self.button, 0, Qt.AlignmentFlag.AlignLeft)
        card.add(self.result)
        card.setMaximumWidth(WIDTH)
        column = QVBoxLayout()
        column.setContentsMargins(MARGIN, MARGIN, MARGIN, MARGIN)
        column.addWidget(card)
        column.addStretch(1)
        content = QWidget()
        content.setLayout(column)
        return content

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802
        """Look at the runs again."""
        super().showEvent(event)
        self.refresh()

    def refresh(self) -> None:
        """Offer every run that has networks; the one chosen stays chosen."""
        runs = readable_runs(run_folders(self._runs))
        self._summaries = {run: summary for run, summary in runs.items() if summary.networks}
        self.run_box.offer(self._summaries)
        self._stack.setCurrentIndex(1 if self._summaries else 0)
        self._offer_networks()

    def choose(self, run: RunFolder) -> None:
        """Choose ``run``."""
        self.refresh()
        self.run_box.setCurrentIndex(max(self.run_box.findData(str(run.path)), 0))

    def _offer_networks(self) -> None:
        before = self.network_box.currentData() or "student"
        self.network_box.clear()
        run = self.run_box.run
        if run is not None:
            summary, saved = self._summaries[run], run.networks()
            for name in network_names([summary]):
                if name not in saved:  # an ensemble has no file of its own
                    continue
                network = summary.networks[name]
                shown = f"{name}: {network.architecture}, {network.parameters:,} parameters"
                self.network_box.addItem(shown, name)
        self.network_box.setCurrentIndex(max(self.network_box.findData(before), 0))

    def _browse(self) -> None:
        folder = QFileDialog.getExistingDirectory(self, "Export to", self.folder_line.text())
        if folder:
            self.folder_line.setText(folder)

    def _export(self) -> None:
        run = self.run_box.run
        assert run is not None
        network, folder = self.network_box.currentData(), Path(self.folder_line.text()).expanduser()
        self.button.setEnabled(False)
        self.result.setText("Exporting and loading back…")
        self.background.start(partial(export_network, run, network, folder, best=self.best_box.isChecked()))

    def _complain(self, error: Exception) -> None:
        self.button.setEnabled(True)
        self.result.setText("")
        told = failure(error)
        self.complained.emit(told.message, told.details)

    def _tell(self, made: Exported) -> None:
        self.button.setEnabled(True)
        self.result.setText(
            f"Written {made.path}\nand {made.card.name} ({made.size:,} bytes); {made.outputs()}.\n"
            f"Loaded back, they differ from the run's by at most {made.largest_difference:g}."
        )
        self.exported.emit(made)
