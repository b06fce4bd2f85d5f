"""What pages that look into a finished run have in common."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QLabel, QStackedWidget, QWidget

from kdstudio.gui.background import RunReader
from kdstudio.gui.layout import MARGIN, Card, text_label
from kdstudio.gui.pages.run_page import RunPage
from kdstudio.gui.run_picker import RunPicker
from kdstudio.runs.session import failure

BOX_SHARE = 4
"""Of the row's width, for each box."""


class ReadingPage(RunPage):
    """Choices at the top; below, what was read of the run, or why there is nothing."""

    def __init__(self, picker: RunPicker, empty: str, read: Callable[..., object], command: str) -> None:
        """``read`` and ``command`` are those of a :class:`RunReader`."""
        super().__init__(picker, empty)
        self.reader = RunReader(read, command, self)
        self.reader.message.connect(self._tell)
        self.reader.found.connect(self._show_found)
        self.reader.failed.connect(self._fail)
        self._message = text_label(name="muted")
        self._message.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._body = QStackedWidget()
        self._body.addWidget(self._message)
        self.head = QHBoxLayout()
        self.head.setSpacing(8)

    def _lay_out_reading(self, content: QWidget) -> None:
        """Put the choices above ``content``."""
        card = Card()
        card.column.setContentsMargins(MARGIN, 8, MARGIN, 8)
        card.column.addLayout(self.head)
        for title, box in self.picker.boxes.items():
            label = QLabel(title)
            label.setBuddy(box)
            self.head.addWidget(label)
            self.head.addWidget(box, BOX_SHARE)
            self.head.addSpacing(8)
        self._body.addWidget(content)
        self._lay_out(card, self._body)

    def _follow(self) -> None:
        super()._follow()
        run = self.picker.run
        if run is None:
            self.reader.forget()
        else:
            self.reader.want(run, *self._wish())

    def _wish(self) -> tuple[object, ...]:
        """What is wanted beside the run itself."""
        return ()

    def _show(self, found: object) -> None:
        """Show what was read."""
        raise NotImplementedError

    def _show_found(self, found: object) -> None:
        self._show(found)
        self._body.setCurrentIndex(1)

    def _tell(self, text: str) -> None:
        self._message.setText(text)
        self._body.setCurrentIndex(0)

    def _fail(self, error: Exception) -> None:
        self._tell(failure(error).message)
        self._complain(error)
