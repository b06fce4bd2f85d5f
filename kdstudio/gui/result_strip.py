"""What came out of the run in sight, in a sentence, and where to look next."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QLabel, QPushButton

from kdstudio.engine.events import NetworkResult
from kdstudio.gui.layout import MARGIN, text_label
from kdstudio.runs.outcome import Outcome
from kdstudio.runs.summary import Status

PAGES = ("Compare", "Unseen", "Temperature", "Export")
SIGNS: dict[Status, str] = {"finished": "✔", "failed": "✖"}


def pages_with_more(networks: Iterable[NetworkResult]) -> list[str]:
    """Name the pages that show more of a run with these rows."""
    rows = list(networks)
    more = ["Temperature", "Export"] if rows else []
    return ["Compare", *more, *(["Unseen"] if any(row.unseen for row in rows) else [])]


class ResultStrip(QFrame):
    """Not there while the run goes on; its buttons lead to the pages that show more of it."""

    wanted = Signal(str)
    """Name of the page that is to show the run."""

    def __init__(self) -> None:
        """Nothing came out yet."""
        super().__init__(objectName="result")
        self.setAccessibleName("What came out")
        self.sign = QLabel(objectName="state")
        self.sentence, self.remarks = text_label(name="subject"), text_label(name="muted")
        self.buttons = {name: QPushButton(name) for name in PAGES}
        for name, button in self.buttons.items():
            button.setToolTip(f"Turn to this run on the {name} page")
            button.clicked.connect(lambda _checked, page=name: self.wanted.emit(page))
        texts = QGridLayout()
        texts.setSpacing(2)
        texts.setHorizontalSpacing(10)
        texts.addWidget(self.sign, 1, 0, Qt.AlignmentFlag.AlignTop)
        texts.addWidget(self.sentence, 1, 1)
        texts.addWidget(self.remarks, 2, 1)
        texts.setColumnStretch(1, 1)
        for outside in (0, 3):
            texts.setRowStretch(outside, 1)
        row = QHBoxLayout(self)
        row.setContentsMargins(MARGIN, 8, MARGIN, 8)
        row.setSpacing(12)
        row.addLayout(texts, 1)
        for button in self.buttons.values():
            row.addWidget(button)
        self.hide()

    def show_outcome(
        self, found: Outcome | None, status: Status = "finished", pages: Collection[str] = PAGES
    ) -> None:
        """Show what was ``found``, None while the run goes on; ``pages`` have more of it."""
        self.setVisible(found is not None)
        if found is None:
            return
        self.sign.setText("!" if found.doubts and status == "finished" else SIGNS.get(status, "■"))
        self.sentence.setText(found.sentence)
        self.remarks.setText(" ".join(found.remarks))
        self.remarks.setVisible(bool(found.remarks))
        self.setAccessibleDescription(found.text)
        for name, button in self.buttons.items():
            button.setVisible(name in pages)
