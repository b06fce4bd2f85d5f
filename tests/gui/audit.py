"""What is looked at in every widget in sight: whether its text fits, and whether it is within its parent."""

from collections.abc import Iterator

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractScrollArea,
    QComboBox,
    QGraphicsView,
    QHeaderView,
    QLabel,
    QLineEdit,
    QScrollBar,
    QTabBar,
    QWidget,
)

from kdstudio.gui.layout import UprightScroll

WIDEST_TIP = 80
SLACK = 1
"""Pixels of rounding."""


def described(widget: QWidget) -> str:
    """What it is, what it says, and where."""
    says = widget.text() if isinstance(widget, QLabel | QAbstractButton) else widget.accessibleName()
    above = []
    parent = widget.parentWidget()
    while parent is not None and len(above) < 4:
        above.append(type(parent).__name__)
        parent = parent.parentWidget()
    return f"{type(widget).__name__} {widget.objectName()!r} {says[:60]!r} in {' < '.join(above)}"


def in_sight(top: QWidget) -> list[QWidget]:
    """All widgets of ``top`` that are shown, those scrolled out of view too."""
    return [
        widget for widget in top.findChildren(QWidget) if widget.isVisibleTo(top) and not _foreign(widget)
    ]


def _foreign(widget: QWidget) -> bool:
    """Tell whether the toolkit itself lays it out: a part of a line or of a combo box."""
    parent = widget.parentWidget()
    return isinstance(parent, QLineEdit | QComboBox | QScrollBar) or isinstance(widget, QScrollBar)


def clipped(top: QWidget) -> list[str]:
    """Describe everything whose text or place does not fit."""
    return [f"{described(widget)}: {why}" for widget in in_sight(top) for why in _faults(widget)]


def _faults(widget: QWidget) -> Iterator[str]:
    width, height = widget.width() + SLACK, widget.height() + SLACK
    if isinstance(widget, QLabel) and widget.text():
        if widget.wordWrap():
            need = widget.heightForWidth(widget.width())
            if need > height:
                yield f"{widget.height()} high, its text needs {need} at a width of {widget.width()}"
            if longest_word(widget) > width:
                yield f"{widget.width()} wide, a word needs {longest_word(widget)}"
        elif widget.minimumSizeHint().width() > width:
            yield f"{widget.width()} wide, its text needs {widget.minimumSizeHint().width()}"
        if not widget.wordWrap() and widget.minimumSizeHint().height() > height:
            yield f"{widget.height()} high, its text needs {widget.minimumSizeHint().height()}"
    elif isinstance(widget, QAbstractButton) and widget.text():
        need = widget.fontMetrics().size(Qt.TextFlag.TextShowMnemonic, widget.text())
        if need.width() > width or need.height() > height:
            yield f"{widget.width()}×{widget.height()}, its text needs {need.width()}×{need.height()}"
    elif isinstance(widget, QComboBox) and not widget.toolTip():
        need = widget.minimumSizeHint().width()
        if need > width:
            yield f"{widget.width()} wide, needs {need}"
    elif isinstance(widget, QTabBar):
        if widget.sizeHint().width() > width:
            yield f"{widget.width()} wide, its tabs need {widget.sizeHint().width()}"
    elif isinstance(widget, QHeaderView) and widget.orientation() is Qt.Orientation.Horizontal:
        for section in range(widget.count()):
            if not widget.isSectionHidden(section) and widget.sectionSizeHint(section) > (
                widget.sectionSize(section) + SLACK
            ):
                name = widget.model().headerData(section, widget.orientation())
                need = widget.sectionSizeHint(section)
                yield f"column '{name}' is {widget.sectionSize(section)} wide, its title needs {need}"
    elif isinstance(widget, UprightScroll):
        need, room = widget.widget().width(), widget.viewport().width()
        if need > room + SLACK:
            yield f"what scrolls in it is cut: {need} wide, in {room}"
    if widest_line(widget.toolTip()) > WIDEST_TIP:
        yield f"its tool tip has a line of {widest_line(widget.toolTip())} characters"
    yield from _out_of_its_place(widget)


def longest_word(label: QLabel) -> int:
    """Width of what cannot be broken."""
    if label.textFormat() is Qt.TextFormat.RichText:
        return 0
    words = label.text().replace("-", "- ").split()
    return max(map(label.fontMetrics().horizontalAdvance, words), default=0)


def widest_line(tip: str) -> int:
    """Characters that a tool tip has side by side; HTML is broken by Qt itself."""
    return 0 if tip.startswith("<") else max(map(len, tip.splitlines()), default=0)


def _out_of_its_place(widget: QWidget) -> Iterator[str]:
    parent = widget.parentWidget()
    if parent is None or widget.isWindow() or isinstance(parent, QGraphicsView):
        return
    above = parent.parentWidget()
    if isinstance(above, QAbstractScrollArea) and above.viewport() is parent:
        return
    if not parent.rect().adjusted(-SLACK, -SLACK, SLACK, SLACK).contains(widget.geometry()):
        found = widget.geometry().getRect()
        yield f"stands at {found}, out of its parent's {parent.width()}×{parent.height()}"
