"""What every plot has: a title, a legend above it, axes and pens in the theme's colours."""

from __future__ import annotations

from collections.abc import Sequence
from html import unescape

import pyqtgraph as pg
from pyqtgraph.GraphicsScene.mouseEvents import MouseClickEvent
from PySide6.QtCore import Qt
from PySide6.QtGui import QPen, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout

from kdstudio.gui.html import escaped
from kdstudio.gui.plots.canvas import Canvas
from kdstudio.gui.plots.frame_drawing import plot_drawing
from kdstudio.gui.plots.legend import Legend
from kdstudio.gui.plots.presented import Presented
from kdstudio.gui.saving.button import SaveButton
from kdstudio.gui.saving.content import Content
from kdstudio.gui.saving.drawings import Drawing
from kdstudio.gui.saving.saving import Further, Saving
from kdstudio.gui.theme import Theme
from kdstudio.runs.colours import Colours, Token
from kdstudio.runs.plot_data import PlotPoint, plot_table
from kdstudio.runs.table_formats import Table

THICK = 2
"""Pixels of a line, where it has few points."""
FEW_POINTS = 100
"""Of longer ones a thick line takes twenty times as long to draw as a thin one."""
DOT = 9
"""Diameter of a point that stands alone, in pixels."""


class PlotFrame(Presented):
    """A plot below its title, whose row has room for controls, and its legend; it can be saved and copied."""

    def __init__(self, theme: Theme, title: str) -> None:
        """Empty."""
        super().__init__()
        self._theme = theme
        self.enlargement = 1.0
        self.heading = QLabel(title, objectName="heading")
        self.head = QHBoxLayout()
        self.head.addWidget(self.heading)
        self.head.addStretch(1)
        self.legend = Legend()
        self.plot = self._canvas()
        self.plot.setAccessibleName(title)
        self.saving = Saving(self, self.content)
        self.saving.further.append(Further("Reset view\t0", self.plot.reset, lambda: self.plot.is_zoomed))
        self.save_button = SaveButton("this plot", lambda: self.saving)
        self._answer_right_clicks()
        top = QHBoxLayout()
        top.setSpacing(0)  # for long titles
        top.addLayout(self.head, 1)
        top.addWidget(self.save_button)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(4)
        self._column.addLayout(top)
        self._column.addWidget(self.legend)
        self._column.addWidget(self.plot, 1)
        self._is_outdated = False
        theme.changed.connect(self._follow_theme)

    def _follow_theme(self) -> None:
        """Draw all anew; what nobody sees, when it comes into sight: there are thirty plots."""
        self._is_outdated = not (self.isVisible() or self.plot.isVisible())
        if not self._is_outdated:
            self._restyle()

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802
        """It comes into sight."""
        super().showEvent(event)
        if self._is_outdated:
            self._is_outdated = False
            self._restyle()

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        """Let the legend take its share of the room."""
        super().resizeEvent(event)
        self.legend.set_room(self.height())

    def _canvas(self) -> Canvas:
        """Make what is drawn on."""
        return Canvas()

    def _restyle(self) -> None:
        """Draw all anew, in the theme's colours and as large as is wanted."""
        raise NotImplementedError

    def lend(self, enlargement: float) -> Canvas:
        """Give what is drawn on, which goes on being drawn on; until :meth:`take_back` there is a gap."""
        self._enlarge(enlargement)
        return self.plot

    def take_back(self) -> None:
        """Show what is drawn on here again, in its usual size."""
        self._column.addWidget(self.plot, 1)
        self._enlarge(1.0)

    def _enlarge(self, enlargement: float) -> None:
        self.enlargement = enlargement
        self.plot.enlarge(enlargement)
        self._restyle()

    def entries(self) -> Sequence[tuple[str, QPen]]:
        """Return the legend's."""
        return self.legend.entries()

    @property
    def title(self) -> str:
        """What is drawn."""
        return self.heading.text() or self.plot.accessibleName()

    def _answer_right_clicks(self) -> None:
        """Open the menu, over the plot too."""
        self.saving.answer_right_clicks(self)
        self.plot.setContextMenuPolicy(Qt.ContextMenuPolicy.PreventContextMenu)
        self.plot.scene().sigMouseClicked.connect(self._click)

    def _click(self, event: MouseClickEvent) -> None:
        if event.button() is Qt.MouseButton.RightButton:
            event.accept()
            self.saving.open_menu(event.screenPos().toPoint())

    def hide_title(self) -> None:
        """Leave title and button to what holds the plot."""
        self.heading.hide()
        self.save_button.hide()

    def content(self) -> Content:
        """What is drawn now."""
        title = self.title

        def drawing() -> Drawing:
            return plot_drawing(self._theme, title, self.legend.entries(), self.plot)

        return Content(title, self._tables, drawing, ("csv",))

    def _tables(self) -> Sequence[Table]:
        x, y = (unescape(self.plot.getAxis(name).labelText) for name in ("bottom", "left"))
        return [plot_table(x, y, self.points())]

    def points(self) -> list[PlotPoint]:
        """All points of the curves that are shown, as they were given.

        A plot whose curves have no names (``plot(…, name=…)``), or that draws something else, tells them
        itself.
        """
        drawn = self.plot.getPlotItem().listDataItems()
        found = []
        for number, item in enumerate((each for each in drawn if isinstance(each, pg.PlotDataItem)), 1):
            x, y = item.getOriginalDataset()
            if x is not None and y is not None and item.isVisible():
                found += curve_points(item.name() or f"curve {number}", x, y)
        return found

    def pen(self, token: Token, style: Qt.PenStyle = Qt.PenStyle.SolidLine, points: int = 0) -> QPen:
        """Pen in the colour of a network, or of a word of the theme, for a line of so many ``points``."""
        width = THICK * self.thin if points <= FEW_POINTS else self.thin
        return pg.mkPen(self._theme.colours.of(token), width=width, style=style)

    @property
    def thin(self) -> int:
        """Width of a thin line: pens are cosmetic, so that it counts device pixels."""
        return round(self.devicePixelRatioF() * self._theme.size * self.enlargement)


def curve_points(name: str, x: Sequence[float], y: Sequence[float]) -> list[PlotPoint]:
    """Points of one curve."""
    return [PlotPoint(name, *point) for point in zip(x, y, strict=True)]


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
        axis.resizeEvent()  # else it stays where a former text had its middle
        axis.setStyle(maxTickLevel=0)  # the grid at every small tick costs most of a redraw
