"""A formula, typeset and broken to the width at hand; text until the typesetter is loaded."""

from __future__ import annotations

from collections.abc import Iterator

from PySide6.QtCore import QByteArray, QEvent, QPointF, QRectF, QSize, QSizeF, Qt
from PySide6.QtGui import (
    QAction,
    QFontInfo,
    QFontMetricsF,
    QHelpEvent,
    QKeySequence,
    QPainter,
    QPaintEvent,
    QPalette,
)
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtWidgets import QApplication, QFrame, QSizePolicy, QToolTip, QWidget

from kdstudio.gui.background import BackgroundJob
from kdstudio.runs.formulas.notation import tex
from kdstudio.runs.formulas.typesetting import Drawn, Line, broken, drawn
from kdstudio.runs.glossary import explained

LARGER = 1.2
"""Size of the formula's letters, in that of the text about it."""
LEAST = 0.7
"""It is made no smaller than this to let its longest piece fit."""
PADDING = 10
LEADING = 6
"""Pixels between lines."""


class FormulaView(QFrame):
    """Right click or Ctrl+C copies it, as text or TeX; signs tell their meaning under the mouse."""

    def __init__(self, parent: QWidget | None = None) -> None:
        """Empty."""
        super().__init__(parent, objectName="formula")
        self._formula = ""
        self._drawn: tuple[Drawn, ...] = ()
        self._lines: list[Line] = []
        self._scale = 1.0
        self._places: list[tuple[QRectF, Drawn]] = []
        self._job = BackgroundJob("formula", self)
        self._job.done.connect(self._take)
        policy = QSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.ActionsContextMenu)
        for name, copied in (("Copy", self.text), ("Copy as TeX", lambda: tex(self._formula))):
            action = QAction(name, self)
            action.triggered.connect(lambda _checked, made=copied: QApplication.clipboard().setText(made()))
            self.addAction(action)
        copy = self.actions()[0]
        copy.setShortcut(QKeySequence.StandardKey.Copy)
        copy.setShortcutContext(Qt.ShortcutContext.WidgetShortcut)

    def text(self) -> str:
        """Return the formula in our notation."""
        return self._formula

    def show_formula(self, formula: str) -> None:
        """Show ``formula``; the one before stays until it is drawn."""
        if formula == self._formula:
            return
        self._formula = formula
        self.setAccessibleName(f"Formula {formula}" if formula else "No formula")
        self.setAccessibleDescription("; ".join(explained(formula)))
        self._job.cancel()
        if self._drawn:
            self._draw()
        self.update()
        self.updateGeometry()

    def _draw(self) -> None:
        formula = self._formula
        self._job.start(lambda _progress: (formula, drawn(formula)))

    def _take(self, found: tuple[str, tuple[Drawn, ...]]) -> None:
        if found[0] == self._formula:
            self._drawn = found[1]
            self.updateGeometry()
            self.update()

    def _em(self) -> float:
        return QFontInfo(self.font()).pixelSize() * LARGER

    def _lay_out(self, width: int) -> float:
        """Break the lines for ``width`` pixels; returns their height."""
        room = max(width - 2 * PADDING, 1)
        em = self._em()
        widest = max(part.width for part in self._drawn) * em
        scale = max(LEAST, min(1.0, room / widest)) * em
        self._lines = broken(self._drawn, room / scale)
        self._scale = scale
        heights = sum(line.ascent + line.descent for line in self._lines) * scale
        return heights + LEADING * (len(self._lines) - 1)

    def heightForWidth(self, width: int) -> int:  # noqa: N802
        """Height of the lines and their margins."""
        if self._drawn:
            return int(self._lay_out(width)) + 2 * PADDING
        return int(self._text_box(width).height()) + 2 * PADDING

    def sizeHint(self) -> QSize:  # noqa: N802
        """Any width will do."""
        return QSize(240, self.heightForWidth(240))

    def minimumSizeHint(self) -> QSize:  # noqa: N802
        """As wide as the longest piece at its smallest."""
        widest = max((part.width for part in self._drawn), default=0.0) * self._em() * LEAST
        return QSize(int(widest) + 2 * PADDING + 1, 2 * PADDING)

    def _text_box(self, width: int) -> QRectF:
        room = QRectF(PADDING, PADDING, max(width - 2 * PADDING, 1), 10_000)
        return QFontMetricsF(self.font()).boundingRect(room, self._flags(), breakable(self._formula))

    @staticmethod
    def _flags() -> int:
        return int(Qt.TextFlag.TextWordWrap.value | Qt.AlignmentFlag.AlignLeft.value)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        """Draw the lines; load the typesetter only once the window has been painted."""
        super().paintEvent(event)
        with QPainter(self) as painter:
            if not self._drawn:
                painter.drawText(self._text_box(self.width()), self._flags(), breakable(self._formula))
                if self._formula and not self._job.is_busy:
                    self._draw()
                return
            self._lay_out(self.width())
            colour = self.palette().color(QPalette.ColorRole.WindowText).name()
            self._places = list(self._placed())
            for box, part in self._places:
                svg = part.svg.replace("currentColor", colour)
                QSvgRenderer(QByteArray(svg.encode())).render(painter, box)

    def _placed(self) -> Iterator[tuple[QRectF, Drawn]]:
        """Yield where each piece stands."""
        top, scale = float(PADDING), self._scale
        for line in self._lines:
            for left, part in line.placed:
                corner = QPointF(PADDING + left * scale, top + (line.ascent - part.ascent) * scale)
                size = QSizeF(part.width * scale, (part.ascent + part.descent) * scale)
                yield QRectF(corner, size), part
            top += (line.ascent + line.descent) * scale + LEADING

    def event(self, event: QEvent) -> bool:
        """Tell what the signs under the mouse mean."""
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            QToolTip.showText(event.globalPos(), self.meaning_at(event.pos().toPointF()), self)
            return True
        return super().event(event)

    def meaning_at(self, point: QPointF) -> str:
        """Say what the signs at ``point`` mean; of the whole formula where there is none."""
        for box, part in self._places:
            if box.contains(point) and (known := explained(part.piece.text)):
                return "\n".join(known)
        return "\n".join(explained(self._formula))


def breakable(text: str) -> str:
    """Let a long formula wrap at its signs."""
    for mark in "·,(/":
        text = text.replace(mark, f"{mark}\u200b")
    return text
