"""Disagreements: which test images teacher, baseline and student answer differently."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from kdstudio.gui.background import BackgroundJob
from kdstudio.gui.layout import GAP, Card, PlotCard, text_label
from kdstudio.gui.pages.learned.image_choice import ImageChoice
from kdstudio.gui.pages.learned.image_list import ImageList, Tile
from kdstudio.gui.pages.learned.mistakes_card import MistakesCard
from kdstudio.gui.pages.learned.network_names import NetworkNames
from kdstudio.gui.pages.reading_stack import ReadingStack
from kdstudio.gui.plots.reliability import Calibration, ReliabilityPlot
from kdstudio.gui.theme import Theme
from kdstudio.runs.colours import Token
from kdstudio.runs.disagreements import Disagreements

MORE = 60
"""Images shown at first, and added by the button."""
SIDE_WIDTH = 320


class DisagreementsPanel(ReadingStack):
    """Filters, the matrix of mistakes and calibration at the left; the images themselves."""

    def __init__(self, theme: Theme, read: Callable[..., object]) -> None:
        """``read`` is :meth:`Explainer.disagreements`."""
        super().__init__(read, "explain")
        self.shown: Disagreements | None = None
        self._tokens: Mapping[str, Token] = {}
        self._coming: Mapping[str, Token] = {}
        self._found: list[int] = []
        self._limit = MORE
        self.found.connect(self._show)
        self.job = BackgroundJob("pictures", self)
        self.job.done.connect(self._show_tiles)
        self.choice = ImageChoice()
        self.choice.changed.connect(self._choose)
        self.mistakes = MistakesCard(theme)
        self.mistakes.chosen.connect(self.choice.take_cell)
        self.calibration = ReliabilityPlot(theme)
        self.images = ImageList(theme)
        self.names = NetworkNames(theme)
        self.count = text_label(name="muted")
        self.more_button = QPushButton(f"Show {MORE} more")
        self.more_button.clicked.connect(self._show_more)
        self.addWidget(self._make_content())

    def _make_content(self) -> QWidget:
        side = QWidget()
        side.setFixedWidth(SIDE_WIDTH)
        plots = QVBoxLayout(side)
        plots.setContentsMargins(0, 0, 0, 0)
        plots.setSpacing(GAP)
        calibration = PlotCard()
        calibration.add(self.calibration, 1)
        plots.addWidget(self.mistakes, 1)
        plots.addWidget(calibration, 1)
        card = Card()
        below = QHBoxLayout()
        below.addWidget(self.count, 1)
        below.addWidget(self.names)
        card.column.addWidget(self.choice)
        card.column.addLayout(below)
        card.add(self.images, 1)
        card.add(self.more_button)
        content = QWidget()
        row = QHBoxLayout(content)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(GAP)
        row.addWidget(side)
        row.addWidget(card, 1)
        return content

    def show_networks(self, tokens: Mapping[str, Token]) -> None:
        """Use the colours of the run that is read from now on; the one in sight keeps its own until then."""
        self._coming = tokens

    def _show(self, found: Disagreements) -> None:
        self.shown, self._tokens = found, self._coming
        lines = {n: Calibration(found.reliability(n), found.calibration_error(n)) for n in found.answers}
        self.calibration.show_networks(lines, self._tokens)
        self.names.show_names(found.answers, self._tokens)
        self.choice.offer(found)

    def _choose(self) -> None:
        """Find the images that are wanted now, and show the first of them."""
        found, choice = self.shown, self.choice
        if found is None:
            return
        self._found = found.images(
            choice.filter, choice.sort, ascending=choice.ascending, true_class=choice.true_class,
            answered=choice.answered, of=choice.network,
        )  # fmt: skip
        self._limit = MORE
        self.mistakes.show_counts(
            found.predictions.class_names,
            np.array(found.confusion(choice.network, choice.filter)),
            choice.network,
            self._tokens[choice.network],
        )
        self._show_images()

    def _show_more(self) -> None:
        self._limit += MORE
        self._show_images()

    def _show_images(self) -> None:
        found, numbers = self.shown, self._found[: self._limit]
        assert found is not None
        self.count.setText(f"{len(numbers):,} of {len(self._found):,} images")
        self.more_button.setVisible(len(numbers) < len(self._found))
        self.job.start(lambda _progress: [tile(found, number) for number in numbers])

    def _show_tiles(self, tiles: list[Tile]) -> None:
        self.images.show_tiles(tiles, self._tokens, with_kl=self.choice.sort == "kl")


def tile(found: Disagreements, number: int) -> Tile:
    """Fetch one image; streamed ones are decoded."""
    far = found.divergences
    return Tile(
        number,
        found.predictions.picture(number),
        found.true_class(number),
        found.answers_to(number),
        None if far is None else float(far[number]),
    )
