"""The lecture: its claims one after the other, each guessed, run, and revealed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QStackedLayout,
    QVBoxLayout,
    QWidget,
)

from kdstudio.declaration import ProgressCallback
from kdstudio.errors import KDStudioError
from kdstudio.gui.controller import RunController
from kdstudio.gui.empty_state import EmptyState
from kdstudio.gui.forms.editors import Choices
from kdstudio.gui.in_sight import InSight
from kdstudio.gui.layout import GAP, MARGIN, scrolled, text_label
from kdstudio.gui.pages.lecture.claim_slide import ClaimSlide
from kdstudio.gui.pages.lecture.claim_view import ClaimView
from kdstudio.gui.pages.lecture.course_list import CourseList
from kdstudio.gui.pages.lecture.lessons import RUNNING, Lesson, Lessons, read
from kdstudio.gui.pages.run_writer import RunWriter, Writing
from kdstudio.gui.permission import once_allowed
from kdstudio.gui.presentation.slide import Slide
from kdstudio.gui.run_index import SharedIndex
from kdstudio.gui.theme import Theme
from kdstudio.runs.failure import failure
from kdstudio.runs.folder import RunFolder
from kdstudio.runs.guesses import Guess
from kdstudio.runs.kept_guesses import keep_guesses, read_guesses
from kdstudio.runs.lecture import Step, course_table, lecture, minutes_of
from kdstudio.runs.report.page import write_report
from kdstudio.runs.state import spoken_duration

TIMES = {"45 minutes": 45.0, "20 minutes": 20.0, "10 minutes": 10.0, "all the time it takes": None}
SIDE_WIDTH = 286


class LecturePage(QWidget):
    """The claims of the lecture, in order: let the class guess, run the experiment, reveal what came out."""

    page_wanted = Signal(str, object)
    """Name of a page that is to show a run, and the run's folder."""
    complained = Signal(str, str)

    def __init__(self, theme: Theme, controller: RunController, index: SharedIndex) -> None:
        """Run through ``controller``, and find results in ``index``; the course is the package's."""
        super().__init__()
        self._controller = controller
        self.index = index
        self.guesses: dict[int, Guess] = {}
        """By the claims' numbers; they are kept beside the runs."""
        self.revealed: set[int] = set()
        self.list = CourseList()
        self.setFocusProxy(self.list)
        self.time_box = Choices()
        self.time_box.setAccessibleName("Time there is")
        self.total, self.remark = text_label(name="muted"), text_label(name="muted")
        self.at_once = QCheckBox("Show results at once")
        self.at_once.setToolTip("Do not wait for a guess and for Reveal")
        self.all_button = QPushButton("Run all", toolTip="Put every claim in line that has no result yet")
        self.report_button = QPushButton("Report…", toolTip="Write what came out as one HTML file")
        self.view = ClaimView(theme)
        self._stack = QStackedLayout(self)
        try:
            self.lessons = Lessons(lecture(), controller.watch, index, self)
            self.lessons.limit(next(iter(TIMES.values())))
        except KDStudioError as error:
            self._stack.addWidget(EmptyState(str(error)))
            return
        self._stack.addWidget(self._make_content())
        self._connect()
        self._read_guesses()
        self._show_total()
        self.refresh()

    def _make_content(self) -> QWidget:
        side = QWidget()
        side.setFixedWidth(SIDE_WIDTH)
        column = QVBoxLayout(side)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addWidget(QLabel("Lecture", objectName="title"))
        time = QHBoxLayout()
        label = QLabel("In")
        label.setBuddy(self.time_box)
        time.addWidget(label)
        time.addWidget(self.time_box, 1)
        column.addLayout(time)
        column.addWidget(self.total)
        column.addWidget(self.remark)
        column.addWidget(self.list, 1)
        column.addWidget(self.at_once)
        buttons = QHBoxLayout()
        buttons.addWidget(self.all_button, 1)
        buttons.addWidget(self.report_button, 1)
        column.addLayout(buttons)
        content = QWidget()
        row = QHBoxLayout(content)
        row.setContentsMargins(MARGIN, MARGIN, MARGIN, MARGIN)
        row.setSpacing(GAP)
        row.addWidget(side)
        row.addWidget(scrolled(self.view), 1)
        return content

    def _connect(self) -> None:
        for text, minutes in TIMES.items():
            self.time_box.addItem(text, minutes)
        look = InSight(self, self.lessons.look)
        self.index.changed.connect(look.look)
        self._controller.watch.changed.connect(look.look)
        self.lessons.changed.connect(self.refresh)
        progress = InSight(self, self._show_progress)
        for told in (self._controller.state_changed, self._controller.happened, self._controller.followed):
            told.connect(progress.look)
        self.time_box.currentIndexChanged.connect(self._limit)
        self.list.turned.connect(self._show_chosen)
        self.at_once.toggled.connect(self.refresh)
        self.all_button.clicked.connect(self.run_all)
        self.report_button.clicked.connect(self.report)
        self.view.guessed.connect(self._keep_guess)
        self.view.run_wanted.connect(self.run)
        self.view.reveal_wanted.connect(self.reveal)
        self.view.moved.connect(self.move_on)
        self.view.page_wanted.connect(self._want_page)

    @property
    def lesson(self) -> Lesson:
        """The claim in sight."""
        return self.lessons.all[self.list.row]

    @property
    def shown_run(self) -> RunFolder | None:
        """The run of the claim in sight, once that is revealed."""
        return self.lesson.run if self.is_revealed(self.lesson) else None

    @property
    def hides_result(self) -> bool:
        """Tell whether the claim in sight still waits for the guess, or for its result."""
        return self.view.isVisible() and self.view.verdict.isHidden()

    def slides(self) -> Sequence[Slide]:
        """What a hall is shown first: the claim, until what came out is revealed."""
        return [ClaimSlide(self)] if self.hides_result else []

    def is_revealed(self, lesson: Lesson) -> bool:
        """Tell whether its result may be shown."""
        return self.at_once.isChecked() or lesson.number in self.revealed

    def refresh(self) -> None:
        """Show the course as it stands; the claim in sight stays so."""
        every = self.lessons.all
        self.list.show_rows([lesson.row(revealed=self.is_revealed(lesson)) for lesson in every])
        self.all_button.setEnabled(bool(self._undone()))
        self.report_button.setEnabled(any(lesson.is_finished for lesson in every))
        self._show_chosen()

    def _show_chosen(self) -> None:
        lesson, row = self.lesson, self.list.row
        last = len(self.lessons.all) - 1
        place = f"Claim {lesson.number}, {row + 1} of {last + 1}"
        self.view.previous_button.setEnabled(row > 0)
        self.view.next_button.setEnabled(row < last)
        guess, revealed = self.guesses.get(lesson.number), self.is_revealed(lesson)
        self.view.show_lesson(lesson, place, guess, revealed=revealed)
        self._show_progress()

    def _show_progress(self) -> None:
        """Say how far the run of the claim in sight is."""
        self.view.progress.show_progress(*progress_of(self.lesson, self._controller))

    def _limit(self) -> None:
        """Choose the presets by the time there is."""
        self.lessons.limit(self.time_box.currentData())
        self._show_total()

    def _show_total(self) -> None:
        """Say how long all claims take."""
        minutes, taken = self.time_box.currentData(), minutes_of(self.lessons.steps)
        shortest = "at their shortest " if minutes is not None and taken > minutes else ""
        self.total.setText(f"{len(self.lessons.steps)} claims, {shortest}about {taken:.3g} min")

    def move_on(self, by: int) -> None:
        """Turn to the claim so many further on."""
        self.list.choose(self.list.row + by)

    def _keep_guess(self, guess: Guess) -> None:
        self.guesses[self.lesson.number] = guess
        self._told(lambda: keep_guesses(self._runs, self.guesses))

    def _read_guesses(self) -> None:
        self._told(lambda: self.guesses.update(read_guesses(self._runs)))

    def _told(self, act: Callable[[], None]) -> None:
        """Read or write guesses; where that is not possible a remark says so, and the lecture goes on."""
        self.remark.setText("")
        try:
            act()
        except KDStudioError as error:
            self.remark.setText(f"{error}.")
        self.remark.setVisible(bool(self.remark.text()))

    @property
    def _runs(self) -> Path:
        return self._controller.watch.queue.runs

    def reveal(self, wanted: bool = True) -> None:
        """Show the result of the claim in sight, now or when it is there; or hide it again."""
        if wanted:
            self.revealed.add(self.lesson.number)
        else:
            self.at_once.setChecked(False)
            self.revealed.discard(self.lesson.number)
        self.refresh()

    def run(self) -> None:
        """Put the claim in sight in line; one that was left goes on."""
        self._run([self.lesson])

    def run_all(self) -> None:
        """Put every claim in line that has no result of this machine, in order."""
        self._run(self._undone())

    def _undone(self) -> list[Lesson]:
        """Claims to be run; what came with the package is shown, and made anew."""
        done = [each for each in self.lessons.all if each.is_finished and not each.is_recorded]
        return [each for each in self.lessons.all if not each.is_at_work and each not in done]

    def _run(self, lessons: Sequence[Lesson]) -> None:
        experiments = [lesson.wanted.experiment for lesson in lessons]
        once_allowed(self, experiments, partial(self._line_up, lessons))

    def _line_up(self, lessons: Iterable[Lesson], *, allow_code: bool) -> None:
        for lesson in lessons:
            if lesson.left:
                self._controller.resume_folder(lesson.left, allow_code=allow_code)
            else:
                self._controller.run(lesson.wanted.experiment, allow_code=allow_code)
        self.lessons.look()

    def report(self) -> None:
        """Ask where to, and write what came out of every claim that has been run."""
        found = [(each.step, each.run) for each in self.lessons.all if each.run and each.is_finished]
        writing = Writing("Report", "html", "HTML report (*.html)", partial(write_course, found))
        self.writer = RunWriter(self, writing)
        self.writer.failed.connect(self._complain)
        self.writer.ask([run for _step, run in found])

    def _complain(self, error: Exception) -> None:
        told = failure(error)
        self.complained.emit(told.message, told.details)

    def _want_page(self, name: str) -> None:
        if self.lesson.run:
            self.page_wanted.emit(name, self.lesson.run)


def progress_of(lesson: Lesson, controller: RunController) -> tuple[str, float | None]:
    """Say how far the run of ``lesson`` is, and what part of it is done; nothing unless it is followed."""
    if lesson.state == RUNNING and not lesson.goes_on and controller.prepared:
        return controller.doing, None
    folder, run = controller.folder, controller.run_state
    if lesson.state != RUNNING or folder is None or folder.name != lesson.goes_on or not run.place:
        return "", None
    return f"{run.place}  ·  {spoken_duration(run.seconds_left())} left", run.fraction


def write_course(
    found: Iterable[tuple[Step, RunFolder]],
    runs: Sequence[RunFolder],
    path: Path,
    progress: ProgressCallback,
) -> Path:
    """Write the report of ``runs``, which show the claims of these steps, to ``path``."""
    claims = course_table(read(found).values())
    return write_report(runs, path, progress, claims=claims, replace=True)
