"""Rows of a list of choices: title, identifier, one line, paper and needs, wrapped to the list's width."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QAbstractListModel, QModelIndex, QPersistentModelIndex, QRect, QSize, Qt
from PySide6.QtGui import QFont, QFontMetrics, QPainter, QPalette
from PySide6.QtWidgets import QListView, QStyle, QStyledItemDelegate, QStyleOptionViewItem

from kdstudio.runs.choices import Choice

SIDE, ABOVE, BETWEEN = 12, 8, 2
"""Pixels beside and above a row's text, and between its lines."""
WRAPPED = Qt.TextFlag.TextWordWrap
Index = QModelIndex | QPersistentModelIndex


class ChoiceModel(QAbstractListModel):
    """Choices, one to a row."""

    def __init__(self, choices: Sequence[Choice], parent: QListView) -> None:
        """Show all of ``choices``."""
        super().__init__(parent)
        self.choices = list(choices)

    def show(self, choices: Sequence[Choice]) -> None:
        """Show other ones."""
        self.beginResetModel()
        self.choices = list(choices)
        self.endResetModel()

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008, N802
        """Count them."""
        return 0 if parent.isValid() else len(self.choices)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """Title; for those who listen all that is drawn."""
        choice = self.choices[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return choice.title
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return ". ".join(filter(None, (choice.title, choice.name, choice.line, choice.origin)))
        return choice if role == Qt.ItemDataRole.UserRole else None


class ChoiceDelegate(QStyledItemDelegate):
    """Draws a choice over as many lines as its text takes."""

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:  # noqa: N802
        """As wide as the list and as high as the text."""
        view = option.widget
        width = view.viewport().width() if isinstance(view, QListView) else option.rect.width()
        lines = self._lines(QRect(0, 0, width, 0), option.font, index)
        return QSize(0, lines[-1][0].bottom() + ABOVE)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Draw the ground as the style sheet says, then the lines."""
        style = option.widget.style()
        style.drawPrimitive(QStyle.PrimitiveElement.PE_PanelItemViewItem, option, painter, option.widget)
        painter.save()
        for box, text, font, role in self._lines(option.rect, option.font, index):
            painter.setFont(font)
            painter.setPen(option.palette.color(role))
            painter.drawText(box, WRAPPED, text)
        painter.restore()

    def _lines(
        self, row: QRect, font: QFont, index: Index
    ) -> list[tuple[QRect, str, QFont, QPalette.ColorRole]]:
        """Boxes, texts and looks of a row's lines."""
        choice: Choice = index.data(Qt.ItemDataRole.UserRole)
        bold = QFont(font)
        bold.setWeight(QFont.Weight.DemiBold)
        plain, muted = QPalette.ColorRole.Text, QPalette.ColorRole.PlaceholderText
        room = row.adjusted(SIDE, ABOVE, -SIDE, 0)
        title = QFontMetrics(bold).size(0, choice.title)
        found = [(QRect(room.topLeft(), title), choice.title, bold, plain)]
        if choice.name != choice.title:
            name = QRect(found[0][0])
            name.setRight(room.right())
            name.setLeft(room.left() + title.width() + SIDE)
            found.append((name, choice.name, font, muted))
        top = room.top() + title.height()
        for text, role in ((choice.line, plain), (choice.origin, muted)):
            if text:
                wide = QRect(room.left(), top + BETWEEN, room.width(), 1000)
                box = QFontMetrics(font).boundingRect(wide, WRAPPED, text)
                found.append((QRect(wide.left(), wide.top(), wide.width(), box.height()), text, font, role))
                top = wide.top() + box.height()
        return found
