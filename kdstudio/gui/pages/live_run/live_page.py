"""The live page: a run while it goes on, wherever it runs, or as it went; another one beside it."""

from __future__ import annotations

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QHideEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QStackedLayout, QVBoxLayout, QWidget

from kdstudio.gui.controller import RunController
from kdstudio.gui.empty_state import EmptyState
from kdstudio.gui.forms.editors import Choices
from kdstudio.gui.html import bold, paragraphs
from kdstudio.gui.layout import GAP, MARGIN, Card, TextLabel, text_label
from kdstudio.gui.pages.live_run.live_plots import LivePlots
from kdstudio.gui.result_strip import ResultStrip, pages_with_more
from kdstudio.gui.run_index import SharedIndex
from kdstudio.gui.run_picker import fill
from kdstudio.gui.run_states import ENDS, State
from kdstudio.gui.theme import Theme
from kdstudio.gui.warnings_strip import WarningsStrip
from kdstudio.runs.folder import RunFolder
from kdstudio.runs.log import RunFollower
from kdstudio.runs.outcome import outcome_of
from kdstudio.runs.presets import DEFAULT_PRESET
from kdstudio.runs.queue.entry import Entry

EMPTY = "Nothing has run yet.\nChoose a preset on the Experiment page and press Run (Ctrl+R)."
POLL_MILLISECONDS = 100
ROOMY = 700
"""Height of the page from which on warnings do not crowd out the plots."""
NOTHING_BESIDE = "nothing"
BUSY = ("running", "paused")


