"""The main window: rail of pages, pages, run bar."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QAction, QCloseEvent, QIcon, QKeySequence
from PySide6.QtWidgets import (
    QButtonGroup,
    QFrame,
    QHBoxLayout,
    QMainWindow,
    QMenu,
    QMessageBox,
    QStackedWidget,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from kdstudio.engine.experiment import Experiment
from kdstudio.gui.controller import RunController, State
from kdstudio.gui.dialogs import ErrorDialog, show_error
from kdstudio.gui.forms.draft import Draft
from kdstudio.gui.icons import page_icon
from kdstudio.gui.pages.experiment import ExperimentPage
from kdstudio.gui.run_bar import RunBar
from kdstudio.gui.theme import SCHEMES, Theme
from kdstudio.runs.folder import RunFolder
from kdstudio.runs.presets import DEFAULT_PRESET

if TYPE_CHECKING:
    from kdstudio.gui.pages.compare import ComparePage
    from kdstudio.gui.pages.export import ExportPage
    from kdstudio.gui.pages.live import LivePage
    from kdstudio.gui.pages.temperature import TemperaturePage
    from kdstudio.gui.pages.unseen import UnseenPage

PAGES = ("Experiment", "Live", "Temperature", "Unseen", "Compare", "Export")
RAIL_WIDTH = 96
ICON = 22


class MainWindow(QMainWindow):
    """KD Studio."""

    def __init__(self, theme: Theme, runs: Path) -> None:
        """Runs are kept in ``runs``."""
        super().__init__()
        self.setWindowTitle("KD Studio")
        self.resize(1280, 800)
        self.setMinimumSize(1000, 640)
        self._theme = theme
        self._leaving = False
        self.error: ErrorDialog | None = None
        self.draft = Draft(DEFAULT_PRESET, self)
        self.controller = RunController(runs, self)
        self.run_bar = RunBar(self.controller)
        self.stack = QStackedWidget()
        self._rail_buttons: dict[str, QToolButton] = {}
        self._lay_out()
        self._connect()
        theme.changed.connect(self._show_icons)
        self._show_icons()
        self.show_page("Experiment")

    @cached_property
    def experiment_page(self) -> ExperimentPage:
        """Presets and the form."""
        page = ExperimentPage(self.draft)
        page.complained.connect(self.complain)
        self.stack.addWidget(page)
        return page

    @cached_property
    def live_page(self) -> LivePage:
        """Curves of the run."""
        from kdstudio.gui.pages.live import LivePage

        page = LivePage(self._theme)
        self.stack.addWidget(page)
        return page

    @cached_property
    def temperature_page(self) -> TemperaturePage:
        """Softened predictions of a run's networks."""
        from kdstudio.gui.pages.temperature import TemperaturePage

        page = TemperaturePage(self._theme, self.controller.runs)
        page.complained.connect(self.complain)
        self.stack.addWidget(page)
        return page

    @cached_property
    def unseen_page(self) -> UnseenPage:
        """Classes left out of training."""
        from kdstudio.gui.pages.unseen import UnseenPage

        page = UnseenPage(self._theme, self.controller.runs)
        page.complained.connect(self.complain)
        self.stack.addWidget(page)
        return page

    @cached_property
    def compare_page(self) -> ComparePage:
        """All runs."""
        from kdstudio.gui.pages.compare import ComparePage

        page = ComparePage(self._theme, self.controller.runs)
        page.complained.connect(self.complain)
        page.export_wanted.connect(self._export)
        page.resume_wanted.connect(self.resume)
        self.stack.addWidget(page)
        return page

    @cached_property
    def export_page(self) -> ExportPage:
        """Networks to files."""
        from kdstudio.gui.pages.export import ExportPage

        page = ExportPage(self.controller.runs)
        page.complained.connect(self.complain)
        self.stack.addWidget(page)
        return page

    def page(self, name: str) -> QWidget:
        """Return the page called ``name``; it is made when it is first asked for."""
        found: QWidget = getattr(self, f"{name.lower()}_page")
        return found

    def make_pages(self) -> None:
        """Make every page now; the plots' library need not hold up the first paint."""
        for name in PAGES:
            self.page(name)

    def _lay_out(self) -> None:
        rail = QFrame(objectName="rail")
        rail.setFixedWidth(RAIL_WIDTH)
        column = QVBoxLayout(rail)
        column.setContentsMargins(8, 12, 8, 12)
        column.setSpacing(6)
        group = QButtonGroup(self, exclusive=True)
        for number, name in enumerate(PAGES):
            button = rail_button(name, f"{name} page (Ctrl+{number + 1})")
            button.setCheckable(True)
            button.setShortcut(QKeySequence(f"Ctrl+{number + 1}"))
            button.clicked.connect(lambda _checked, page=name: self.show_page(page))
            group.addButton(button)
            column.addWidget(button)
            self._rail_buttons[name] = button
        column.addStretch(1)
        column.addWidget(self._make_theme_button())
        body = QHBoxLayout()
        body.setContentsMargins(0, 0, 0, 0)
        body.setSpacing(0)
        body.addWidget(rail)
        body.addWidget(self.stack, 1)
        whole = QVBoxLayout()
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(0)
        whole.addLayout(body, 1)
        whole.addWidget(self.run_bar)
        central = QWidget()
        central.setLayout(whole)
        self.setCentralWidget(central)

    def _make_theme_button(self) -> QToolButton:
        button = rail_button("Theme", "Light, dark, or as the system is")
        menu = QMenu(button)
        for choice in SCHEMES:
            action = QAction(choice.capitalize(), menu, checkable=True)
            action.triggered.connect(lambda _checked, chosen=choice: self._theme.choose(chosen))
            menu.addAction(action)
        menu.aboutToShow.connect(
            lambda: [a.setChecked(a.text().lower() == self._theme.choice) for a in menu.actions()]
        )
        button.setMenu(menu)
        button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self._theme_button = button
        return button

    def _connect(self) -> None:
        controller = self.controller
        self.run_bar.run_button.clicked.connect(self.run)
        self.draft.changed.connect(self._show_runnable)
        self._show_runnable()
        controller.began.connect(lambda: self.live_page.begin())
        controller.happened.connect(lambda events: self.live_page.follow(events))
        controller.failed.connect(self.complain)
        controller.state_changed.connect(self._follow_state)

    def _show_icons(self) -> None:
        colours = self._theme.colours
        for name, button in (*self._rail_buttons.items(), ("Theme", self._theme_button)):
            button.setIcon(page_icon(name, colours["text"]))
        self.setWindowIcon(QIcon(page_icon("Live", colours["accent"])))

    def show_page(self, name: str) -> None:
        """Turn to the page called ``name``."""
        self.stack.setCurrentWidget(self.page(name))
        self._rail_buttons[name].setChecked(True)

    def _show_runnable(self) -> None:
        self.run_bar.set_runnable(self.draft.experiment is not None)

    def run(self) -> None:
        """Run what the form describes, and watch it."""
        experiment = self.draft.experiment
        if experiment is None or self.controller.state.is_busy:
            return
        if code := code_run_by(experiment):
            self._ask_for_code(code, lambda: self._begin(experiment, allow_code=True))
        else:
            self._begin(experiment)

    def _begin(self, experiment: Experiment, *, allow_code: bool = False) -> None:
        self.show_page("Live")
        self.controller.run(experiment, allow_code=allow_code)

    def _ask_for_code(self, code: str, go_on: Callable[[], None]) -> None:
        """Ask before anything of the user's is run."""
        box = QMessageBox(self)
        box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        box.setIcon(QMessageBox.Icon.Warning)
        box.setWindowTitle("This experiment runs code")
        box.setText(f"Run the code in {code}?")
        box.setInformativeText("It can do anything that you can. Allow it only if you know where it is from.")
        allow = box.addButton("Run this code", QMessageBox.ButtonRole.AcceptRole)
        box.addButton(QMessageBox.StandardButton.Cancel)
        box.setDefaultButton(QMessageBox.StandardButton.Cancel)
        allow.clicked.connect(go_on)
        box.open()

    def resume(self, folder: RunFolder) -> None:
        """Go on with an unfinished run."""
        if self.controller.state.is_busy:
            self.complain(f"Another run is going on; stop it before resuming '{folder.name}'.")
            return
        if code := code_run_by(folder.experiment()):
            self._ask_for_code(code, lambda: self._resume(folder, allow_code=True))
        else:
            self._resume(folder)

    def _resume(self, folder: RunFolder, *, allow_code: bool = False) -> None:
        self.show_page("Live")
        self.controller.resume_folder(folder, allow_code=allow_code)

    def _export(self, run: RunFolder) -> None:
        self.show_page("Export")
        self.export_page.choose(run)

    def _follow_state(self, state: State) -> None:
        if not state.is_busy:
            if self.controller.folder is not None:
                self.compare_page.choose(self.controller.folder)
            self.export_page.refresh()
            if self._leaving:
                self.close()

    def complain(self, message: str, details: str = "") -> None:
        """Open the error dialog; one at a time."""
        if self.error is not None:
            return
        self.error = show_error(message, details, self)
        self.error.finished.connect(self._forget_error)

    def _forget_error(self) -> None:
        self.error = None

    def closeEvent(self, event: QCloseEvent) -> None:  # noqa: N802
        """During a run, ask: save a checkpoint and quit, or go on."""
        if not self.controller.state.is_busy:
            event.accept()
            return
        event.ignore()
        if self._leaving:
            return
        box = QMessageBox(self)
        box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        box.setIcon(QMessageBox.Icon.Question)
        box.setWindowTitle("A run is going on")
        box.setText("Stop the run and quit?")
        box.setInformativeText("A checkpoint is saved; the run can be resumed from the Compare page.")
        leave = box.addButton("Save checkpoint and quit", QMessageBox.ButtonRole.AcceptRole)
        box.addButton("Go on", QMessageBox.ButtonRole.RejectRole)
        leave.clicked.connect(self._leave)
        box.open()

    def _leave(self) -> None:
        self._leaving = True
        if self.controller.state.is_busy:
            self.controller.stop()
        else:
            self.close()


def code_run_by(experiment: Experiment) -> str:
    """Name the files whose code the experiment runs; empty if there are none."""
    specs = [network.model for network in experiment.networks.values()]
    return " and ".join(dict.fromkeys(spec.summary() for spec in specs if spec.runs_code))


def rail_button(name: str, tip: str) -> QToolButton:
    """Make one button of the rail: icon over text."""
    button = QToolButton(objectName="rail", text=name)
    button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextUnderIcon)
    button.setIconSize(QSize(ICON, ICON))
    button.setFixedSize(RAIL_WIDTH - 16, 58)
    button.setToolTip(tip)
    button.setAccessibleName(tip)
    return button
