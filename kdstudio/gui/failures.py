"""What has gone wrong, told in one dialog at a time that leads to where it can be mended."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Protocol

from PySide6.QtWidgets import QWidget

from kdstudio.errors import KDStudioError
from kdstudio.gui.controller import RunController
from kdstudio.gui.dialogs import ErrorDialog, show_error
from kdstudio.gui.forms.draft import Draft
from kdstudio.problems import Problem, Refusal
from kdstudio.runs.folder import RunFolder


class Form(Protocol):
    """Where mistakes of an experiment are mended."""

    def mend(self) -> None:
        """Lead to the first mistake."""

    def show_problem(self, problem: Problem) -> None:
        """Lead to the field of ``problem``."""


class Failures:
    """Error dialogs of one window."""

    def __init__(self, parent: QWidget, controller: RunController, draft: Draft, form: Form) -> None:
        """Nothing has gone wrong yet; runs of ``controller`` are told of."""
        self.dialog: ErrorDialog | None = None
        self._parent = parent
        self._controller = controller
        self._draft = draft
        self._form = form
        self._last = ("", "")
        """Message and details of what failed last, where that stands in no log."""
        controller.failed.connect(self._fail)

    def complain(self, message: str, details: str = "", mend: Callable[[], object] | None = None) -> None:
        """Open the dialog; ``mend`` leads to what is to be changed."""
        if self.dialog is not None:
            return
        self.dialog = show_error(message, details, self._parent, mend)
        self.dialog.finished.connect(self._forget)

    def _forget(self) -> None:
        self.dialog = None

    def _fail(self, message: str, details: str) -> None:
        self._last = message, details
        self.tell_again()

    def tell_again(self) -> None:
        """Tell why the run has failed, and lead to the field if it was what the form still holds."""
        run = self._controller.run_state
        message, details = (run.error, run.details) if run.error else self._last
        folder, blamed = self._controller.folder, run.blamed or self._controller.blamed
        mend: Callable[[], object] | None = None
        if folder is None or self._is_in_form(folder):
            mend = partial(self._form.show_problem, Refusal(blamed, message)) if blamed else self._form.mend
        self.complain(message, details, mend)

    def _is_in_form(self, run: RunFolder) -> bool:
        """Tell whether the form holds the experiment of ``run``, as it was or changed since."""
        try:
            return bool(run.summary().experiment.get("name") == self._draft.raw["name"])
        except KDStudioError:  # it has gone, or is damaged
            return False
