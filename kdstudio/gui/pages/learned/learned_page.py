"""The page of what was learned: try a picture, look at disagreements, and at fidelity."""

from __future__ import annotations

from PySide6.QtWidgets import QHBoxLayout, QLabel, QStackedWidget, QTabBar, QWidget

from kdstudio.gui.layout import MARGIN, Card
from kdstudio.gui.pages.learned.disagreements_panel import DisagreementsPanel
from kdstudio.gui.pages.learned.fidelity_panel import FidelityPanel
from kdstudio.gui.pages.learned.try_panel import TryPanel
from kdstudio.gui.pages.reading_page import choices
from kdstudio.gui.pages.run_page import RunPage
from kdstudio.gui.pages.temperature.temperature_page import finished_networks
from kdstudio.gui.run_index import SharedIndex
from kdstudio.gui.run_picker import RunPicker
from kdstudio.gui.theme import Theme
from kdstudio.runs.comparison import main_reference, main_result
from kdstudio.runs.explaining import Explainer
from kdstudio.runs.network_colours import series_by_name

EMPTY = (
    "No run with a trained network yet.\nChoose a preset on the Experiment page and press Run (Ctrl+R); here "
    "you will draw or drop pictures\nfor its networks to answer, and see where teacher and student disagree."
)


class LearnedPage(RunPage):
    """What the networks of a finished run have learned, in three panels; only the one in sight reads."""

    def __init__(self, theme: Theme, index: SharedIndex) -> None:
        """Offer the runs of ``index``."""
        defaults = {"Teacher": main_reference, "Student": main_result}
        super().__init__(RunPicker(index, finished_networks, defaults), EMPTY)
        explainer = Explainer()
        self.trying = TryPanel(theme)
        self.disagreements = DisagreementsPanel(theme, explainer.disagreements)
        self.fidelity = FidelityPanel(theme, explainer.fidelity)
        self.panels = QStackedWidget()
        self.tabs = QTabBar()
        self.tabs.setAccessibleName("What is shown")
        for title, panel in {
            "Try it": self.trying,
            "Disagreements": self.disagreements,
            "Fidelity": self.fidelity,
        }.items():
            self.tabs.addTab(title)
            self.panels.addWidget(panel)
        self.trying.complained.connect(self.complained)
        for panel in (self.disagreements, self.fidelity):
            panel.failed.connect(self._complain)
        self.tabs.currentChanged.connect(self._turn)
        self._lay_out(self._make_head(), self.panels)

    def _make_head(self) -> QWidget:
        card = Card()
        card.column.setContentsMargins(MARGIN, 8, MARGIN, 4)
        card.column.addLayout(choices(self.picker))
        card.add(self.picker.recording)
        row = QHBoxLayout()
        row.addWidget(QLabel("What was learned", objectName="title"))
        row.addSpacing(8)
        row.addWidget(self.tabs)
        row.addStretch(1)
        card.column.addLayout(row)
        return card

    def _turn(self, place: int) -> None:
        self.panels.setCurrentIndex(place)
        self._follow()

    def _follow(self) -> None:
        super()._follow()
        panels = (self.trying, self.disagreements, self.fidelity)
        run = self.picker.run
        if run is None:
            for panel in panels:
                panel.reader.forget()
            return
        teacher, student = self.picker.networks
        wishes = ((student, teacher), (student, teacher), (student,))
        place = self.tabs.currentIndex()
        panels[place].show_networks(series_by_name(self.picker.summary.identities))
        panels[place].reader.want(run, *wishes[place])
