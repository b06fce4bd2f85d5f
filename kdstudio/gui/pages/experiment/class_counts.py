"""How many images there are of each class: a bar and a number each; many classes scroll."""

from __future__ import annotations

from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtGui import QFontMetrics, QPainter, QPaintEvent, QPalette
from PySide6.QtWidgets import QFrame, QScrollArea, QSizePolicy, QWidget

from kdstudio.runs.table_formats import TextTable

ROW, BAR, GAP = 20, 6, 8
"""Pixels of a row, of a bar, and between name, bar and number."""
NAMES = 0.4
"""Share of the width that names may take."""
IN_SIGHT = 12
"""Rows that are seen without scrolling."""


class ClassCounts(QScrollArea):
    """The table of counts as bars; networks that see other images than the first have their own."""

    def __init__(self, counts: TextTable) -> None:
        """``counts`` has a class a row, then a number for each network."""
        super().__init__()
        self.bars = CountBars(counts)
        self.setWidget(self.bars)
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        rows = len(counts.body)
        self.setFixedHeight(ROW * min(rows, IN_SIGHT) + (ROW // 2 if rows > IN_SIGHT else 0))
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus if rows > IN_SIGHT else Qt.FocusPolicy.NoFocus)
        self.setAccessibleName("Training images of each class")
        self.setAccessibleDescription("; ".join(" ".join(row) for row in counts.body))


class CountBars(QWidget):
    """Draws the rows."""

    def __init__(self, counts: TextTable) -> None:
        """Draw ``counts``."""
        super().__init__()
        self._rows = [(name, numbers) for name, *numbers in counts.body]
        self._most = max((_count(text) for _, numbers in self._rows for text in numbers), default=0) or 1
        self.setMinimumHeight(ROW * len(self._rows))
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Minimum)
        self.setToolTip("" if len(counts.head) < 3 else "From above: " + ", ".join(counts.head[1:]))

    def sizeHint(self) -> QSize:  # noqa: N802
        """Any width will do."""
        return QSize(160, self.minimumHeight())

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        """Draw what is in sight."""
        metrics = QFontMetrics(self.font())
        names = max((metrics.horizontalAdvance(name) for name, _ in self._rows), default=0)
        left = min(names, int(self.width() * NAMES)) + GAP
        right = max(metrics.horizontalAdvance(" · ".join(n)) for _, n in self._rows) + GAP
        room = max(self.width() - left - right, 1)
        roles = (QPalette.ColorRole.Highlight, QPalette.ColorRole.PlaceholderText)
        with QPainter(self) as painter:
            for number, (name, texts) in enumerate(self._rows):
                row = QRect(0, number * ROW, self.width(), ROW)
                if not row.intersects(event.rect()):
                    continue
                painter.setPen(self.palette().color(QPalette.ColorRole.WindowText))
                shown = metrics.elidedText(name, Qt.TextElideMode.ElideRight, left - GAP)
                painter.drawText(row, Qt.AlignmentFlag.AlignVCenter, shown)
                side = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight
                painter.drawText(row, side, " · ".join(texts))
                high = min(BAR, (ROW - 4) // len(texts))
                top = row.top() + (ROW - high * len(texts)) // 2
                for place, text in enumerate(texts):
                    colour = self.palette().color(roles[min(place, 1)])
                    width = round(room * _count(text) / self._most)
                    painter.fillRect(QRect(left, top + place * high, width, high - 1), colour)


def _count(text: str) -> int:
    return int(text.replace(",", ""))
