"""The truth table of a run: what its exported files are, as measured."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton

from kdstudio.gui.html import Html, bold, joined, lines
from kdstudio.gui.layout import Card, text_label
from kdstudio.gui.opening import open_path
from kdstudio.gui.result_table import ResultTableView
from kdstudio.gui.saving.button import SaveButton
from kdstudio.runs.exporting.export import Refusal
from kdstudio.runs.exporting.records import MeasuredFile
from kdstudio.runs.exporting.truth_table import TITLE, measured_how, truth_table

EMPTY = (
    "Nothing of this run has been exported yet. Every file that you export is read back by its runtime, "
    "answers all test images beside the run's network, and is timed; what comes out stands here."
)


class TruthCard(Card):
    """A row for each file, how the figures came about, and what was refused."""

    def __init__(self) -> None:
        """No run."""
        super().__init__()
        self._folder = Path()
        self.open_button = QPushButton("Open folder")
        self.open_button.clicked.connect(self._open)
        head = QHBoxLayout()
        head.addWidget(QLabel(TITLE, objectName="heading"))
        head.addStretch(1)
        head.addWidget(self.open_button)
        head.addWidget(SaveButton("the table of files", lambda: self.table.saving))
        self.column.addLayout(head)
        self.refusals, self.how, self.empty = (
            text_label(),
            text_label("", "muted"),
            text_label(EMPTY, "muted"),
        )
        self.table = ResultTableView(TITLE)
        for part, share in ((self.refusals, 0), (self.table, 1), (self.how, 0), (self.empty, 0)):
            self.add(part, share)
        self.column.addStretch()
        self._shown: Sequence[MeasuredFile] | None = None
        self.show_rows(())

    def show_rows(
        self, rows: Sequence[MeasuredFile], refusals: Sequence[Refusal] = (), problem: str = ""
    ) -> None:
        """Show what was measured of a run, and what the last export refused; or why nothing can be read."""
        if rows != self._shown:  # else it stays where it is scrolled to
            self._shown = rows
            self.table.show_table(truth_table(rows))
        self.empty.setText(problem or EMPTY)
        self.how.setText(measured_how(rows))
        self.refusals.setText(told(refusals))
        nothing = problem or not (rows or refusals)
        parts = {self.refusals: refusals, self.table: rows, self.how: rows, self.empty: nothing}
        for part, is_shown in parts.items():
            part.setVisible(bool(is_shown))
        written = [row for row in rows if row.path]
        self.open_button.setVisible(bool(written))
        if written:
            self._folder = Path(max(written, key=lambda row: row.when).path).parent
            self.open_button.setEnabled(self._folder.is_dir())

    def _open(self) -> None:
        open_path(self._folder, self)


def told(refusals: Sequence[Refusal]) -> Html:
    """Say what was refused and why."""
    return lines(
        *(joined((bold("Refused: "), f"{one.network} as {one.title}: {one.reason}")) for one in refusals)
    )
