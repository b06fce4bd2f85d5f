"""A plot of the chosen runs, with a note below it, that is looked after while somebody sees it."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from kdstudio.gui.layout import text_label
from kdstudio.gui.pages.compare.entries import Entry
from kdstudio.gui.plots.frame import PlotFrame


class FigurePanel(QWidget):
    """What a figure has that needs more than the rows of results."""

    def __init__(self, plot: PlotFrame) -> None:
        """Lay out ``plot``; no runs."""
        super().__init__()
        self._chosen: Sequence[Entry] = ()
        plot.hide_title()  # it stands above, where the figure is chosen
        self.note = text_label("", "muted")
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addWidget(plot, 1)
        column.addWidget(self.note)

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802
        """Look again: a run may have gone on, or something may have been exported."""
        super().showEvent(event)
        self.show_entries(self._chosen)

    def show_entries(self, chosen: Sequence[Entry]) -> None:
        """Draw ``chosen``."""
        raise NotImplementedError

    def tell(self, text: str) -> None:
        """Write ``text`` below the plot; nothing takes no room."""
        self.note.setText(text)
        self.note.setVisible(bool(text))
