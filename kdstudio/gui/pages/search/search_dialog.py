"""A new search: which fields of the experiment are varied, between what, and how."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QFormLayout,
    QGridLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QSpinBox,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from kdstudio.declaration import ProgressCallback
from kdstudio.gui.background import BackgroundJob
from kdstudio.gui.forms.draft import Draft
from kdstudio.gui.forms.editors import Choices
from kdstudio.gui.forms.field_picker import FieldPicker
from kdstudio.gui.forms.fields import tip_text
from kdstudio.gui.forms.sweepable import ListedField, sweepable
from kdstudio.gui.layout import GAP, clear, scrolled, shape_number, text_label, tip
from kdstudio.runs.failure import failure
from kdstudio.runs.presets import write_values
from kdstudio.runs.studies.goal import GOALS
from kdstudio.runs.studies.library import PRUNERS, SAMPLERS
from kdstudio.runs.studies.storage import own_storage
from kdstudio.runs.studies.study import How, begin_study

WIDTH, HEIGHT = 620, 560
TRIALS = 20
FACTOR = 4
"""From its present value by which a range without bounds reaches, at first."""
EMPTY = "No field yet. Add field… lists those that can be varied."
HOW = "A range (0.1..0.9), one by factors (1..20:log), or values (1, 4, 20)."


class SearchDialog(QDialog):
    """Asks; begins the study, and says so once it is there."""

    begun = Signal(str, int)
    """Its name, and how many trials are wanted."""

    def __init__(self, draft: Draft, runs: Path, taken: Sequence[str], parent: QWidget) -> None:
        """Vary fields of ``draft``; names in ``taken`` are those of other studies."""
        super().__init__(parent)
        self.setWindowTitle("New search")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.resize(WIDTH, HEIGHT)
        assert draft.experiment is not None
        self._runs = runs
        self._experiment = draft.experiment.model_copy(update={"sweep": {}})
        self._fields = {field.path: field for field in sweepable(draft.raw)}
        self.lines: dict[str, QLineEdit] = {}
        self.name = QLineEdit(free_name(self._experiment.name, taken))
        self.trials = QSpinBox(minimum=1, maximum=10_000, value=TRIALS)
        self.goal, self.sampler, self.pruner = Choices(), Choices(), Choices()
        self.error = text_label(name="error")
        self.error.hide()
        self._job = BackgroundJob("begin a study", self)
        self._job.done.connect(self._end)
        self._job.failed.connect(self._tell)
        self._lay_out()

    def _lay_out(self) -> None:
        self._rows = QWidget()
        self._grid = QGridLayout(self._rows)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setColumnStretch(1, 1)
        self._none = text_label(EMPTY, "muted")
        self.add_button = QPushButton("Add field…")
        self.add_button.setAutoDefault(False)
        self.add_button.clicked.connect(self.pick)
        fields = QWidget()
        inside = QVBoxLayout(fields)
        inside.setContentsMargins(0, 0, 0, 0)
        inside.addWidget(self._none)
        inside.addWidget(self._rows)
        inside.addWidget(self.add_button, 0, Qt.AlignmentFlag.AlignLeft)
        inside.addStretch(1)
        column = QVBoxLayout(self)
        column.setSpacing(GAP)
        column.addWidget(QLabel(f"Fields of {self._experiment.name} to vary", objectName="heading"))
        column.addWidget(text_label(HOW, "muted"))
        column.addWidget(scrolled(fields), 1)
        column.addLayout(self._make_form())
        column.addWidget(self.error)
        column.addWidget(self._make_buttons())

    def _make_form(self) -> QFormLayout:
        form = QFormLayout()
        form.setSpacing(8)
        self.trials.setToolTip("How many settings are tried")
        shape_number(self.trials)
        self.goal.addItems([f"validation {goal}" for goal in GOALS])
        for box, offered in ((self.sampler, SAMPLERS), (self.pruner, PRUNERS)):
            for name, entry in offered.items():
                box.addItem(name)
                box.setItemData(box.count() - 1, tip(entry.says), Qt.ItemDataRole.ToolTipRole)
        self.sampler.setToolTip(tip("What chooses the next values"))
        self.pruner.setToolTip(tip("What gives runs up early that will come to nothing"))
        for title, widget in (
            ("Name", self.name),
            ("Trials", self.trials),
            ("Best by", self.goal),
            ("Sampler", self.sampler),
            ("Pruner", self.pruner),
        ):
            widget.setAccessibleName(title)
            form.addRow(title, widget)
        return form

    def _make_buttons(self) -> QDialogButtonBox:
        buttons = QDialogButtonBox()
        self.start_button = QPushButton("Start", objectName="primary", default=True)
        buttons.addButton(self.start_button, QDialogButtonBox.ButtonRole.AcceptRole)
        buttons.addButton("Cancel", QDialogButtonBox.ButtonRole.RejectRole)
        buttons.accepted.connect(self.begin)
        buttons.rejected.connect(self.reject)
        return buttons

    @property
    def over(self) -> tuple[str, ...]:
        """What is varied, as the command line says it."""
        return tuple(f"{path}={line.text().strip()}" for path, line in self.lines.items())

    def pick(self) -> None:
        """Open the list of fields that can be varied."""
        offered = [field for path, field in self._fields.items() if path not in self.lines]
        self.picker = FieldPicker("Choose a field to vary", offered, self)
        self.picker.chosen.connect(self.add)
        self.picker.open()

    def add(self, field: ListedField) -> None:
        """Vary ``field``; what it may be, at first a guess, is ready to be typed over."""
        line = QLineEdit(usual_range(field), placeholderText="0.1..0.9, 1..20:log or 1, 4, 20")
        label, where = QLabel(field.title, wordWrap=True), text_label(field.place, "muted")
        help_ = f"{tip_text(field.field)}\n{field.path}"
        line.setAccessibleName(f"Range of {field.place} {field.title}")
        for widget in (label, where, line):
            widget.setToolTip(tip(help_))
        label.setBuddy(line)
        remove = QToolButton(objectName="inline", text="✕", toolTip="Do not vary this field")
        remove.setAccessibleName(f"Do not vary {field.title}")
        remove.clicked.connect(partial(self._remove, field.path))
        self.lines[field.path] = line
        row = self._grid.rowCount()
        self._grid.addWidget(label, row, 0)
        self._grid.addWidget(line, row, 1)
        self._grid.addWidget(remove, row, 2)
        self._grid.addWidget(where, row + 1, 0, 1, 2)
        self._none.hide()
        line.setFocus()
        line.selectAll()

    def _remove(self, path: str) -> None:
        kept = {other: line.text() for other, line in self.lines.items() if other != path}
        clear(self._grid)
        self.lines = {}
        for other, text in kept.items():
            self.add(self._fields[other])
            self.lines[other].setText(text)
        self._none.setVisible(not kept)
        self.add_button.setFocus()

    def begin(self) -> None:
        """Begin the study, which says what is wrong; nothing runs yet."""
        name, over, experiment, runs = self.name.text().strip(), self.over, self._experiment, self._runs
        goal = GOALS[self.goal.currentIndex()]
        how = How(sampler=self.sampler.currentText(), pruner=self.pruner.currentText())
        trials = self.trials.value()

        def work(_progress: ProgressCallback) -> str:
            storage = own_storage(runs, name)
            return begin_study(name, storage, experiment, over, goal, runs, trials=trials, how=how).name

        self.start_button.setEnabled(False)
        self._job.start(work)

    def _end(self, name: object) -> None:
        self.begun.emit(str(name), self.trials.value())
        self.accept()

    def _tell(self, error: BaseException) -> None:
        self.start_button.setEnabled(True)
        self.error.setText(failure(error).message)
        self.error.show()


def free_name(name: str, taken: Sequence[str]) -> str:
    """Return ``name``, with a number behind it where another study has it."""
    number = 2
    found = name
    while found in taken:
        found, number = f"{name}-{number}", number + 1
    return found


def usual_range(field: ListedField) -> str:
    """Guess what a field may be: all choices, its declared range, or some factors around its value."""
    if field.choices:
        return write_values(list(field.choices.values()))
    now = field.now
    if isinstance(now, bool) or not isinstance(now, int | float):
        return write_values(field.first_values())
    low, high = _bounds(field)
    if low is not None and high is not None and high / FACTOR <= max(abs(now), 1):
        return f"{low:g}..{high:g}"
    if now > 0:
        least, most = now / FACTOR, now * FACTOR
        if isinstance(now, int):
            least, most = max(int(least), 1), int(most)
        return f"{least:g}..{most if high is None else min(most, high):g}:log"
    return f"{now:g}"


def _bounds(field: ListedField) -> tuple[Any, Any]:
    found = {"low": None, "high": None}
    for limit in field.field.metadata:
        found["low"] = getattr(limit, "ge", found["low"])
        found["high"] = getattr(limit, "le", found["high"])
    return found["low"], found["high"]