class LivePage(QWidget):
    """Shows the run that the window follows, or another one that is chosen here."""

    page_wanted = Signal(str, object)
    """Name of a page that is to show a run, and the run's folder."""
    settings_wanted = Signal(object)
    """Folder of a run whose settings are to be put into the form."""

    def __init__(self, theme: Theme, controller: RunController, index: SharedIndex) -> None:
        """Empty until there is a run."""
        super().__init__()
        self._controller = controller
        self._index = index
        self._known_to_run: set[RunFolder] = set()
        self.run_box, self.beside_box = Choices(), Choices()
        self.use_button = QPushButton("Use settings…", toolTip="Put this run's settings into the form")
        self.result, self.warnings = ResultStrip(), WarningsStrip()
        self.notices = text_label("", "muted")
        self.notices.hide()
        self.plots = LivePlots(theme)
        self.coming = TextLabel(alignment=Qt.AlignmentFlag.AlignCenter, wordWrap=True)
        """What stands in the place of the figures of a run that has none yet."""
        self.coming.hide()
        self._lay_out()
        self._timer = QTimer(self, interval=POLL_MILLISECONDS)
        self._timer.timeout.connect(self._poll)
        self.run_box.activated.connect(lambda: self.choose(self.run_box.currentData()))
        self.beside_box.activated.connect(self._show_beside)
        self.use_button.clicked.connect(lambda: self.settings_wanted.emit(self.plots.run.folder))
        self.result.wanted.connect(self._want_page)
        controller.followed.connect(self._follow_controller)
        controller.happened.connect(self._follow)
        index.changed.connect(self.refresh)
        self.refresh()

    def _lay_out(self) -> None:
        head = Card()
        head.column.setContentsMargins(MARGIN, 8, MARGIN, 8)
        row = QHBoxLayout()
        row.setSpacing(8)
        for title, box, share in (("Run", self.run_box, 3), ("Beside it", self.beside_box, 3)):
            label = QLabel(title)
            label.setBuddy(box)
            box.setAccessibleName(title)
            row.addWidget(label)
            row.addWidget(box, share)
            row.addSpacing(8)
        row.addWidget(self.use_button)
        head.column.addLayout(row)
        whole = QWidget()
        column = QVBoxLayout(whole)
        column.setContentsMargins(MARGIN, MARGIN, MARGIN, MARGIN)
        column.setSpacing(GAP)
        self._figures = QWidget()
        figures = QVBoxLayout(self._figures)
        figures.setContentsMargins(0, 0, 0, 0)
        figures.setSpacing(GAP)
        for part in (self.result, self.warnings, self.notices):
            figures.addWidget(part)
        figures.addWidget(self.plots, 1)
        column.addWidget(head)
        column.addWidget(self._figures, 1)
        column.addWidget(self.coming, 1)
        self._stack = QStackedLayout(self)
        self._stack.addWidget(EmptyState(EMPTY, (DEFAULT_PRESET,)))
        self._stack.addWidget(whole)

    @property
    def run(self) -> RunFollower | None:
        """The run shown."""
        return self.plots.run

    @property
    def shown_run(self) -> RunFolder | None:
        """Its folder."""
        return self.run.folder if self.run else None

    def refresh(self) -> None:
        """Offer all runs; a run that another process has begun is shown, unless one goes on here."""
        summaries = self._index.summaries
        running = {run for run, summary in summaries.items() if summary.status in BUSY}
        new = [run for run in summaries if run in running - self._known_to_run]
        self._known_to_run = running
        if new and not self._controller.is_at_work and not (self.run and self.run.folder in running):
            self._controller.follow(new[0])
        elif self.run is None and summaries and not self.is_coming:
            self._show(RunFollower(next(iter(summaries))))
        self._fill_boxes()

    @property
    def is_coming(self) -> bool:
        """Tell whether the run shown has no folder yet."""
        return not self.coming.isHidden()

    def _turn(self, coming: Entry | None) -> None:
        """Turn to the figures of a run, or to what has none yet, and nothing of the run before."""
        self._stack.setCurrentIndex(1)
        self._figures.setVisible(coming is None)
        self.coming.setVisible(coming is not None)
        for control in (self.beside_box, self.use_button):
            control.setEnabled(coming is None)
        if coming:
            self.run_box.setPlaceholderText(coming.name)
            self.run_box.setCurrentIndex(-1)
            self._describe(coming)

    def _describe(self, coming: Entry) -> None:
        controller = self._controller
        state = controller.state if controller.is_at_work else ENDS.get(coming.state, State.STOPPED)
        told = ": ".join(filter(None, (state.value, coming.message or controller.doing)))
        self.coming.setText(paragraphs(bold(coming.name), told))

    def _fill_boxes(self) -> None:
        runs = {run: self._index.name_of(run) for run in self._index.summaries}
        if self.run and self.run.folder not in runs:
            gone = "" if self.run.folder.path.exists() else " (deleted)"
            runs[self.run.folder] = self._index.name_of(self.run.folder) + gone
        fill(self.run_box, runs, next(iter(runs), None))
        fill(self.beside_box, {None: NOTHING_BESIDE, **runs}, None)
        if self.is_coming:
            self.run_box.setCurrentIndex(-1)
        elif self.run:
            self.run_box.setCurrentIndex(list(runs).index(self.run.folder))

    def choose(self, folder: RunFolder) -> None:
        """Show the run in ``folder``."""
        self._controller.follow(folder)
        if self.is_coming or self.shown_run != folder:  # something else goes on, and is followed
            is_followed = folder == self._controller.folder
            self._show((is_followed and self._controller.follower) or RunFollower(folder))
            self._fill_boxes()

    def _show_beside(self) -> None:
        folder = self.beside_box.currentData()
        if self.run:
            self._show(self.run, RunFollower(folder) if folder else None)

    def _follow_controller(self) -> None:
        """Turn to the run that the window follows, or prepares."""
        if self._controller.follower:
            self._show(self._controller.follower)
            self._fill_boxes()
        else:
            self._turn(self._controller.prepared)

    def _show(self, run: RunFollower, beside: RunFollower | None = None) -> None:
        self._turn(None)
        for follower in (run, beside):
            if follower is not None and follower is not self._controller.follower:
                follower.poll()
        self.plots.show_runs(run, beside)
        self._take_in()

    def _take_in(self) -> None:
        """Show what has happened since."""
        if self.run:
            self.warnings.show_warnings(self.run.state.warnings)
            notes = self.run.state.notes
            self.notices.setText("\n".join(notes))
            self.notices.setVisible(bool(notes))
            self._show_result(self.run)
        self.plots.follow()

    def _show_result(self, run: RunFollower) -> None:
        """Say what came out, once the run is over, and lead to the pages that have more of it."""
        state = run.state
        found = outcome_of(run) if state.is_over else None
        self.result.show_outcome(found, state.status, pages_with_more(state.networks.values()))

    def _want_page(self, name: str) -> None:
        if self.run:
            self.page_wanted.emit(name, self.run.folder)

    def _follow(self) -> None:
        if self.run and self.run is self._controller.follower:
            self._take_in()

    def _poll(self) -> None:
        """Read on where nobody else does."""
        if self.is_coming and self._controller.prepared:
            self._describe(self._controller.prepared)
        for follower in (self.run, self.plots.beside):
            if follower is not None and follower is not self._controller.follower and follower.poll():
                self._take_in()

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        """Fold the warnings where they would leave no room for the plots."""
        super().resizeEvent(event)
        self.warnings.give_room(self.height() >= ROOMY)

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802
        """Read on while somebody looks."""
        super().showEvent(event)
        self._timer.start()

    def hideEvent(self, event: QHideEvent) -> None:  # noqa: N802
        """Nobody looks."""
        super().hideEvent(event)
        self._timer.stop()
