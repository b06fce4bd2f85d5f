"""What can be done with the chosen runs: each an action with its key, and the reason while it cannot be."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from PySide6.QtCore import QObject, Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu, QPushButton, QToolButton, QWidget

from kdstudio.gui.pages.compare.entries import Entry

BUSY = ("running", "paused")
UNFINISHED = ("stopped", "interrupted", "failed")
CHOOSE, ONE = "Select a run first", "Select one run alone"


class Doing(NamedTuple):
    """Something that can be done."""

    text: str
    tip: str
    refusal: Callable[[Sequence[Entry]], str]
    """Why it cannot be done with the chosen rows; empty where it can."""
    key: str = ""
    with_damaged: bool = False
    """Whether it can be done with runs that cannot be read."""

    def reason(self, chosen: Sequence[Entry]) -> str:
        """Say why it cannot be done with the chosen rows, damaged ones among them; empty where it can."""
        damaged = [entry.name for entry in chosen if entry.is_damaged]
        if damaged and not self.with_damaged:
            return f"'{damaged[0]}' is damaged; check and mend it, or delete it"
        return self.refusal(chosen)


def any_rows(chosen: Sequence[Entry]) -> str:
    """At least one row."""
    return "" if chosen else CHOOSE


def one_row(chosen: Sequence[Entry]) -> str:
    """One row, of one run or of several seeds."""
    return "" if len(chosen) == 1 else ONE if chosen else CHOOSE


def one_run(chosen: Sequence[Entry]) -> str:
    """One row of one run."""
    if reason := one_row(chosen):
        return reason
    return "Unfold the row with Enter or →, and select one of its runs" if chosen[0].is_gathered else ""


def own(chosen: Sequence[Entry]) -> str:
    """Runs of which none came with the package."""
    recorded = [entry.name for entry in chosen if entry.summary.recorded]
    return f"'{recorded[0]}' came with KD Studio; run it anew to have your own" if recorded else ""


def unfinished(chosen: Sequence[Entry]) -> str:
    """A run that can go on."""
    if reason := one_run(chosen):
        return reason
    status = chosen[0].summary.status
    return "" if status in UNFINISHED else f"This run is {status}; what was stopped or failed can go on"


def finished(chosen: Sequence[Entry]) -> str:
    """A run that has come to its end."""
    if reason := one_run(chosen):
        return reason
    status = chosen[0].summary.status
    return "" if status == "finished" else f"This run is {status}; it is for runs that are finished"


def with_networks(chosen: Sequence[Entry]) -> str:
    """A run that has something to export."""
    return one_run(chosen) or ("" if chosen[0].summary.networks else "No network of this run is finished")


def at_rest(chosen: Sequence[Entry]) -> str:
    """Runs of which none goes on."""
    busy = [s.name for entry in chosen for s in entry.group.members.values() if s.status in BUSY]
    return any_rows(chosen) or own(chosen) or (f"'{busy[0]}' is running; stop it first" if busy else "")


def own_run(chosen: Sequence[Entry]) -> str:
    """One row of one run, which did not come with the package."""
    return one_run(chosen) or own(chosen)


def own_rows(chosen: Sequence[Entry]) -> str:
    """At least one row, and none that came with the package."""
    return any_rows(chosen) or own(chosen)


DOINGS = {
    "curves": Doing("Open curves", "Show this run's curves on the Live page (Enter)", one_run),
    "settings": Doing("Use settings…", "Put its settings into the form; first you see what differs", one_row),
    "resume": Doing("Resume", "Go on where this run was stopped", unfinished),
    "epochs": Doing(
        "More epochs…", "Let its networks learn on: a new run, that starts from their weights", finished
    ),
    "export": Doing("Export…", "Write this run's networks as files for other programs", with_networks),
    "report": Doing("Report…", "Write the selected runs as one HTML file", any_rows),
    "code": Doing("Code…", "Write this experiment as one PyTorch script", one_row),
    "log": Doing("TensorBoard…", "Write the selected runs into a folder for TensorBoard", any_rows),
    "rename": Doing("Rename", "Give this run a title; its folder keeps its name", own_run, "F2"),
    "labels": Doing("Tags and note…", "Tag the selected runs, note what matters", own_rows, "Ctrl+T"),
    "folder": Doing("Open folder", "Show this run's folder in the file manager", one_run, with_damaged=True),
    "mend": Doing("Check and mend", "Read all files of the selected runs, and mend what is safe", at_rest,
                  with_damaged=True),
    "delete": Doing("Delete", "Delete the selected runs; that can be undone for a day", at_rest, "Del",
                    with_damaged=True),
}  # fmt: skip


class RunActions(QObject):
    """One action each, enabled as the choice allows."""

    def __init__(self, page: QWidget, table: QWidget) -> None:
        """Keys work within ``table``; connect each action to what it does."""
        super().__init__(page)
        self.by_name: dict[str, QAction] = {}
        for name, doing in DOINGS.items():
            action = QAction(doing.text, page, shortcut=doing.key)
            action.setShortcutContext(Qt.ShortcutContext.WidgetShortcut)
            table.addAction(action)
            self.by_name[name] = action
        self.follow([])

    def __getitem__(self, name: str) -> QAction:
        """Return the action called ``name``."""
        return self.by_name[name]

    def follow(self, chosen: Sequence[Entry]) -> None:
        """Tell the truth about ``chosen``."""
        for name, doing in DOINGS.items():
            reason = doing.reason(chosen)
            key = f" ({doing.key})" if doing.key else ""
            self.by_name[name].setEnabled(not reason)
            self.by_name[name].setToolTip(reason or doing.tip + key)

    def menu(self, parent: QWidget, names: Sequence[str] = tuple(DOINGS)) -> QMenu:
        """Offer them in a menu that says of each why it is grey."""
        menu = QMenu(parent, toolTipsVisible=True)
        menu.addActions([self.by_name[name] for name in names])
        return menu


class ActionButton(QPushButton):
    """A button that does what an action does, and shows what is to be said of it."""

    def __init__(self, action: QAction) -> None:
        """Follow ``action`` from now on."""
        super().__init__(action.text())
        self._action = action
        self.clicked.connect(action.trigger)
        action.changed.connect(self._follow)
        self._follow()

    def _follow(self) -> None:
        self.setEnabled(self._action.isEnabled())
        self.setToolTip(self._action.toolTip())


class MoreButton(QToolButton):
    """A button with a menu of what is wanted less often."""

    def __init__(self, menu: QMenu) -> None:
        """Open ``menu``."""
        super().__init__(objectName="menu", text="More")
        self.setAccessibleName("More that can be done with the selected runs")
        self.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.setMenu(menu)
