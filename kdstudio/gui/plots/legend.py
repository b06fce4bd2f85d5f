"""A legend beside its plot, never over it: swatch, name, latest value; a click hides the curve."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QIcon, QPainter, QPen, QPixmap
from PySide6.QtWidgets import QFrame, QScrollArea, QSizePolicy, QToolButton, QWidget

from kdstudio.gui.flow_layout import GAP, FlowLayout

SWATCH = QSize(26, 10)
LINE = 20
"""Length of the line in it; the rest keeps the name away."""
MOST_LINES = 3
TIP = "Click to hide or show the curve"


class Legend(QScrollArea):
    """One button for each curve, line by line; many scroll, and leave the plot its room."""

    toggled = Signal(object, bool)

    def __init__(self) -> None:
        """Empty."""
        super().__init__()
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        policy = QSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Preferred)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        self._row, entries = FlowLayout(), QWidget()
        entries.setLayout(self._row)
        self.setWidgetResizable(True)
        self.setWidget(entries)
        self._buttons: dict[object, QToolButton] = {}
        self._pens: dict[object, QPen] = {}

    def heightForWidth(self, width: int) -> int:  # noqa: N802
        """Height of the lines in sight, as many as there are beside a scroll bar."""
        most = MOST_LINES * (self._row.sizeHint().height() + GAP) - GAP
        bar = self.verticalScrollBar().sizeHint().width()
        return min(self._row.heightForWidth(width - bar), most)

    def sizeHint(self) -> QSize:  # noqa: N802
        """One line."""
        return self._row.sizeHint()

    def minimumSizeHint(self) -> QSize:  # noqa: N802
        """As narrow as may be, and one line."""
        return QSize(0, self._row.sizeHint().height())

    def clear(self) -> None:
        """Take every entry out."""
        for button in self._buttons.values():
            self._row.removeWidget(button)
            button.hide()
            button.deleteLater()
        self._buttons, self._pens = {}, {}
        self.updateGeometry()

    def show_entry(self, key: object, text: str, pen: QPen, about: str = "") -> None:
        """Add the entry ``key`` or bring it up to date; ``about`` tells more to who points at it."""
        button = self._buttons.get(key)
        if button is None:
            button = QToolButton(objectName="legend", checkable=True, checked=True)
            button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
            button.setIconSize(SWATCH)
            button.setToolTip(f"{about}\n{TIP}" if about else TIP)
            button.toggled.connect(lambda shown: self._toggle(key, shown))
            self._row.addWidget(button)
            button.show()  # at once: what is hidden has no height
            self._buttons[key] = button
        shown = text.replace("&", "&&")  # else it marks a shortcut
        if shown != button.text():
            button.setText(shown)
            self.updateGeometry()
        self._pens[key] = pen
        button.setIcon(swatch(pen, self.devicePixelRatioF()))

    def _toggle(self, key: object, shown: bool) -> None:
        button = self._buttons[key]
        font = button.font()
        font.setStrikeOut(not shown)
        button.setFont(font)
        self.toggled.emit(key, shown)

    def entries(self) -> list[tuple[str, QPen]]:
        """Text and pen of each curve that is shown."""
        shown = [key for key, button in self._buttons.items() if button.isChecked()]
        return [(self._buttons[key].text().replace("&&", "&"), self._pens[key]) for key in shown]

    def is_shown(self, key: object) -> bool:
        """Tell whether the curve ``key`` is wanted."""
        return key not in self._buttons or self._buttons[key].isChecked()


def swatch(pen: QPen, ratio: float) -> QIcon:
    """Draw a piece of the curve's line."""
    pixmap = QPixmap(SWATCH * ratio)
    pixmap.setDevicePixelRatio(ratio)
    pixmap.fill(QColor(0, 0, 0, 0))
    with QPainter(pixmap) as painter:
        draw_swatch(painter, QPointF(0, SWATCH.height() / 2), pen)
    return QIcon(pixmap)


def draw_swatch(painter: QPainter, place: QPointF, pen: QPen) -> None:
    """Draw a piece of the curve's line from ``place`` to the right."""
    thick = QPen(pen)
    thick.setCosmetic(False)
    thick.setWidthF(2)
    painter.setPen(thick)
    painter.drawLine(place + QPointF(1, 0), place + QPointF(1 + LINE, 0))
