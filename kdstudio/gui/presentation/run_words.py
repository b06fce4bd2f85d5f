"""What there is to say of a run below its plots: the formula with its numbers, and what came out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kdstudio.errors import KDStudioError
from kdstudio.runs.finding_words import difference_of
from kdstudio.runs.folder import RunFolder
from kdstudio.runs.formulas.swept import formula_of
from kdstudio.runs.outcome import outcome
from kdstudio.runs.summary import Summary

if TYPE_CHECKING:
    from kdstudio.gui.window import MainWindow

BUSY = ("running", "paused")


class RunWords:
    """Formulas are read once."""

    def __init__(self, window: MainWindow) -> None:
        """What came out stands in the index of ``window``, and how far a run is in its run bar."""
        self._window = window
        self._formulas: dict[RunFolder, str] = {}
        self._told: tuple[Summary, str] | None = None

    def formula(self, run: RunFolder | None) -> str:
        """Loss of ``run``; empty where there is none, or it is damaged."""
        if run is None:
            return ""
        if run not in self._formulas:
            try:
                self._formulas[run] = formula_of(run.experiment())
            except KDStudioError:
                self._formulas[run] = ""
        return self._formulas[run]

    def came_out(self, run: RunFolder | None) -> str:
        """Sentence of what came out: of the claim, where there is one; how far it is, while it goes on."""
        summary = self._window.index.summaries.get(run) if run else None
        if run and run == self._window.controller.folder and (summary is None or summary.status in BUSY):
            return self._window.run_bar.where.text()
        if summary is None:
            return ""
        if self._told is None or self._told[0] is not summary:
            self._told = summary, _said(summary)
        return self._told[1]


def _said(summary: Summary) -> str:
    if summary.status in BUSY:
        return ""
    if summary.claim is None:
        return outcome(summary).sentence
    verdict, statement = summary.claim.verdict.capitalize(), summary.claim.statement.rstrip(".")
    deciding = summary.claim.deciding
    figures = "" if deciding.difference is None else f" ({difference_of(deciding)})"
    return f"{verdict}: {statement}{figures}."
