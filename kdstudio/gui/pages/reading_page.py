"""What pages that look into a finished run have in common."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtWidgets import QHBoxLayout, QLabel, QWidget

from kdstudio.gui.layout import MARGIN, Card
from kdstudio.gui.pages.reading_stack import ReadingStack
from kdstudio.gui.pages.run_page import RunPage
from kdstudio.gui.run_picker import RunPicker
from kdstudio.runs.presets import DEFAULT_PRESET

BOX_SHARE = 4
"""Of the row's width, for each box."""


class ReadingPage(RunPage):
    """Choices at the top; below, what was read of the run, or why there is nothing."""

    def __init__(
        self,
        picker: RunPicker,
        empty: str,
        read: Callable[..., object],
        command: str,
        presets: Sequence[str] = (DEFAULT_PRESET,),
    ) -> None:
        """``read`` and ``command`` are those of a :class:`RunReader`."""
        super().__init__(picker, empty, presets)
        self._body = ReadingStack(read, command)
        self._body.found.connect(self._show)
        self._body.failed.connect(self._complain)
        self.reader = self._body.reader
        self.head = choices(picker)

    def _lay_out_reading(self, content: QWidget) -> None:
        """Put the choices above ``content``."""
        card = Card()
        card.column.setContentsMargins(MARGIN, 8, MARGIN, 8)
        card.column.addLayout(self.head)
        card.add(self.picker.recording)
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


def choices(picker: RunPicker) -> QHBoxLayout:
    """Lay the boxes of ``picker`` out in a row, each behind its title."""
    row = QHBoxLayout()
    row.setSpacing(8)
    for title, box in picker.boxes.items():
        label = QLabel(title)
        label.setBuddy(box)
        row.addWidget(label)
        row.addWidget(box, BOX_SHARE)
        row.addSpacing(8)
    return row
