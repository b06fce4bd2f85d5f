"""Errors and accuracy on unseen classes against the shift of a bias."""

from __future__ import annotations

import pyqtgraph as pg
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGraphicsItem

from kdstudio.gui.plots.frame import THICK, PlotFrame, dress
from kdstudio.gui.theme import Theme
from kdstudio.runs.colours import Token
from kdstudio.runs.unseen import ShiftCurve

AXES = ("bottom", "left")
ERRORS, UNSEEN = "wrong predictions", "unseen classes right"
UP = (-6, 106)
"""Of the axis in percent, so that lines at 0 and 100 are seen."""
FITTED_AT = 0.5
"""Height of the word at the fitted shift, as a share of the plot's."""
CACHED = QGraphicsItem.CacheMode.DeviceCoordinateCache
"""What stands still is kept as pixels, so that only the marker is drawn anew when it moves."""


class ShiftCurves(PlotFrame):
    """Two curves in percent, a marker at the shift in force and one at the fitted shift."""

    def __init__(self, theme: Theme, title: str) -> None:
        """``title`` says which images are counted."""
        super().__init__(theme, title)
        self._x = ""
        self._token: Token = "student"
        self.plot.set_home(y=UP)
        self.marker = pg.InfiniteLine(angle=90)
        self.fitted = pg.InfiniteLine(angle=90, label="fitted", labelOpts={"position": FITTED_AT})
        self.curves = {name: self.plot.plot(name=name, antialias=True) for name in (UNSEEN, ERRORS)}
        for item in (*(curve.curve for curve in self.curves.values()), *map(self.plot.getAxis, AXES)):
            item.setCacheMode(CACHED)
        for marker in (self.marker, self.fitted):
            self.plot.addItem(marker, ignoreBounds=True)
        self.legend.toggled.connect(lambda name, shown: self.curves[name].setVisible(shown))
        self._restyle()

    def show_course(self, course: ShiftCurve, token: Token, x: str, fitted: float | None) -> None:
        """Draw ``course`` in the colour of ``token``; no mark where nothing could be fitted."""
        self._token, self._x = token, x
        self.plot.set_home(x=(course.shifts[0], course.shifts[-1]), y=UP)
        self.curves[ERRORS].setData(course.shifts, 100 * course.errors)
        self.curves[UNSEEN].setData(course.shifts, 100 * course.unseen)
        self.fitted.setVisible(fitted is not None)
        self.fitted.setValue(fitted or 0.0)
        self._restyle()

    def mark(self, shift: float) -> None:
        """Move the marker of the shift in force."""
        self.marker.setValue(shift)

    def _restyle(self) -> None:
        colours = self._theme.colours
        dress(self.plot, colours, {"bottom": self._x, "left": "share of images (%)"})
        self.marker.setPen(pg.mkPen(colours["muted"], width=self.thin))
        self.fitted.setPen(pg.mkPen(colours["accent"], width=self.thin, style=Qt.PenStyle.DashLine))
        self.fitted.label.setColor(colours["accent"])
        self.fitted.label.fill = pg.mkBrush(colours["panel"])
        pens = {
            ERRORS: pg.mkPen(colours["error"], width=THICK * self.thin, style=Qt.PenStyle.DashLine),
            UNSEEN: self.pen(self._token),
        }
        for name, pen in pens.items():
            self.curves[name].setPen(pen)
            self.legend.show_entry(name, name, pen)
