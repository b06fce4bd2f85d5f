"""The early exits of a run: read and timed in the background, then plotted."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor

from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QStackedLayout, QWidget

from kdstudio.gui.layout import text_label
from kdstudio.gui.plots.cost import CostPlot
from kdstudio.gui.theme import Theme
from kdstudio.runs.dark_knowledge import hindrance
from kdstudio.runs.exits import ExitReport, read_exits
from kdstudio.runs.folder import RunFolder
from kdstudio.runs.session import failure

POLL_MILLISECONDS = 60


class ExitsPanel(QWidget):
    """Accuracy against cost of the run shown; the run read last is kept."""

    def __init__(self, theme: Theme) -> None:
        """Nothing to show yet."""
        super().__init__()
        self.shown: ExitReport | None = None
        self._wanted: RunFolder | None = None
        self._asked: RunFolder | None = None
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="exits")
        self._job: Future[ExitReport] | None = None
        self.plot = CostPlot(theme)
        self.told = text_label("", "muted")
        self.told.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._stack = QStackedLayout(self)
        self._stack.addWidget(self.told)
        self._stack.addWidget(self.plot)
        self._poll = QTimer(self, interval=POLL_MILLISECONDS)
        self._poll.timeout.connect(self._look)

    def show_run(self, run: RunFolder) -> None:
        """Look at the exits of ``run`` once the thread is free."""
        self._wanted = run
        if self._job is None:
            self._begin()

    def _begin(self) -> None:
        if self._wanted is None or self._wanted == self._asked:
            return
        self._asked = self._wanted
        if reason := hindrance(self._asked, "exits"):
            self._tell(reason)
            return
        self._tell("Reading the exits and timing them…")
        self._job = self._thread.submit(read_exits, self._asked)
        self._poll.start()

    def _tell(self, text: str) -> None:
        self.told.setText(text)
        self._stack.setCurrentWidget(self.told)

    def _look(self) -> None:
        job = self._job
        if job is None or not job.done():
            return
        self._poll.stop()
        self._job = None
        error = job.exception()
        if isinstance(error, Exception):
            self._tell(failure(error).message)
        elif self._asked == self._wanted:
            self.shown = job.result()
            self.plot.show_report(self.shown)
            self._stack.setCurrentWidget(self.plot)
        self._begin()
