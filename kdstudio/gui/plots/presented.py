"""What a hall can be shown: plots and matrices, each alone and enlarged."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QSize, Signal
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget


class Presented(QWidget):
    """Part of a page that lends what it draws."""

    @property
    def title(self) -> str:
        """What is drawn."""
        raise NotImplementedError

    def lend(self, enlargement: float) -> QWidget:
        """Give what is drawn to be shown elsewhere, so many times as large, until :meth:`take_back`."""
        raise NotImplementedError

    def take_back(self) -> None:
        """Draw here alone again."""
        raise NotImplementedError

    def entries(self) -> Sequence[tuple[str, QPen]]:
        """Return the legend: words and a pen for each entry; none where there is no legend."""
        return ()


class Painted(Presented):
    """Paints itself, and lends a twin that paints the same."""

    redrawn = Signal()
    """There is something else to paint."""

    def __init__(self) -> None:
        """Without a twin."""
        super().__init__()
        self._twin: Twin | None = None
        self.redrawn.connect(self.update)

    def draw(self, painter: QPainter, size: QSize) -> None:
        """Paint it with any painter, into a place of that ``size``."""
        raise NotImplementedError

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802
        """Paint it here."""
        with QPainter(self) as painter:
            self.draw(painter, self.size())

    def lend(self, enlargement: float) -> QWidget:
        """Give the twin."""
        if self._twin is None:
            self._twin = Twin(self)
        self._twin.enlarge(enlargement)
        return self._twin

    def take_back(self) -> None:
        """Let the twin go."""
        if self._twin is not None:
            self._twin.deleteLater()
        self._twin = None


class Twin(QWidget):
    """Paints what another one does, so many times as large."""

    def __init__(self, original: Painted) -> None:
        """Follow ``original``."""
        super().__init__()
        self._original = original
        self._enlargement = 1.0
        self.setAccessibleName(original.title)
        original.redrawn.connect(self.update)

    def enlarge(self, enlargement: float) -> None:
        """Paint it as large as that."""
        self._enlargement = enlargement
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802
        """Enlarge by the painter."""
        with QPainter(self) as painter:
            painter.scale(self._enlargement, self._enlargement)
            self._original.draw(painter, self.size() / self._enlargement)
