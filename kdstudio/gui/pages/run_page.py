"""What pages that look into a finished run have in common."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QStackedLayout, QVBoxLayout, QWidget

from kdstudio.gui.background import RunReader
from kdstudio.gui.layout import GAP, MARGIN, Card
from kdstudio.gui.run_box import RunBox
from kdstudio.runs.folder import RunFolder
from kdstudio.runs.session import failure


class RunPage(QWidget):
    """Choices at the top; below, what was read of the run, or why there is nothing."""

    complained = Signal(str, str)

    def __init__(self, runs: Path, command: str) -> None:
        """Offer the runs in ``runs``; ``command`` of the command line does what the page does."""
        super().__init__()
        self._runs = runs
        self.run_box = RunBox()
        self.reader = RunReader(self._read, command, self)
        self.reader.told.connect(self._tell)
        self.reader.found.connect(self._show)
        self.reader.failed.connect(self._complain)
        self._told = QLabel(objectName="muted", alignment=Qt.AlignmentFlag.AlignCenter, wordWrap=True)
        self._told.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._body = QStackedLayout()
        self._stack = QStackedLayout(self)

    def _lay_out(self, head: QWidget, content: QWidget, empty: str) -> None:
        """Fill the page; ``empty`` teaches where there is no run to look into."""
        self._body.addWidget(self._told)
        self._body.addWidget(content)
        whole = QWidget()
        column = QVBoxLayout(whole)
        column.setContentsMargins(MARGIN, MARGIN, MARGIN, MARGIN)
        column.setSpacing(GAP)
        column.addWidget(head)
        column.addLayout(self._body, 1)
        self._stack.addWidget(QLabel(empty, objectName="muted", alignment=Qt.AlignmentFlag.AlignCenter))
        self._stack.addWidget(whole)

    def _make_head(self, boxes: Sequence[tuple[str, QComboBox, int]]) -> tuple[Card, QHBoxLayout]:
        """Make the row of ``boxes``, each with its label and its share of the width."""
        card = Card()
        row = QHBoxLayout()
        row.setSpacing(8)
        for text, box, stretch in boxes:
            label = QLabel(text)
            label.setBuddy(box)
            box.setAccessibleName(text)
            box.setMinimumWidth(110)
            row.addWidget(label)
            row.addWidget(box, stretch)
            row.addSpacing(8)
        card.column.setContentsMargins(MARGIN, 8, MARGIN, 8)
        card.column.addLayout(row)
        return card, row

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802
        """Look at the runs again."""
        super().showEvent(event)
        self.refresh()

    def refresh(self) -> None:
        """Offer the runs that can be looked into."""
        raise NotImplementedError

    def _offer(self, runs: Iterable[RunFolder]) -> None:
        self.run_box.offer(runs)
        self._stack.setCurrentIndex(1 if self.run_box.count() else 0)

    def _read(self, run: RunFolder, *wanted: object) -> object:
        """Read what the page shows; in a thread of its own."""
        raise NotImplementedError

    def _show(self, found: object) -> None:
        """Show what was read."""
        raise NotImplementedError

    def _show_content(self) -> None:
        self._body.setCurrentIndex(1)

    def _tell(self, text: str) -> None:
        self._told.setText(text)
        self._body.setCurrentIndex(0)

    def _complain(self, error: Exception) -> None:
        told = failure(error)
        self._tell(told.message)
        self.complained.emit(told.message, told.details)
