"""The claim in sight: what is said, the guess, and, once that is revealed, what came out."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QShortcut
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from kdstudio.gui.html import joined, lines
from kdstudio.gui.layout import GAP, Card, text_label
from kdstudio.gui.pages.lecture.guess_control import GuessControl
from kdstudio.gui.pages.lecture.lessons import FAILED, NOT_RUN, QUEUED, RUNNING, Lesson
from kdstudio.gui.pages.lecture.progress_line import ProgressLine
from kdstudio.gui.pages.lecture.verdict_card import VerdictCard
from kdstudio.gui.theme import Theme
from kdstudio.runs.guesses import Guess, Question

RUN, RUN_AGAIN = "Run this claim", "Run it again"
REVEAL, HIDE = "Reveal", "Hide again"
REVEAL_KEYS = "Alt+Down"
SAID = {
    NOT_RUN: "Let the class guess, then press Run. It is trained here in {time}.",
    QUEUED: "It waits for its turn; the Queue page changes the order. Guess meanwhile.",
    RUNNING: "It is being trained; the Live page draws its curves. Guess meanwhile; what is revealed now "
    "shows when it is done.",
    "interrupted": "It was left in mid-run. Run goes on from its last checkpoint.",
    "stopped": "It was stopped with a checkpoint. Run goes on from there.",
    FAILED: "It has failed: {message}. Mend that, then press Run.",
}
"""What stands in place of the result, by the state."""
HIDDEN = "The result is there. Let the class guess, then press Reveal."
READING = "The result is being read…"


class ClaimView(QWidget):
    """Shows one claim; what is done with it is the page's."""

    guessed = Signal(object)
    run_wanted = Signal()
    reveal_wanted = Signal(bool)
    """True to show the result, False to hide it again."""
    moved = Signal(int)
    """By how many claims to go on."""
    page_wanted = Signal(str)

    def __init__(self, theme: Theme) -> None:
        """Empty."""
        super().__init__()
        self._lesson: Lesson | None = None
        self.place = QLabel(objectName="subheading")
        self.statement = text_label(name="statement")
        self.about = text_label(name="muted")
        self.question = text_label()
        self.control = GuessControl()
        self.message = text_label(name="muted")
        self.message.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.progress = ProgressLine()
        self.verdict = VerdictCard(theme)
        self.run_button = QPushButton(RUN, objectName="primary")
        self.reveal_button = QPushButton(REVEAL)
        self.previous_button, self.next_button = QPushButton("Previous"), QPushButton("Next")
        for button, keys, tip in (
            (self.previous_button, "Alt+Left", "The claim before"),
            (self.next_button, "Alt+Right", "The next claim"),
        ):
            button.setShortcut(keys)
            button.setToolTip(f"{tip} ({keys})")
        self.reveal_button.setToolTip(f"Show what came out, or hide it again ({REVEAL_KEYS})")
        QShortcut(REVEAL_KEYS, self, self.reveal_button.click)  # a button loses its own with its text
        self._lay_out()
        self.control.guessed.connect(self.guessed)
        self.verdict.page_wanted.connect(self.page_wanted)
        self.run_button.clicked.connect(self.run_wanted)
        self.reveal_button.clicked.connect(
            lambda: self.reveal_wanted.emit(self.reveal_button.text() == REVEAL)
        )
        self.previous_button.clicked.connect(lambda: self.moved.emit(-1))
        self.next_button.clicked.connect(lambda: self.moved.emit(1))

    def _lay_out(self) -> None:
        said, self._asked = Card(), Card()
        top = QHBoxLayout()
        top.addWidget(self.place)
        top.addStretch(1)
        top.addWidget(self.run_button)
        top.addWidget(self.reveal_button)
        top.addSpacing(GAP)
        top.addWidget(self.previous_button)
        top.addWidget(self.next_button)
        said.column.addLayout(top)
        said.add(self.statement)
        said.add(self.about)
        self._asked.add(self.question)
        self._asked.add(self.control)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(GAP)
        whole.addWidget(said)
        whole.addWidget(self._asked)
        whole.addWidget(self.progress)
        whole.addWidget(self.message, 1)
        whole.addWidget(self.verdict, 1)

    def show_lesson(self, lesson: Lesson, place: str, guess: Guess | None, *, revealed: bool) -> None:
        """Show ``lesson``, at its ``place`` of the course, with what was guessed of it."""
        question = lesson.question
        is_other = self._lesson is None or self._lesson.step != lesson.step
        self._lesson = lesson
        self.place.setText(place)
        self.statement.setText(lesson.step.claim.statement)
        self.about.setText(_about(lesson))
        if is_other:
            self.question.setText(f"Guess: {question.text}")
            self.control.ask(question, guess)
        self._show_result(lesson, question, guess, revealed=revealed)

    def _show_result(
        self, lesson: Lesson, question: Question, guess: Guess | None, *, revealed: bool
    ) -> None:
        is_shown = revealed and lesson.is_finished and not lesson.is_at_work
        self._asked.setHidden(is_shown)
        self.run_button.setText(RUN_AGAIN if lesson.is_finished and not lesson.is_recorded else RUN)
        self.run_button.setEnabled(not lesson.is_at_work)
        self.reveal_button.setText(HIDE if revealed else REVEAL)
        self.reveal_button.setEnabled(revealed or lesson.is_finished or lesson.is_at_work)
        has_verdict = is_shown and lesson.shown is not None
        if has_verdict and lesson.shown:
            self.verdict.show_result(lesson.shown, question, guess)
        self.message.setText(_said(lesson, revealed=revealed))
        self.message.setHidden(has_verdict)
        self.verdict.setVisible(has_verdict)


def _said(lesson: Lesson, *, revealed: bool) -> str:
    if lesson.is_finished and not lesson.is_at_work:
        return READING if revealed else HIDDEN
    message = lesson.message.rstrip(".")
    return SAID.get(lesson.state, SAID[NOT_RUN]).format(time=lesson.time, message=message)


def _about(lesson: Lesson) -> str:
    """The slide's words, the published figure, and what is run."""
    claim, variant, experiment = lesson.step.claim, lesson.step.variant, lesson.step.experiment
    lacks = experiment.data.source.lacks()
    seeds = "1 seed" if experiment.seeds == 1 else f"{experiment.seeds} seeds"
    recording = lesson.summary.recording if lesson.summary and lesson.is_recorded else ""
    other = "" if lesson.wanted == lesson.step else f"Run makes {lesson.wanted.variant.name}"
    if lesson.is_recorded and lesson.left and not lesson.is_at_work:
        other = f"Run goes on with {lesson.left.name}, which was left"
    facts = (variant.name, seeds, lesson.time, recording, lacks and f"needs {lacks}", other)
    return lines(
        claim.slide and f"“{claim.slide}”",
        claim.published and f"Published: {claim.published}",
        joined(filter(None, facts), "  ·  "),
    )
