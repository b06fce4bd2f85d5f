"""The run bar's word: why nothing can be run, why a run failed, or what came out; a click leads there."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Signal

from kdstudio.gui.controller import RunController, State
from kdstudio.gui.elided_link import ElidedLink
from kdstudio.gui.spoken import spoken_problem
from kdstudio.problems import Problem
from kdstudio.runs.outcome import outcome_of


class RunWord(ElidedLink):
    """Hidden while there is nothing to say; mistakes in the form come first."""

    mend_wanted = Signal()
    """The form's first mistake is to be shown."""
    failure_wanted = Signal()
    """Why the run has failed is to be told again."""
    outcome_wanted = Signal()
    """What came out is to be shown."""
    told = Signal()
    """Another word than before."""

    def __init__(self, controller: RunController) -> None:
        """Follow ``controller``."""
        super().__init__()
        self._controller = controller
        self._hindrance = self._failure = ""
        self._leads_to = self.outcome_wanted
        self.clicked.connect(lambda: self._leads_to.emit())
        controller.failed.connect(self._note_failure)
        controller.state_changed.connect(self._tell)
        controller.followed.connect(self._tell)
        controller.happened.connect(self._follow)

    @property
    def is_instead(self) -> bool:
        """Tell whether the word stands for where the run is, which would say no more."""
        return bool(self.whole) and not self._controller.state.is_busy

    def show_problems(self, found: Sequence[Problem]) -> None:
        """Say why what is in the form cannot be run; nothing where it can."""
        self._hindrance = hindrance(found)
        self._tell()

    def _note_failure(self, message: str, _details: str) -> None:
        self._failure = message
        self._tell()

    def _follow(self) -> None:
        if self._controller.run_state.is_over:
            self._tell()

    def _tell(self) -> None:
        state, run = self._controller.state, self._controller.follower
        text = tip = ""
        if self._hindrance:
            text, tip, self._leads_to = f"Cannot run: {self._hindrance}", "Show the field", self.mend_wanted
        elif state is State.FAILED:
            failure = (run.state.error if run else "") or self._failure
            text, tip, self._leads_to = failure, "Show the error", self.failure_wanted
        elif run and run.state.is_over and state in (State.FINISHED, State.STOPPED):
            found = outcome_of(run)
            text, self._leads_to = found.sentence, self.outcome_wanted
            tip = "\n".join((*found.remarks, found.doubts, "Show the run"))
        is_mistake = bool(self._hindrance) or state is State.FAILED
        if self.property("mistake") != is_mistake:
            self.setProperty("mistake", is_mistake)
            self.style().polish(self)
        self.show_text(text, tip)
        self.told.emit()


def hindrance(found: Sequence[Problem]) -> str:
    """Say why nothing can be run: ``2 fields need mending. teacher epochs: must be at least 1, not 0``.

    Empty where nothing is wrong.
    """
    if not found:
        return ""
    text = spoken_problem(found[0])
    return text if len(found) == 1 else f"{len(found)} fields need mending. {text}"
