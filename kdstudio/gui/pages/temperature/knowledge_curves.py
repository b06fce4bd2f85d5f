"""Entropy, gradients and losses against the temperature, side by side."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QWidget

from kdstudio.gui.layout import GAP, PlotCard
from kdstudio.gui.plots.temperature_curves import Line, TemperatureCurves
from kdstudio.gui.theme import Theme
from kdstudio.runs.colours import Token
from kdstudio.runs.dark_knowledge import DarkKnowledge


class KnowledgeCurves(QWidget):
    """Three plots, each with a marker at the temperature in force."""

    def __init__(self, theme: Theme, least_height: int) -> None:
        """Empty until :meth:`show_knowledge`."""
        super().__init__()
        self.entropy = TemperatureCurves(theme, "Entropy of the predictions", "entropy (nats)")
        self.gradient = TemperatureCurves(theme, "The student's gradient", "norm at logits", log=True)
        self.distance = TemperatureCurves(theme, "KL and CE, without T²", "loss (nats)")
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(GAP)
        for plot in self.plots:
            card = PlotCard(least_height=least_height)
            card.add(plot, 1)
            row.addWidget(card, 1)

    @property
    def plots(self) -> tuple[TemperatureCurves, ...]:
        """From left to right."""
        return self.entropy, self.gradient, self.distance

    def show_knowledge(self, found: DarkKnowledge, tokens: Mapping[str, Token]) -> None:
        """Draw the curves of ``found``; ``tokens`` tell the networks' colours."""
        entropies = [Line(name, tokens[name], found.entropies[name]) for name in found.networks]
        for plot, lines in zip(
            self.plots, (entropies, gradient_lines(found), distance_lines(found)), strict=True
        ):
            plot.show_lines(found.temperatures, lines)

    def mark(self, temperature: float) -> None:
        """Move the markers."""
        for plot in self.plots:
            plot.mark(temperature)


def gradient_lines(found: DarkKnowledge) -> list[Line]:
    """KL over CE, with the factor T² and without."""
    if not found.distances:
        return []
    dash = Qt.PenStyle.DashLine
    return [
        Line("T²·CE", "ce_scaled", [d.scaled_ce_gradient for d in found.distances], broad=True),
        Line("T²·KL", "kl_scaled", [d.scaled_kl_gradient for d in found.distances]),
        Line("CE", "ce", [d.ce_gradient for d in found.distances], broad=True),
        Line("KL", "kl", [d.kl_gradient for d in found.distances], dash),
    ]


def distance_lines(found: DarkKnowledge) -> list[Line]:
    """CE and KL; the teacher's entropy lies between them."""
    return [
        Line(name, of, [getattr(d, of) for d in found.distances])
        for name, of in (("CE", "ce"), ("KL", "kl"))
        if found.distances
    ]
