"""The matrix of mistakes: a cell opens its images."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PySide6.QtCore import Signal

from kdstudio.gui.layout import PlotCard, text_label
from kdstudio.gui.plots.matrix import MatrixPlot
from kdstudio.gui.theme import Theme
from kdstudio.runs.colours import Token

POINT = "Click a cell or a class to see its images."


class MistakesCard(PlotCard):
    """Counts the wrong answers of one network among the images that a filter lets through."""

    chosen = Signal(object)
    """True class and class answered, the latter None where a class's name was clicked."""

    def __init__(self, theme: Theme) -> None:
        """Empty until :meth:`show_counts`."""
        super().__init__()
        self._names: Sequence[str] = ()
        self._counts = np.zeros((0, 0), dtype=int)
        self.heading = text_label("Mistakes", "heading")
        self.cell = text_label(POINT, "muted")
        self.matrix = MatrixPlot(theme, "Mistakes by true class and class answered")
        self.matrix.setToolTip("Arrow keys move, Enter opens the images.")
        self.matrix.pointed_at.connect(self._tell)
        self.matrix.chosen.connect(self.chosen)
        self.add(self.heading)
        self.add(self.cell)
        self.add(self.matrix, 1)

    def show_counts(self, names: Sequence[str], counts: np.ndarray, network: str, token: Token) -> None:
        """Show ``counts`` ``(K, K)`` of ``network`` without the diagonal."""
        self._names, self._counts = names, counts
        wrong = counts.astype(float)
        np.fill_diagonal(wrong, np.nan)
        self.heading.setText(f"Mistakes of {'the ' if network.isalpha() else ''}{network}")
        self.matrix.show_matrix(names, wrong, token)

    def _tell(self, cell: tuple[int, int] | None) -> None:
        if cell is None or not len(self._names):
            self.cell.setText(POINT)
            return
        row, column = (self._names[number] for number in cell)
        count = int(self._counts[cell])
        self.cell.setText(f"{row} answered with {column}: {count:,} {'image' if count == 1 else 'images'}.")
