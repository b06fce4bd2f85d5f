"""What came of a claim: the verdict with its figures, the guess beside what was measured, and the plots."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QFrame, QGridLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from kdstudio.gui.flow_layout import FlowLayout
from kdstudio.gui.layout import GAP, MARGIN, PlotCard, text_label
from kdstudio.gui.pages.compare.entries import Entry
from kdstudio.gui.pages.compare.run_figures import RunFigures
from kdstudio.gui.pages.lecture.lessons import SIGNS
from kdstudio.gui.plots.guess import GuessPlot
from kdstudio.gui.result_strip import PAGES, pages_with_more
from kdstudio.gui.theme import Theme
from kdstudio.runs.finding_words import spoken_findings
from kdstudio.runs.guesses import Guess, Question, answer, asked
from kdstudio.runs.labels import NOTHING
from kdstudio.runs.lecture import Shown

LINKS = ("Live", *PAGES)
GUESS_HEIGHT, ROW_HEIGHT, FIGURES_HEIGHT = 176, 20, 230
"""Least heights of the plots, in pixels; of the first with what each network measured adds to it."""
BROAD = 740
"""Width from which on the plots stand beside each other."""


class VerdictCard(QWidget):
    """Shows one claim's result at a time."""

    page_wanted = Signal(str)
    """Name of a page that has more of the run."""

    def __init__(self, theme: Theme) -> None:
        """Empty."""
        super().__init__()
        self._told: tuple[Shown, Guess | None] | None = None
        self.sign = QLabel(objectName="state")
        self.sentence, self.remarks = text_label(name="subject"), text_label()
        self.links = {
            name: QPushButton(name, toolTip=f"Turn to this run on the {name} page") for name in LINKS
        }
        for name, button in self.links.items():
            button.clicked.connect(lambda _checked, page=name: self.page_wanted.emit(page))
        self.guess = GuessPlot(theme)
        self.figures = RunFigures(theme)
        self._guess_card, self._figures_card = PlotCard("", GUESS_HEIGHT), PlotCard("", FIGURES_HEIGHT)
        self._guess_card.add(self.guess, 1)
        self._figures_card.add(self.figures, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GAP)
        column.addWidget(self._make_strip())
        self._plots = QBoxLayout(QBoxLayout.Direction.TopToBottom)
        self._plots.setSpacing(GAP)
        self._plots.addWidget(self._guess_card, 2)
        self._plots.addWidget(self._figures_card, 3)
        column.addLayout(self._plots, 1)

    def _make_strip(self) -> QWidget:
        strip = QFrame(objectName="result")
        grid = QGridLayout(strip)
        grid.setContentsMargins(MARGIN, 8, MARGIN, 8)
        grid.setHorizontalSpacing(10)
        grid.setVerticalSpacing(4)
        grid.setColumnStretch(1, 1)
        grid.addWidget(self.sign, 0, 0, Qt.AlignmentFlag.AlignTop)
        grid.addWidget(self.sentence, 0, 1)
        grid.addWidget(self.remarks, 1, 1)
        links = FlowLayout()
        for button in self.links.values():
            links.addWidget(button)
        grid.addLayout(links, 2, 1)
        return strip

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        """Put the plots beside each other where there is room."""
        super().resizeEvent(event)
        way = QBoxLayout.Direction
        self._plots.setDirection(way.LeftToRight if self.width() >= BROAD else way.TopToBottom)

    def show_result(self, shown: Shown, question: Question, guess: Guess | None) -> None:
        """Show what a run shows of its claim, or why that cannot be said."""
        if self._told and self._told[0] is shown and self._told[1] == guess:
            return
        self._told = shown, guess
        judgement, summary, run = shown.judgement, shown.summary, shown.run
        remarks = shown.fault and f"{shown.fault.rstrip('.')}. Run makes it anew."
        if judgement:
            remarks = answer(question, guess, judgement)
            findings = asked(question, judgement)
            self.guess.show_guess(question, guess, findings)
            self._guess_card.setMinimumHeight(GUESS_HEIGHT + ROW_HEIGHT * len(findings))
        self.sign.setText(SIGNS[judgement.verdict if judgement else "no statement"])
        said = judgement and f"{judgement.verdict.capitalize()}: {spoken_findings(judgement)}."
        self.sentence.setText(said or "No statement")
        self.remarks.setText(remarks)
        self.remarks.setVisible(bool(remarks))
        self._guess_card.setVisible(judgement is not None)
        self._figures_card.setVisible(summary is not None)
        pages = ["Live", *pages_with_more(summary.networks.values())] if summary else []
        for name, button in self.links.items():
            button.setVisible(name in pages)
        if summary and run:
            self.figures.show_entries([Entry({run: summary}, NOTHING)])
