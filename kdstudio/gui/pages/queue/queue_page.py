"""The queue page: everything that waits, runs or has been run, and what can be done with it."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QSignalBlocker, Signal
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSpinBox,
    QStackedLayout,
    QVBoxLayout,
    QWidget,
)

from kdstudio.gui.empty_state import EmptyState
from kdstudio.gui.flow_layout import FlowLayout
from kdstudio.gui.in_sight import InSight
from kdstudio.gui.layout import GAP, MARGIN, shape_number, text_label
from kdstudio.gui.left_strip import LineUp
from kdstudio.gui.pages.queue.queue_table import QueueTable, Row, Summaries
from kdstudio.gui.queue_watch import QueueWatch
from kdstudio.gui.run_index import SharedIndex
from kdstudio.gui.saving.button import SaveButton
from kdstudio.gui.theme import Theme
from kdstudio.runs.folder import RunFolder
from kdstudio.runs.queue.entry import Entry
from kdstudio.runs.queue.queue import Queue, most_workers

EMPTY = (
    "Nothing waits.\nWhile a run goes on, Run (Ctrl+R) puts the next one in line; "
    "its place can be changed here.\n"
    "What is left when the window closes is offered when it opens again."
)
PAUSE, GO_ON = "Pause the queue", "Let the queue go on"


class QueuePage(QWidget):
    """Shows the queue of a watch."""

    open_wanted = Signal(object)
    """A run's folder, to be looked at."""

    def __init__(self, theme: Theme, watch: QueueWatch, index: SharedIndex, line_up: LineUp) -> None:
        """``line_up`` puts entries in line, once code that they would run is allowed."""
        super().__init__()
        self._watch = watch
        self._index = index
        self._line_up = line_up
        self.table = QueueTable(theme)
        self.setFocusProxy(self.table)
        self.about = text_label("", "muted")
        self.buttons: dict[str, QPushButton] = {}
        self.at_once = QSpinBox(minimum=1, maximum=most_workers())
        self._stack = QStackedLayout(self)
        self._stack.addWidget(EmptyState(EMPTY))
        self._stack.addWidget(self._make_content())
        self.table.chosen_changed.connect(self._show_chosen)
        self.table.move_wanted.connect(self._move)
        self.table.doubleClicked.connect(self._open)
        self.table.entries.moved.connect(
            lambda keys, before: watch.change(lambda queue: queue.place(keys, before))
        )
        in_sight = InSight(self, self.refresh)
        for source in (watch.changed, index.changed, theme.changed):
            source.connect(in_sight.look)

    def _make_content(self) -> QWidget:
        content = QWidget()
        column = QVBoxLayout(content)
        column.setContentsMargins(MARGIN, MARGIN, MARGIN, MARGIN)
        column.setSpacing(GAP)
        head = QHBoxLayout()
        head.addWidget(QLabel("Queue", objectName="title"))
        head.addStretch(1)
        head.addWidget(self._make_at_once())
        head.addWidget(self.at_once)
        head.addSpacing(GAP)
        head.addWidget(SaveButton("the queue", lambda: self.table.saving))
        column.addLayout(head)
        row = FlowLayout()
        for text, tip, act in (
            ("Move up", "Run it earlier (Alt+Up, or drag it)", lambda: self._move(-1)),
            ("Move down", "Run it later (Alt+Down, or drag it)", lambda: self._move(1)),
            ("Cancel", "Take it out of the line; what runs is stopped with a checkpoint", self._cancel),
            ("Duplicate", "Put the same experiment in line once more", lambda: self._put(Queue.duplicate)),
            (
                "Retry",
                "Let it wait again, at its place in the table; what has begun goes on",
                lambda: self._put(Queue.retry),
            ),
            ("Open", "Look at its curves and figures", self._open),
            ("Remove finished", "Forget what is done; the runs stay on Compare", self._remove_finished),
            (PAUSE, "What runs goes on to its end, and nothing else begins", self._hold),
        ):
            row.addWidget(self._make_button(text, tip, act))
        column.addLayout(row)
        column.addWidget(self.table, 1)
        column.addWidget(self.about)
        return content

    def _make_at_once(self) -> QLabel:
        """Make the number of workers what the box says; returns its label."""
        label = QLabel("Runs at once")
        label.setBuddy(self.at_once)
        self.at_once.setAccessibleName("Runs at once")
        self.at_once.setToolTip(
            "How many runs go on beside each other, each in a process of its own. They share the processor's "
            "cores out among them; where there are several GPUs, each has its own."
        )
        self.at_once.setKeyboardTracking(False)
        shape_number(self.at_once)
        self.at_once.valueChanged.connect(
            lambda count: self._watch.change(lambda queue: queue.want_workers(count))
        )
        return label

    def _make_button(self, text: str, tip: str, act: Callable[[], object]) -> QPushButton:
        button = QPushButton(text, toolTip=tip)
        button.clicked.connect(lambda: act())
        self.buttons[text] = button
        return button

    def refresh(self) -> None:
        """Show the queue as it is."""
        entries = self._watch.entries
        self._stack.setCurrentIndex(1 if entries else 0)
        times = self._index.summaries
        self.table.show_rows([self._row(entry, times) for entry in entries])
        with QSignalBlocker(self.at_once):
            self.at_once.setValue(self._watch.at_once)
        self.buttons[PAUSE].setText(GO_ON if self._watch.is_held else PAUSE)
        self._show_chosen()

    def _row(self, entry: Entry, summaries: Summaries) -> Row:
        summary = summaries.get(RunFolder(self._watch.queue.runs / entry.run)) if entry.run else None
        return Row(entry, self._watch.place_of(entry), summary.seconds if summary else None)

    def chosen(self) -> list[Entry]:
        """Return the chosen entries, from the top."""
        found = map(self._watch.find, self.table.chosen())
        return [entry for entry in found if entry]

    def _show_chosen(self) -> None:
        chosen = self.chosen()
        waits = any(entry.state == "waiting" for entry in chosen)
        self.buttons["Move up"].setEnabled(waits)
        self.buttons["Move down"].setEnabled(waits)
        self.buttons["Cancel"].setEnabled(any(entry.can_be_cancelled for entry in chosen))
        self.buttons["Duplicate"].setEnabled(bool(chosen))
        self.buttons["Retry"].setEnabled(any(entry.can_go_on for entry in chosen))
        self.buttons["Open"].setEnabled(len(chosen) == 1 and bool(chosen[0].run))
        self.buttons["Remove finished"].setEnabled(any(entry.is_over for entry in self._watch.entries))
        self.about.setText(_told(chosen[0]) if len(chosen) == 1 else "")
        self.about.setVisible(bool(self.about.text()))

    def _move(self, by: int) -> None:
        keys = self.table.chosen()
        self._watch.change(lambda queue: queue.move(keys, by))

    def _cancel(self) -> None:
        keys = self.table.chosen()
        self._watch.change(lambda queue: queue.cancel(keys))

    def _put(self, put: Callable[..., None]) -> None:
        self._line_up(self.table.chosen(), put)

    def _open(self) -> None:
        chosen = self.chosen()
        if len(chosen) == 1 and chosen[0].run:
            self.open_wanted.emit(RunFolder(self._watch.queue.runs / chosen[0].run))

    def _remove_finished(self) -> None:
        keys = [entry.key for entry in self._watch.entries if entry.is_over]
        self._watch.change(lambda queue: queue.remove(keys))

    def _hold(self) -> None:
        held = not self._watch.is_held
        self._watch.change(lambda queue: queue.hold(held=held))


def _told(entry: Entry) -> str:
    """Say why an entry has come to what it is, and what to do."""
    match entry.state:
        case "interrupted" if not entry.message:
            return "It was left in mid-run. Retry goes on from its last checkpoint."
        case "set aside":
            return "It waits from another day. Retry puts it in line, at its place."
        case "stopped":
            return "It was stopped with a checkpoint. Retry goes on from there."
    return entry.message
