"""How far each claim of the course has come: by the queue, the runs, and what they show."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from PySide6.QtCore import QObject, Signal

from kdstudio.errors import KDStudioError
from kdstudio.gui.background import BackgroundJob
from kdstudio.gui.queue_watch import QueueWatch
from kdstudio.gui.run_index import SharedIndex
from kdstudio.runs.choices import Choice
from kdstudio.runs.failure import failure
from kdstudio.runs.folder import RunFolder
from kdstudio.runs.guesses import Question, question_of
from kdstudio.runs.lecture import Course, Shown, Step, run_among, shown_by, steps
from kdstudio.runs.preset_facts import essence
from kdstudio.runs.presets import plain
from kdstudio.runs.queue.entry import Entry
from kdstudio.runs.state import spoken_duration
from kdstudio.runs.summary import Summary

RUNNING, QUEUED, FAILED, THERE, NOT_RUN = "running", "queued", "failed", "ready", "not run"
SIGNS = {
    RUNNING: "▶",
    QUEUED: "◔",
    FAILED: "✖",
    THERE: "●",
    "shown": "✔",
    "the opposite": "✖",
    "not shown": "–",
    "no statement": "?",
}
"""Of other states than these: ○."""
RESTING = ("stopped", "interrupted")
"""Of the user's own run: what came with the package is shown until it goes on."""
OF_ENTRIES = {"running": RUNNING, "waiting": QUEUED}
Key = tuple[str, RunFolder]
"""A preset, and a run of it."""


@dataclass(frozen=True)
class Lesson:
    """A claim of the course, as it stands now."""

    wanted: Step
    """What Run makes."""
    step: Step
    """What is shown: the same, or until that has been run, a recorded run of another preset of the claim."""
    state: str
    run: RunFolder | None = None
    """The run that shows it; one that was left, or is going on, where none does."""
    left: RunFolder | None = None
    """The user's own, begun and not finished."""
    summary: Summary | None = None
    shown: Shown | None = None
    """What a finished run shows; None until that has been read."""
    message: str = ""
    """Why it has failed."""
    goes_on: str = ""
    """Name of the run that goes on, which may be another than the one shown; empty while there is none."""

    @property
    def number(self) -> int:
        """Of the claim in the lecture."""
        return self.step.lesson.number

    @property
    def question(self) -> Question:
        """What a class is asked of it."""
        return question_of(self.step.claim, self.step.experiment.strategy.comparison)

    @property
    def is_at_work(self) -> bool:
        """Tell whether its run goes on, or waits for its turn."""
        return self.state in (RUNNING, QUEUED)

    @property
    def is_finished(self) -> bool:
        """Tell whether there is a result."""
        return self.summary is not None and self.summary.status == "finished"

    @property
    def is_recorded(self) -> bool:
        """Tell whether the result came with the package."""
        return self.summary is not None and self.summary.recorded

    @property
    def duration(self) -> str:
        """How long its run took, or else takes, as measured elsewhere."""
        took = self.summary.seconds if self.is_finished and self.summary else None
        return spoken_duration(60 * self.wanted.variant.minutes if took is None else took)

    @property
    def time(self) -> str:
        """The same, which is rough before it has run."""
        return self.duration if self.is_finished else f"about {self.duration}"

    def row(self, *, revealed: bool) -> Choice:
        """Tell its state, with the verdict only where that is ``revealed``, time and title."""
        word = self.state
        if word == THERE and revealed and self.shown:
            word = self.shown.judgement.verdict if self.shown.judgement else "no statement"
        state = f"{self.number}   {SIGNS.get(word, '○')} {word}{', recorded' if self.is_recorded else ''}"
        return Choice(self.duration, state, self.step.lesson.title, "", (), "")


class Lessons(QObject):
    """Keeps the course up to date."""

    changed = Signal()

    def __init__(self, course: Course, watch: QueueWatch, index: SharedIndex, parent: QObject) -> None:
        """``course`` is shown by the presets that fit into :meth:`limit`."""
        super().__init__(parent)
        self._course, self._watch, self._index = course, watch, index
        self.steps: list[Step] = []
        self.all: list[Lesson] = []
        """In the order of the course."""
        self._shown: dict[Key, Shown] = {}
        self._essences: dict[str, Mapping[str, object]] = {}
        """That of each entry of the queue, by its key."""
        self._job = BackgroundJob("verdicts", self)
        self._job.done.connect(self._take)

    def limit(self, minutes: float | None) -> None:
        """Choose the presets by the time there is."""
        self.steps = steps(self._course, minutes)
        self.look()

    def look(self) -> None:
        """See what has become of each claim, and read what has not been read."""
        summaries = self._index.summaries
        entries = {key: found for entry in self._watch.entries for key, found in self._of(entry)}
        self.all = [self._lesson(step, summaries, entries) for step in self.steps]
        unread = [
            (each.step, each.run) for each in self.all if each.is_finished and not each.shown and each.run
        ]
        if unread and not self._job.is_busy:
            self._job.start(lambda _progress: read(unread))
        self.changed.emit()

    def _of(self, entry: Entry) -> Iterable[tuple[str, Entry]]:
        """Give the names of presets that an entry is of."""
        if entry.key not in self._essences:
            try:
                self._essences[entry.key] = essence(plain(entry.read()))
            except KDStudioError:  # of a package that is not here
                self._essences[entry.key] = {}
        mine = self._essences[entry.key]
        return [(step.variant.name, entry) for step in self.steps if step.variant.essence == mine]

    def _lesson(
        self, wanted: Step, summaries: Mapping[RunFolder, Summary], entries: Mapping[str, Entry]
    ) -> Lesson:
        mine = [(run, summary) for run, summary in summaries.items() if not summary.recorded]
        recorded = [(run, summary) for run, summary in summaries.items() if summary.recorded]
        own = run_among(wanted.variant.essence, mine)
        status = summaries[own].status if own else "finished"
        chances = [(each, run_among(each.variant.essence, recorded)) for each in (wanted, *wanted.others)]
        chances.insert(len(chances) if status in RESTING else 0, (wanted, own))
        step, run = next((chance for chance in chances if chance[1]), (wanted, None))
        left = own if status != "finished" else None
        summary, entry = summaries[run] if run else None, entries.get(wanted.variant.name)
        shown = self._shown.get((step.variant.name, run)) if run else None
        state, message, goes_on = NOT_RUN, "", ""
        if entry and entry.state in OF_ENTRIES:
            state, goes_on = OF_ENTRIES[entry.state], entry.run
        elif summary and summary.status in ("running", "paused"):
            state, goes_on = RUNNING, summary.name
        elif summary:
            state = THERE if summary.status == "finished" else summary.status
        elif entry and entry.state == "failed":
            state, message = FAILED, entry.message
        return Lesson(wanted, step, state, run, left, summary, shown, message, goes_on)

    def _take(self, found: Mapping[Key, Shown]) -> None:
        self._shown |= found
        self.look()


def read(wanted: Iterable[tuple[Step, RunFolder]]) -> dict[Key, Shown]:
    """Say what runs show; what cannot be read has its reason in the place of a verdict."""
    found = {}
    for step, run in wanted:
        try:
            found[step.variant.name, run] = shown_by(step, run)
        except Exception as error:
            found[step.variant.name, run] = Shown(step, run, fault=failure(error).message)
    return found
