"""What all pages about a run have in common."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QStackedLayout, QVBoxLayout, QWidget

from kdstudio.gui.empty_state import EmptyState
from kdstudio.gui.in_sight import InSight
from kdstudio.gui.layout import GAP, MARGIN
from kdstudio.gui.run_picker import RunPicker
from kdstudio.runs.failure import failure
from kdstudio.runs.folder import RunFolder
from kdstudio.runs.presets import DEFAULT_PRESET


class RunPage(QWidget):
    """Lists the runs whenever it is shown, and teaches what to do where there is none."""

    complained = Signal(str, str)
    """Message and details."""

    def __init__(self, picker: RunPicker, empty: str, presets: Sequence[str] = (DEFAULT_PRESET,)) -> None:
        """``empty`` stands there while ``picker`` has no run to offer, with buttons for ``presets``."""
        super().__init__()
        self.picker = picker
        picker.setParent(self)
        picker.chosen.connect(self._follow)
        picker.index.changed.connect(InSight(self, self.refresh).look)
        self._stack = QStackedLayout(self)
        self._stack.addWidget(EmptyState(empty, presets))

    def _lay_out(self, *parts: QWidget) -> None:
        """Put ``parts`` below each other; the last takes the room that is left."""
        whole = QWidget()
        column = QVBoxLayout(whole)
        column.setContentsMargins(MARGIN, MARGIN, MARGIN, MARGIN)
        column.setSpacing(GAP)
        for part in parts:
            column.addWidget(part, 1 if part is parts[-1] else 0)
        self._stack.addWidget(whole)

    @property
    def shown_run(self) -> RunFolder | None:
        """The run that is chosen."""
        return self.picker.run

    def refresh(self) -> None:
        """Offer the runs that there are now; the one chosen stays chosen."""
        self.picker.refresh()

    def choose(self, run: RunFolder) -> None:
        """Choose ``run``."""
        self.picker.choose(run)

    def _follow(self) -> None:
        """Take up what is chosen now."""
        self._stack.setCurrentIndex(1 if self.picker.run else 0)

    def _complain(self, error: Exception) -> None:
        failed = failure(error)
        self.complained.emit(failed.message, failed.details)
