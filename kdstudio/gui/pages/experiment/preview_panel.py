"""What the experiment will build and see, found out in the background a moment after the last change."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QPaintEvent
from PySide6.QtWidgets import QPushButton, QVBoxLayout, QWidget

from kdstudio.engine.experiment import Experiment
from kdstudio.engine.trials import code_run_by
from kdstudio.errors import KDStudioError
from kdstudio.gui.background import BackgroundJob
from kdstudio.gui.layout import GAP, Card, clear, text_label
from kdstudio.gui.pages.experiment.preview_cards import preview_cards
from kdstudio.gui.pages.experiment.samples_dialog import SamplesDialog
from kdstudio.problems import Refusal
from kdstudio.runs.preview import Preview, Previewer

WAIT_MILLISECONDS = 500
LOOKING = "Looking at the experiment …"
OUT_OF_DATE = "Out of date; looking again …"
WOULD_NOT_RUN, NOT_LOOKED = "This would not run", "Not looked at"
MISTAKES = "Out of date: this is the experiment before the mistakes in the form."


class PreviewPanel(QWidget):
    """What stands here is that of the form, or it is greyed and a word says why it is not."""

    refused = Signal(object)
    """The form's experiment would not run: a :class:`Refusal`, with the field that is to blame."""

    def __init__(self) -> None:
        """Nothing to show yet."""
        super().__init__()
        self.shown: Preview | None = None
        self._experiment: Experiment | None = None
        self._looked_at: Experiment | None = None
        self._refusal: Refusal | None = None
        self._allowed = self._painted = False
        self._previewer = Previewer()
        self._job = BackgroundJob("preview", self)
        self._job.done.connect(self._show)
        self._job.failed.connect(self._show_error)
        self._job.progressed.connect(self._say_progress)
        self.word = text_label(name="subheading")
        self._body = QWidget()
        self._cards = QVBoxLayout(self._body)
        column = QVBoxLayout(self)
        column.addWidget(self.word)
        column.addWidget(self._body)
        for layout in (self._cards, column):
            layout.setContentsMargins(0, 0, 0, 0)
            layout.setSpacing(GAP)
        self._wait = QTimer(self, interval=WAIT_MILLISECONDS, singleShot=True)
        self._wait.timeout.connect(self._begin)

    def look_in(self, runs: Path) -> None:
        """Say where weights of other runs are."""
        self._previewer = Previewer(runs)

    @property
    def is_stale(self) -> bool:
        """Tell whether what stands here is of another experiment than the form's."""
        return self._experiment is None or self._experiment != self._looked_at

    def show_experiment(self, experiment: Experiment | None) -> None:
        """Look at ``experiment`` soon; None is a form with mistakes, of which the last look stays."""
        self._experiment = experiment
        self._wait.stop()
        self._job.cancel()
        if experiment is None:
            self._say(MISTAKES if self._looked_at else "")
        elif self.is_stale:
            self._say(OUT_OF_DATE if self._looked_at else LOOKING)
            if self._painted:
                self._wait.start()
        else:
            self._say("")
            if self._refusal:  # changed, and changed back
                self.refused.emit(self._refusal)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        """Look, which loads torch, only once the window has been painted."""
        super().paintEvent(event)
        if not self._painted:
            self._painted = True
            if self._experiment is not None and self.is_stale:
                self._wait.start()

    def _say(self, word: str) -> None:
        """Say why what stands here is not that of the form; nothing where it is."""
        self.word.setText(word)
        self.word.setVisible(bool(word))
        self._body.setEnabled(not self.is_stale)

    def _say_progress(self, what: str, _fraction: float) -> None:
        self._say(f"{OUT_OF_DATE if self._looked_at else LOOKING}\n{what}")

    def _begin(self) -> None:
        experiment = self._experiment
        assert experiment is not None
        if not experiment.data.source.is_here() and not self._allowed:
            self._put(self._download_card(experiment.data.source.name))
            return
        self._allowed = False
        self._job.start(partial(self._previewer.preview, experiment))

    def _put(self, *cards: Card) -> None:
        """Let ``cards`` be what is known of the form's experiment."""
        self._looked_at, self._refusal = self._experiment, None
        clear(self._cards)
        for card in cards:
            self._cards.addWidget(card)
        self._say("")

    def _download_card(self, name: str) -> Card:
        card = Card("Data")
        card.add(
            text_label(f"'{name}' is not on this machine yet. It is downloaded when you press Run, or now:")
        )
        button = QPushButton("Download and look")
        button.clicked.connect(self._download)
        card.column.addWidget(button, 0, Qt.AlignmentFlag.AlignLeft)
        return card

    def _download(self) -> None:
        self._allowed = True
        self._look_again()

    def _show_error(self, error: Exception) -> None:
        """Tell why it would not run; code of the user's is not run for a look, but may be for a run."""
        experiment = self._experiment
        assert experiment is not None
        card = Card(NOT_LOOKED if (code := code_run_by(experiment)) else WOULD_NOT_RUN)
        known = isinstance(error, KDStudioError)
        message = str(error) if known else f"{type(error).__name__}: {error}"
        card.add(text_label(message, "" if code else "error"))
        again = QPushButton("Look again")
        again.clicked.connect(self._look_again)
        card.column.addWidget(again, 0, Qt.AlignmentFlag.AlignLeft)
        self._put(card)
        if not code:
            self._refusal = Refusal(getattr(error, "field", ()), message)
            self.refused.emit(self._refusal)

    def _look_again(self) -> None:
        self._looked_at = None
        self._say(LOOKING)
        self._begin()

    def _show(self, found: Preview) -> None:
        self.shown = found
        self._put(*preview_cards(found, self.devicePixelRatioF(), self.enlarge))

    def enlarge(self, role: str) -> SamplesDialog:
        """Open the samples of the network in ``role`` as large as they deserve."""
        assert self.shown is not None
        assert self._looked_at is not None
        samples = partial(self._previewer.samples, self._looked_at)
        dialog = SamplesDialog(samples, list(self.shown.networks), role, self)
        dialog.open()
        return dialog
