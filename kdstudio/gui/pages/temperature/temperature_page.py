"""The temperature page: what T does to a run's predictions, and to the student's gradients."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PySide6.QtGui import QPixmapCache
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from kdstudio.gui.layout import GAP, PlotCard, scrolled
from kdstudio.gui.pages.reading_page import ReadingPage
from kdstudio.gui.pages.temperature.figure_card import FigureCard
from kdstudio.gui.pages.temperature.knowledge_curves import KnowledgeCurves
from kdstudio.gui.pages.temperature.sample_card import SampleCard
from kdstudio.gui.pages.temperature.soft_target_card import SoftTargetCard
from kdstudio.gui.pages.temperature.temperature_control import HIGHEST, LOWEST, TemperatureControl
from kdstudio.gui.pages.temperature.temperature_slide import TemperatureSlide
from kdstudio.gui.plots.softened import SoftenedBars
from kdstudio.gui.presentation.slide import Slide
from kdstudio.gui.run_index import SharedIndex
from kdstudio.gui.run_picker import RunPicker, saved_networks
from kdstudio.gui.theme import Theme
from kdstudio.runs.colours import Token
from kdstudio.runs.comparison import main_reference, main_result
from kdstudio.runs.dark_knowledge import DarkKnowledge, DarkKnowledgeReader
from kdstudio.runs.folder import RunFolder
from kdstudio.runs.network_colours import series_by_name
from kdstudio.runs.summary import Summary

EMPTY = (
    "No run with a trained network yet.\nChoose a preset on the Experiment page and press Run (Ctrl+R); "
    "here you will see\nwhat its networks know about the wrong predictions."
)
TEMPERATURES = tuple(float(t) for t in np.geomspace(LOWEST, HIGHEST, 41))
PIXELS_KEPT = 65536
"""Kilobytes; Qt's own 10 MB do not hold the curves and axes of this page on a screen of high resolution."""
ROW_HEIGHT = 240
HEIGHT_WITH_FIGURE = 1140
MOST_ROWS = 12


class TemperaturePage(ReadingPage):
    """Softened predictions of a teacher and a student, image by image and on average."""

    def __init__(self, theme: Theme, index: SharedIndex) -> None:
        """Offer the runs of ``index``."""
        defaults = {"Teacher": main_reference, "Student": main_result}
        picker = RunPicker(index, finished_networks, defaults)
        super().__init__(picker, EMPTY, DarkKnowledgeReader().read, "temperature")
        QPixmapCache.setCacheLimit(PIXELS_KEPT)
        self.shown: DarkKnowledge | None = None
        self._tokens: dict[str, Token] = {}
        self._rows: list[int] = []
        self.temperature = TemperatureControl()
        self.temperature.changed.connect(self._show_temperature)
        self.samples = SampleCard(ROW_HEIGHT)
        self.samples.changed.connect(self._show_sample)
        self.bars = SoftenedBars(theme, "Softened probabilities")
        self.soft_targets = SoftTargetCard(theme, ROW_HEIGHT)
        self.curves = KnowledgeCurves(theme, ROW_HEIGHT)
        self.figure = FigureCard(theme)
        self._lay_out_reading(self._make_content())
        self.head.addWidget(self.temperature, 5)

    def _make_content(self) -> QWidget:
        bars = PlotCard(least_height=ROW_HEIGHT)
        bars.add(self.bars, 1)
        top = QHBoxLayout()
        top.setSpacing(GAP)
        top.addWidget(self.samples)
        top.addWidget(bars, 1)
        top.addWidget(self.soft_targets, 1)
        self._content = QWidget()
        column = QVBoxLayout(self._content)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GAP)
        column.addLayout(top, 6)
        column.addWidget(self.curves, 5)
        column.addWidget(self.figure)
        return scrolled(self._content)

    def slides(self) -> Sequence[Slide]:
        """What a hall is shown first: answers that move with the temperature."""
        return [TemperatureSlide(self)] if self.shown is not None and self.bars.isVisible() else []

    def _follow(self) -> None:
        super()._follow()
        if self.picker.run is not None:
            has_figure = self.figure.show_run(self.picker.summary)
            self._content.setMinimumHeight(HEIGHT_WITH_FIGURE if has_figure else 0)

    def _wish(self) -> tuple[object, ...]:
        teacher, student = self.picker.networks
        return TEMPERATURES, student, teacher

    def _show(self, found: DarkKnowledge) -> None:
        self.shown = found
        self._tokens = series_by_name(self.picker.summary.identities)
        self.curves.show_knowledge(found, self._tokens)
        self.curves.mark(self.temperature.value)
        self.soft_targets.show_knowledge(
            found, self.temperature.value, self._tokens[found.soft_target_source]
        )
        self.samples.show_knowledge(found)

    def _show_temperature(self, temperature: float) -> None:
        """Move what is quick to move, bars and markers; the matrix follows."""
        self._show_bars()
        self.curves.mark(temperature)
        self.soft_targets.set_temperature(temperature)

    def _show_sample(self) -> None:
        found, sample = self.shown, self.samples.sample
        assert found is not None
        names, truth = found.predictions.class_names, int(found.predictions.labels[sample])
        self._rows = likeliest(found, sample)
        rows = [f"✓ {names[row]}" if row == truth else names[row] for row in self._rows]
        self.bars.show_rows(
            rows,
            {name: f"{name} says {found.answer(name, sample)}" for name in found.networks},
            self._tokens,
        )
        self._show_bars()

    def _show_bars(self) -> None:
        if self.shown is not None:
            softened = self.shown.softened(self.samples.sample, self.temperature.value)
            self.bars.set_lengths({name: values[self._rows] for name, values in softened.items()})


def finished_networks(run: RunFolder, summary: Summary) -> dict[str, str]:
    """Offer the networks of a run that is not going on."""
    if summary.status in ("running", "paused"):
        return {}
    return {name: name for name in saved_networks(run, summary)}


def likeliest(found: DarkKnowledge, sample: int) -> list[int]:
    """Numbers of the classes to show: all, or of many the likeliest and the true one, in their order."""
    logits = found.predictions.logits[found.soft_target_source][sample]
    if len(logits) <= MOST_ROWS:
        return list(range(len(logits)))
    chosen = {int(found.predictions.labels[sample])}
    chosen |= {int(found.predictions.logits[name][sample].argmax()) for name in found.networks}
    for number in logits.argsort(descending=True).tolist():
        if len(chosen) == MOST_ROWS:
            break
        chosen.add(number)
    return sorted(chosen)
