"""The matrix of mean soft targets: which classes look like which."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QCheckBox, QHBoxLayout

from kdstudio.gui.layout import PlotCard, text_label
from kdstudio.gui.plots.matrix import MatrixPlot
from kdstudio.gui.saving.button import SaveButton
from kdstudio.gui.theme import Theme
from kdstudio.runs.colours import Token
from kdstudio.runs.dark_knowledge import DarkKnowledge

POINT = "Point at a cell for its value."
REST_MILLISECONDS = 120


class SoftTargetCard(PlotCard):
    """The matrix follows the temperature when that rests; it is computed once for each."""

    def __init__(self, theme: Theme, least_height: int) -> None:
        """Empty until :meth:`show_knowledge`."""
        super().__init__(least_height=least_height)
        self._found: DarkKnowledge | None = None
        self._temperature = 1.0
        self._token: Token = 0
        self._targets = np.zeros((0, 0))
        self._rest = QTimer(self, interval=REST_MILLISECONDS, singleShot=True)
        self._rest.timeout.connect(self._compute)
        self.heading = text_label(name="heading")
        self.cell = text_label(POINT, "muted")
        self.diagonal_box = QCheckBox("without the diagonal", checked=True)
        self.diagonal_box.setToolTip("Leaves the right predictions out, so that the wrong ones show.")
        self.diagonal_box.toggled.connect(self._draw)
        self.matrix = MatrixPlot(theme, "Mean soft targets")
        self.matrix.pointed_at.connect(self._tell_cell)
        below = QHBoxLayout()
        below.addWidget(self.cell, 1)
        below.addWidget(self.diagonal_box)
        top = QHBoxLayout()
        top.addWidget(self.heading, 1)
        top.addWidget(SaveButton("this matrix", lambda: self.matrix.saving))
        self.column.addLayout(top)
        self.column.addLayout(below)
        self.add(self.matrix, 1)

    def show_knowledge(self, found: DarkKnowledge, temperature: float, token: Token) -> None:
        """Show the matrix of ``found`` at once, in the colour of ``token``."""
        self._found, self._temperature, self._token = found, temperature, token
        name = found.soft_target_source
        self.heading.setText(f"Mean soft targets of {'the ' if name.isalpha() else ''}{name}")
        self._compute()

    def set_temperature(self, temperature: float) -> None:
        """Follow the temperature soon."""
        self._temperature = temperature
        self._rest.start()

    def _compute(self) -> None:
        if self._found is not None:
            self._targets = self._found.soft_targets(self._temperature)
            self._draw()

    def _draw(self) -> None:
        if self._found is None:
            return
        values = self._targets.copy()
        if self.diagonal_box.isChecked():
            np.fill_diagonal(values, np.nan)
        self.matrix.show_matrix(self._found.predictions.class_names, values, self._token)

    def _tell_cell(self, cell: tuple[int, int] | None) -> None:
        if self._found is None or cell is None:
            self.cell.setText(POINT)
            return
        row, column = (self._found.predictions.class_names[number] for number in cell)
        self.cell.setText(f"Images of {row} get {column} with {self._targets[cell]:.3f} on average.")
