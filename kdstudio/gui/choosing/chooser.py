"""A pop-up to choose one of many: a line to search in, and rows that say what each is."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QModelIndex, QObject, QPoint, QRect, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QApplication,
    QFrame,
    QLabel,
    QListView,
    QVBoxLayout,
    QWidget,
)

from kdstudio.gui.choosing.rows import ChoiceDelegate, ChoiceModel
from kdstudio.gui.search_line import SearchLine
from kdstudio.runs.choices import Choice, found

SIZE = QSize(480, 440)
MOVES = (Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_PageUp, Qt.Key.Key_PageDown)
TAKES = (Qt.Key.Key_Return, Qt.Key.Key_Enter)


class Chooser(QFrame):
    """Letters search, arrows move, Enter or a click takes, Esc or a click beside closes."""

    chosen = Signal(str)
    """Name of what was taken."""

    def __init__(self, what: str, choices: Sequence[Choice], current: str, parent: QWidget) -> None:
        """Offer ``choices`` of ``what``; ``current`` is in force."""
        super().__init__(parent, Qt.WindowType.Popup, objectName="chooser")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setAccessibleName(f"Choose: {what}")
        self._choices = list(choices)
        self.search = SearchLine(f"Search in {what}", "Search: name, author, year …")
        self.search.textChanged.connect(self._filter)
        self.search.installEventFilter(self)
        self.rows = QListView(objectName="choices")
        self.rows.setAccessibleName(what)
        self.rows.setModel(ChoiceModel(self._choices, self.rows))
        self.rows.setItemDelegate(ChoiceDelegate(self.rows))
        self.rows.setResizeMode(QListView.ResizeMode.Adjust)
        self.rows.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self.rows.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.rows.setFocusProxy(self.search)
        self.rows.clicked.connect(self._take)
        self.nothing = QLabel("Nothing is called so.", objectName="muted")
        column = QVBoxLayout(self)
        column.setContentsMargins(8, 8, 8, 8)
        column.setSpacing(8)
        for part in (self.search, self.nothing, self.rows):
            column.addWidget(part)
        self.setFocusProxy(self.search)
        self._filter()
        self._select(next((row for row, one in enumerate(self._choices) if one.name == current), 0))

    def open_below(self, widget: QWidget) -> None:
        """Open at ``widget``, on the side where there is room for it."""
        self.resize(SIZE.expandedTo(QSize(widget.width(), 0)))
        corner = widget.mapToGlobal(QPoint(0, widget.height() + 2))
        self.move(within(QRect(corner, self.size()), widget.screen().availableGeometry()))
        self.show()
        self.search.setFocus()
        self.rows.scrollTo(self.rows.currentIndex(), QListView.ScrollHint.PositionAtCenter)

    def shown(self) -> list[str]:
        """Names of what the search has left."""
        return [choice.name for choice in self._model.choices]

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802
        """Let arrows move in the list, and Enter take, while the search has the focus."""
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            if event.key() in MOVES:
                QApplication.sendEvent(self.rows, event)
                return True
            if event.key() in TAKES:
                self._take(self.rows.currentIndex())
                return True
        return super().eventFilter(watched, event)

    @property
    def _model(self) -> ChoiceModel:
        model = self.rows.model()
        assert isinstance(model, ChoiceModel)
        return model

    def _filter(self) -> None:
        self._model.show(found(self._choices, self.search.text()))
        self.nothing.setVisible(not self._model.choices)
        self._select(0)

    def _select(self, row: int) -> None:
        self.rows.setCurrentIndex(self._model.index(row))

    def _take(self, index: QModelIndex) -> None:
        if index.isValid():
            name = self._model.choices[index.row()].name
            self.close()
            self.chosen.emit(name)


def within(wanted: QRect, room: QRect) -> QPoint:
    """Return the corner nearest to ``wanted``'s at which all of it is within ``room``, if it can be."""
    left = max(room.left(), min(wanted.left(), room.right() - wanted.width()))
    top = max(room.top(), min(wanted.top(), room.bottom() - wanted.height()))
    return QPoint(left, top)
