"""What stands beside a plot in the hall: an image, and the legend in large letters."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from kdstudio.gui.presentation.slide import Slide

Entry = tuple[str, QPen]
SWATCH = 1.6
"""Length of a swatch, and its distance to the words, in heights of a line."""
GAP = 0.35
PICTURE = 0.75
"""Of the width, so that the legend has room."""
WRAPPED = Qt.TextFlag.TextWordWrap | Qt.AlignmentFlag.AlignLeft


class LargeLegend(QWidget):
    """A swatch and words for each curve, in the font of the widget, below each other."""

    def __init__(self) -> None:
        """Empty."""
        super().__init__()
        self.entries: Sequence[Entry] = ()

    def show_entries(self, entries: Sequence[Entry]) -> None:
        """Show ``entries`` from now on."""
        if entries != self.entries:
            self.entries = entries
            self.setAccessibleName("; ".join(text for text, _pen in entries))
            self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802
        """Draw as many as there is room for, and tell how many more there are."""
        metrics = self.fontMetrics()
        line, top = metrics.height(), 0.0
        beside = SWATCH * line
        with QPainter(self) as painter:
            for number, (text, pen) in enumerate(self.entries):
                room = QRectF(beside, top, self.width() - beside, self.height())
                box = painter.boundingRect(room, WRAPPED, text)
                last = number == len(self.entries) - 1
                if box.bottom() + (0 if last else (1 + GAP) * line) > self.height():
                    painter.drawText(room, WRAPPED, f"{len(self.entries) - number} more")
                    return
                painter.drawText(room, WRAPPED, text)
                stroke = QPen(pen.color(), line / 6, pen.style(), Qt.PenCapStyle.FlatCap)
                painter.save()
                painter.setPen(stroke)
                middle = top + line / 2
                painter.drawLine(0, round(middle), round(beside - GAP * line), round(middle))
                painter.restore()
                top = box.bottom() + GAP * line


class Side(QWidget):
    """As broad as it is told."""

    def __init__(self) -> None:
        """Empty."""
        super().__init__()
        self.picture = QLabel(alignment=Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop)
        self.picture.setAccessibleName("The image")
        self.legend = LargeLegend()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.picture)
        column.addWidget(self.legend, 1)

    def follow(self, slide: Slide) -> None:
        """Show what belongs to ``slide``; take no room where nothing does."""
        picture = slide.picture(round(PICTURE * self.width()), self.devicePixelRatioF())
        self.picture.setVisible(picture is not None)
        if picture is not None:
            self.picture.setPixmap(picture)
        self.legend.show_entries(slide.entries())
        self.setVisible(picture is not None or len(self.legend.entries) > 0)
