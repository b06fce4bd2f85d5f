"""What every plot has: a title, a legend above it, axes and pens in the theme's colours."""

from __future__ import annotations

import pyqtgraph as pg
from PySide6.QtCore import Qt
from PySide6.QtGui import QPen
from PySide6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from kdstudio.gui.html import escaped
from kdstudio.gui.plots.legend import Legend
from kdstudio.gui.theme import Theme
from kdstudio.runs.colours import Colours, Token


class PlotFrame(QWidget):
    """A plot below its title, whose row has room for controls, and its legend."""

    def __init__(self, theme: Theme, title: str, *, movable: bool = True) -> None:
        """``movable``: the mouse shifts and scales the axes."""
        super().__init__()
        self._theme = theme
        self.heading = QLabel(title, objectName="heading")
        self.head = QHBoxLayout()
        self.head.addWidget(self.heading)
        self.head.addStretch(1)
        self.legend = Legend()
        self.plot = pg.PlotWidget()
        self.plot.setMenuEnabled(False)
        self.plot.hideButtons()
        self.plot.setMouseEnabled(x=movable, y=movable)
        self.plot.setAccessibleName(title)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addLayout(self.head)
        column.addWidget(self.legend)
        column.addWidget(self.plot, 1)

    def pen(self, token: Token, style: Qt.PenStyle = Qt.PenStyle.SolidLine) -> QPen:
        """Pen in the colour of a network, or of a word of the theme."""
        colour = self._theme.colours.of(token)
        width = round(self.devicePixelRatioF())  # pens are cosmetic: their width counts device pixels
        return pg.mkPen(colour, width=width, style=style)


def dress(plot: pg.PlotWidget, colours: Colours, axes: dict[str, str]) -> None:
    """Give a plot the theme's colours and its axes their names."""
    plot.setBackground(colours["panel"])
    plot.showGrid(x=True, y=True, alpha=0.25)
    for name, text in axes.items():
        axis = plot.getAxis(name)
        axis.setPen(pg.mkPen(colours["grid"]))
        axis.setTextPen(pg.mkPen(colours["muted"]))
        if axis.autoSIPrefix:  # turning it off once the label is shown scales the ticks
            axis.enableAutoSIPrefix(False)
        axis.setLabel(escaped(text), color=colours["muted"])
        axis.setStyle(maxTickLevel=0)  # the grid at every small tick costs most of a redraw
