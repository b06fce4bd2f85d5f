"""A legend beside its plot, never over it: swatch, name, latest value; a click hides the curve."""

from __future__ import annotations

from collections.abc import Hashable, Sequence

from PySide6.QtCore import QPointF, QRect, QSize, Qt, Signal
from PySide6.QtGui import QColor, QIcon, QPainter, QPen, QPixmap, QResizeEvent
from PySide6.QtWidgets import QMenu, QSizePolicy, QToolButton, QWidget

SWATCH = QSize(26, 10)
LINE = 20
"""Length of the line in it; the rest keeps the name away."""
GAP = 4
SHARE = 0.25
"""Of the height of a plot with all that belongs to it, that its legend takes at most."""
TIP = "Click to hide or show the curve"
FOLDED, UNFOLDED = "▸", "▾"
MORE = "{} more"


class Legend(QWidget):
    """One button for each curve, line by line; those that have no room are in a menu at its end."""

    toggled = Signal(object, bool)
    unfolded = Signal(object, bool)
    """Each curve of an entry that stands for several is wanted, or no longer."""

    def __init__(self) -> None:
        """Empty."""
        super().__init__()
        policy = QSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Preferred)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        self._buttons: dict[Hashable, QToolButton] = {}
        self._arrows: dict[Hashable, QToolButton] = {}
        self._pens: dict[Hashable, QPen] = {}
        self._room = 0
        self._more = QToolButton(self, objectName="legend")
        self._more.setAccessibleName("More of the legend")
        self._more.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self._more.setMenu(QMenu(self._more))
        self._more.menu().aboutToShow.connect(self._fill_menu)
        self._more.hide()

    def set_room(self, height: int) -> None:
        """Take a share of ``height`` at most."""
        if height != self._room:
            self._room = height
            self._changed()

    @property
    def _most_lines(self) -> int:
        return max(int(SHARE * self._room + GAP) // (self._line + GAP), 1)

    @property
    def _line(self) -> int:
        return max((button.sizeHint().height() for button in self._buttons.values()), default=0)

    def heightForWidth(self, width: int) -> int:  # noqa: N802
        """Height of the lines in sight."""
        if not self._buttons:
            return 0
        places = self._places(width)
        lines = 1 + places[-1][0] if len(places) == len(self._buttons) else self._most_lines
        return lines * (self._line + GAP) - GAP

    def sizeHint(self) -> QSize:  # noqa: N802
        """One line."""
        return QSize(0, self._line)

    def minimumSizeHint(self) -> QSize:  # noqa: N802
        """As narrow as may be, and one line."""
        return QSize(0, self._line)

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        """Set the entries anew."""
        super().resizeEvent(event)
        self._arrange()

    def _places(self, width: int) -> list[tuple[int, int]]:
        """Line and distance from the left of those that are in sight."""
        widths = [min(self._width_of(key), width) for key in self._buttons]
        return first_lines(widths, width, self._most_lines, self._more.sizeHint().width())

    def _width_of(self, key: Hashable) -> int:
        arrow = self._arrows.get(key)
        return self._buttons[key].sizeHint().width() + (arrow.sizeHint().width() if arrow else 0)

    def _changed(self) -> None:
        self.updateGeometry()
        self._arrange()

    def _arrange(self) -> None:
        """Place the entries, and the menu of those that have no room behind them."""
        line, width = self._line, self.width()
        places = self._places(width)
        for number, (key, button) in enumerate(self._buttons.items()):
            in_sight = number < len(places)
            arrow, own = self._arrows.get(key), button.sizeHint().width()
            if in_sight:
                row, x = places[number]
                place = QRect(x, row * (line + GAP), min(own, width), line)
                if arrow:
                    arrow.setGeometry(QRect(place.topLeft(), QSize(arrow.sizeHint().width(), line)))
                    place.moveLeft(arrow.geometry().right() + 1)
                button.setGeometry(place)
            for widget in filter(None, (arrow, button)):
                widget.setVisible(in_sight)
        left = len(self._buttons) - len(places)
        if left:
            self._more.setText(MORE.format(left))
            size = self._more.sizeHint()
            top = (self._most_lines - 1) * (line + GAP)
            self._more.setGeometry(width - size.width(), top, size.width(), line)
        self._more.setVisible(left > 0)

    def _fill_menu(self) -> None:
        """Offer the entries that are out of sight."""
        menu = self._more.menu()
        menu.clear()
        for key, button in self._buttons.items():
            if button.isHidden():
                action = menu.addAction(button.icon(), button.text())
                action.setCheckable(True)
                action.setChecked(button.isChecked())
                action.setToolTip(button.toolTip())
                action.toggled.connect(button.setChecked)
                if arrow := self._arrows.get(key):
                    text = f"    {FOLDED if arrow.isChecked() else UNFOLDED}  {arrow.toolTip()}"
                    menu.addAction(text, arrow.toggle)

    def clear(self) -> None:
        """Take every entry out."""
        for key in [*self._buttons]:
            self.remove(key)

    def remove(self, key: Hashable) -> None:
        """Take the entry ``key`` out."""
        for gone in (self._buttons.pop(key), self._arrows.pop(key, None)):
            if gone:
                gone.hide()
                gone.deleteLater()
        del self._pens[key]
        self._changed()

    def show_entry(self, key: Hashable, text: str, pen: QPen, about: str = "", parts: str = "") -> None:
        """Add the entry ``key`` or bring it up to date; ``about`` tells more to who points at it.

        One that stands for several has ``parts``, their name: they can be asked for beside it.
        """
        button = self._buttons.get(key)
        if button is None:
            button = QToolButton(self, objectName="legend", checkable=True, checked=True)
            button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
            button.setIconSize(SWATCH)
            button.setToolTip(f"{about}\n{TIP}" if about else TIP)
            button.toggled.connect(lambda shown: self._toggle(key, shown))
            self._buttons[key] = button
            if parts:
                self._arrows[key] = self._arrow(key, parts)
        self._pens[key] = pen
        button.setIcon(swatch(pen, self.devicePixelRatioF()))
        shown = text.replace("&", "&&")  # else it marks a shortcut
        if shown != button.text():
            button.setText(shown)
            self._changed()

    def _arrow(self, key: Hashable, parts: str) -> QToolButton:
        arrow = QToolButton(self, objectName="legend", checkable=True, text=FOLDED)
        arrow.setAccessibleName(parts)
        arrow.setToolTip(parts)

        def turn(unfolded: bool) -> None:
            arrow.setText(UNFOLDED if unfolded else FOLDED)
            self.unfolded.emit(key, unfolded)

        arrow.toggled.connect(turn)
        return arrow

    def _toggle(self, key: Hashable, shown: bool) -> None:
        button = self._buttons[key]
        font = button.font()
        font.setStrikeOut(not shown)
        button.setFont(font)
        self.toggled.emit(key, shown)

    def entries(self) -> list[tuple[str, QPen]]:
        """Text and pen of each curve that is shown."""
        shown = [key for key, button in self._buttons.items() if button.isChecked()]
        return [(self._buttons[key].text().replace("&&", "&"), self._pens[key]) for key in shown]

    def is_shown(self, key: Hashable) -> bool:
        """Tell whether the curve ``key`` is wanted."""
        return key not in self._buttons or self._buttons[key].isChecked()


def in_lines(widths: Sequence[int], room: int, gap: int = GAP) -> list[tuple[int, int]]:
    """Place entries of ``widths`` as words are set: line and distance from the left of each."""
    places: list[tuple[int, int]] = []
    row = x = 0
    for width in widths:
        if x and x + width > room:
            row, x = row + 1, 0
        places.append((row, x))
        x += width + gap
    return places


def first_lines(widths: Sequence[int], room: int, most: int, more: int) -> list[tuple[int, int]]:
    """Place as many as ``most`` lines hold; where that is not all, ``more`` pixels of the last stay free."""
    places = in_lines(widths, room)
    if not places or places[-1][0] < most:
        return places
    kept = [place for place in places if place[0] < most]
    while kept and kept[-1][0] == most - 1 and kept[-1][1] + widths[len(kept) - 1] + GAP + more > room:
        kept.pop()
    return kept


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
