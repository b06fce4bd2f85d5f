"""Cards, headings and other pieces that every page is laid out with."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QLabel, QScrollArea, QVBoxLayout, QWidget

MARGIN = 16
GAP = 12


class Card(QFrame):
    """A panel with a heading."""

    def __init__(self, heading: str = "") -> None:
        """Empty; fill it with :meth:`add`."""
        super().__init__(objectName="card")
        self.column = QVBoxLayout(self)
        self.column.setContentsMargins(MARGIN, 12, MARGIN, MARGIN)
        self.column.setSpacing(8)
        if heading:
            self.column.addWidget(QLabel(heading, objectName="heading"))

    def add(self, widget: QWidget, stretch: int = 0) -> None:
        """Put ``widget`` below what is there."""
        self.column.addWidget(widget, stretch)


def text_label(text: str = "", name: str = "") -> QLabel:
    """Wrapped text that can be selected; ``name`` picks its look from the style sheet."""
    label = QLabel(text, objectName=name)
    label.setWordWrap(True)
    label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    return label


def scrolled(widget: QWidget) -> QScrollArea:
    """Let ``widget`` scroll up and down."""
    area = QScrollArea()
    area.setWidgetResizable(True)
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    area.setWidget(widget)
    return area


def clear(layout: QVBoxLayout) -> None:
    """Take everything out of ``layout`` and delete it."""
    while (item := layout.takeAt(0)) is not None:
        widget = item.widget()
        if widget:
            widget.hide()
            widget.deleteLater()
