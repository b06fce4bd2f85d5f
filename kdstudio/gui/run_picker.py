"""Choosing a run, and networks of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from PySide6.QtCore import QObject, QSignalBlocker, Signal

from kdstudio.gui.forms.editors import Choices
from kdstudio.gui.layout import text_label
from kdstudio.gui.run_index import SharedIndex
from kdstudio.runs.folder import RunFolder
from kdstudio.runs.summary import Summary

LEAST_WIDTH = 110

Offer = Callable[[RunFolder, Summary], Mapping[str, str]]
"""Networks of a run that can be chosen, each with what people read; a run without any is not offered."""
Default = Callable[[Summary, Sequence[str]], str]
"""The one of these networks that is chosen at first."""


class RunPicker(QObject):
    """A box of runs and boxes of their networks, for a page to lay out; the one place that lists runs."""

    chosen = Signal()
    """Something else is chosen, or the runs were listed anew."""

    def __init__(self, index: SharedIndex, offer: Offer, networks: Mapping[str, Default]) -> None:
        """``networks`` holds a title for each choice of a network, and what is usual there."""
        super().__init__()
        self.index = index
        self._offer = offer
        self._defaults = networks
        self._found: dict[RunFolder, Summary] = {}
        self.run_box = Choices()
        self.run_box.currentIndexChanged.connect(self._offer_networks)
        self.run_box.activated.connect(self._note_choice)
        self._is_picked = False
        """Whether somebody has chosen the run; else one that came with the package only stands in."""
        self.network_boxes = {title: Choices() for title in networks}
        self.recording = text_label(name="muted")
        """Where and when a run was recorded that came with the package."""
        self.recording.hide()
        for box in self.network_boxes.values():
            box.currentIndexChanged.connect(self.chosen)
        for title, box in self.boxes.items():
            box.setAccessibleName(title)
            box.setMinimumWidth(LEAST_WIDTH)
            box.currentTextChanged.connect(box.setToolTip)  # long names are cut

    @property
    def boxes(self) -> dict[str, Choices]:
        """All boxes by title."""
        return {"Run": self.run_box, **self.network_boxes}

    @property
    def run(self) -> RunFolder | None:
        """The run chosen; None where there is none to choose."""
        return self.run_box.currentData()

    @property
    def summary(self) -> Summary:
        """Summary of the run chosen, as it was when the runs were listed."""
        return self._found[self.run_box.currentData()]

    @property
    def networks(self) -> tuple[str, ...]:
        """The networks chosen, one for each title."""
        return tuple(box.currentData() for box in self.network_boxes.values())

    def refresh(self) -> None:
        """List the runs anew, the newest first; what was chosen stays chosen."""
        summaries = self.index.summaries
        self._found = {run: summary for run, summary in summaries.items() if self._offer(run, summary)}
        names = {run: self.index.name_of(run) for run in self._found}
        if self.run and self.run.is_recorded and not self._is_picked:
            with QSignalBlocker(self.run_box):
                self.run_box.setCurrentIndex(-1)
        fill(self.run_box, names, next(iter(names), None))
        self._offer_networks()

    def choose(self, run: RunFolder) -> None:
        """List the runs anew, and choose ``run``."""
        self.refresh()
        if run in self._found:
            self._note_choice()
            self.run_box.setCurrentIndex(list(self._found).index(run))

    def _note_choice(self) -> None:
        self._is_picked = True

    def _offer_networks(self) -> None:
        run = self.run
        offered = self._offer(run, self.summary) if run else {}
        recording = self.summary.recording if run and run.is_recorded else ""
        self.recording.setText(recording)
        self.recording.setVisible(bool(recording))
        for title, box in self.network_boxes.items():
            fill(box, offered, self._defaults[title](self.summary, list(offered)) if offered else None)
            box.setEnabled(len(offered) > 1)
        self.chosen.emit()


def fill(box: Choices, entries: Mapping[object, str], default: object) -> None:
    """Put ``entries`` into ``box`` and tell nobody; the one chosen stays so, else ``default`` is chosen."""
    keys, before = list(entries), box.currentData()
    with QSignalBlocker(box):
        box.clear()
        for key, text in entries.items():
            box.addItem(text, key)
        if keys:
            box.setCurrentIndex(keys.index(before if before in keys else default))


def saved_networks(run: RunFolder, summary: Summary) -> list[str]:
    """Names of the networks whose weights are kept, in the order of the run's plan."""
    saved = run.networks()
    return [name for name in summary.networks if name in saved]
