"""Where plots are shown to a hall: side by side, lent by their frames, who get them back."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget
from shiboken6 import isValid

from kdstudio.gui.plots.presented import Presented


class Stage(QWidget):
    """Empty, or with the plots of some frames."""

    def __init__(self) -> None:
        """Empty."""
        super().__init__()
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(0, 0, 0, 0)
        self._lent: Sequence[Presented] = ()
        self._holders: list[QWidget] = []

    def show_plots(self, frames: Sequence[Presented], enlargement: float) -> None:
        """Give back what was lent, and show the plots of ``frames``, so many times as large."""
        for frame in filter(isValid, self._lent):
            frame.take_back()
        for holder in self._holders:
            holder.hide()
            holder.deleteLater()
        self._lent, self._holders = frames, []
        for frame in frames:
            holder = QWidget()
            column = QVBoxLayout(holder)
            column.setContentsMargins(0, 0, 0, 0)
            if len(frames) > 1:
                column.addWidget(QLabel(frame.title))
            column.addWidget(frame.lend(enlargement), 1)
            self._row.addWidget(holder, 1)
            self._holders.append(holder)

    def enlarge(self, enlargement: float) -> None:
        """Show them in another size."""
        for frame in filter(isValid, self._lent):
            frame.lend(enlargement)
