"""Test images in a grid, each with its class and what the networks answer to it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QPainter
from PySide6.QtWidgets import QListView, QListWidget, QListWidgetItem, QStyle, QStyledItemDelegate
from PySide6.QtWidgets import QStyleOptionViewItem as Option

from kdstudio.gui.pictures import enlarged
from kdstudio.gui.theme import Theme
from kdstudio.runs.colours import Token
from kdstudio.runs.disagreements import Answer

PICTURE = 68
WIDTH = 146
EDGE = 8
DOT = 8
Index = QModelIndex | QPersistentModelIndex


class Tile(NamedTuple):
    """All that is shown of one image."""

    number: int
    pixels: np.ndarray
    """uint8 ``(H, W, C)``."""
    true_class: str
    answers: Mapping[str, Answer]
    kl: float | None
    """KL(teacher ‖ student) in nats."""

    @property
    def spoken(self) -> str:
        """Everything in words: for tool tips, and whoever listens."""
        lines = [f"test image {self.number:,}, of class {self.true_class}"]
        for network, said in self.answers.items():
            right = "right" if said.is_right else "wrong"
            lines.append(f"{network} says {said.answer} with {said.probability:.1%}, {right}")
        return "\n".join([*lines, *([] if self.kl is None else [f"KL to the teacher {self.kl:.4f} nats"])])


class ImageList(QListWidget):
    """A grid that is walked through with the arrow keys."""

    def __init__(self, theme: Theme) -> None:
        """Empty until :meth:`show_tiles`."""
        super().__init__(objectName="pictures")
        self.tokens: Mapping[str, Token] = {}
        self.theme = theme
        self.with_kl = False
        """Whether the distance to the teacher stands below the answers."""
        self.setAccessibleName("Test images")
        self.setViewMode(QListView.ViewMode.IconMode)
        self.setResizeMode(QListView.ResizeMode.Adjust)
        self.setMovement(QListView.Movement.Static)
        self.setUniformItemSizes(True)
        self.setSpacing(4)
        self.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self.setItemDelegate(TileDelegate(self))
        theme.changed.connect(self.viewport().update)

    def show_tiles(self, tiles: Sequence[Tile], tokens: Mapping[str, Token], *, with_kl: bool) -> None:
        """Show ``tiles``; ``tokens`` tell the networks' colours."""
        self.tokens, self.with_kl = tokens, with_kl
        self.clear()
        for tile in tiles:
            item = QListWidgetItem()
            item.setData(Qt.ItemDataRole.UserRole, tile)
            item.setData(Qt.ItemDataRole.AccessibleTextRole, tile.spoken)
            item.setToolTip(tile.spoken)
            self.addItem(item)


class TileDelegate(QStyledItemDelegate):
    """Draws a tile: picture, class, and an answer a line, its network told by colour and order."""

    def __init__(self, images: ImageList) -> None:
        """Draw for ``images``."""
        super().__init__(images)
        self._images = images

    def sizeHint(self, option: Option, index: Index) -> QSize:  # noqa: N802
        """Room for the picture and a line for each network."""
        tile: Tile = index.data(Qt.ItemDataRole.UserRole)
        line = option.fontMetrics.height()
        lines = 1 + len(tile.answers) + self._images.with_kl
        return QSize(WIDTH, 2 * EDGE + PICTURE + 4 + line * lines)

    def paint(self, painter: QPainter, option: Option, index: Index) -> None:
        """Draw one tile."""
        tile: Tile = index.data(Qt.ItemDataRole.UserRole)
        colours = self._images.theme.colours
        room: QRect = option.rect
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        chosen = bool(option.state & QStyle.StateFlag.State_Selected)
        painter.setPen(QColor(colours["accent" if chosen else "border"]))
        painter.setBrush(QColor(colours["accent_soft" if chosen else "panel"]))
        painter.drawRoundedRect(QRectF(room).adjusted(0.5, 0.5, -0.5, -0.5), 6, 6)
        shown = enlarged(tile.pixels, PICTURE, painter.device().devicePixelRatio())
        painter.drawPixmap(room.x() + (room.width() - PICTURE) // 2, room.y() + EDGE, shown)
        self._write(painter, room, tile, option.fontMetrics.height())
        painter.restore()

    def _write(self, painter: QPainter, room: QRect, tile: Tile, line: int) -> None:
        colours = self._images.theme.colours
        place = QRect(room.x() + EDGE, room.y() + EDGE + PICTURE + 4, room.width() - 2 * EDGE, line)
        font = painter.font()
        painter.setFont(_bold(font))
        painter.setPen(QColor(colours["text"]))
        painter.drawText(place, Qt.AlignmentFlag.AlignCenter, _cut(painter, tile.true_class, place.width()))
        painter.setFont(font)
        for network, said in tile.answers.items():
            place.translate(0, line)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(colours.of(self._images.tokens[network])))
            painter.drawRect(QRectF(place.x(), place.center().y() - DOT / 2 + 1, DOT, DOT))
            painter.setPen(QColor(colours["text" if said.is_right else "error"]))
            share = f"{said.probability:.0%} {'✓' if said.is_right else '✗'}".replace("%", " %")
            beside = place.adjusted(DOT + 5, 0, 0, 0)
            painter.drawText(beside, Qt.AlignmentFlag.AlignRight, share)
            left = beside.width() - painter.fontMetrics().horizontalAdvance(share) - 4
            painter.drawText(beside, Qt.AlignmentFlag.AlignLeft, _cut(painter, said.answer, left))
        if self._images.with_kl and tile.kl is not None:
            painter.setPen(QColor(colours["muted"]))
            painter.drawText(place.translated(0, line), Qt.AlignmentFlag.AlignCenter, f"KL {tile.kl:.3g}")


def _bold(font: QFont) -> QFont:
    made = QFont(font)
    made.setBold(True)
    return made


def _cut(painter: QPainter, text: str, width: int) -> str:
    return painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, width)
