"""The main window: rail of pages, pages, run bar."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QCloseEvent
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QMainWindow,
    QPushButton,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from kdstudio.errors import KDStudioError
from kdstudio.gui.empty_state import EmptyState
from kdstudio.gui.icons import page_icon
from kdstudio.gui.page_focus import take_focus
from kdstudio.gui.pages import KEYS, PAGES
from kdstudio.gui.permission import once_allowed
from kdstudio.gui.rail import Rail
from kdstudio.gui.run_states import State
from kdstudio.gui.tab_order import tab_stop
from kdstudio.gui.theme import Theme

if TYPE_CHECKING:
    from kdstudio.engine.experiment import Experiment
    from kdstudio.gui.dialogs import ErrorDialog
    from kdstudio.gui.presentation.presentation import Presentation
    from kdstudio.gui.settings_dialog import SettingsDialog
    from kdstudio.problems import Problem
    from kdstudio.runs.folder import RunFolder

MENUS = ("&File", "&Edit", "&View", "&Run", "&Tools", "&Help")
LEAST_SIZE = QSize(1000, 640)
FIRST_PAGE = "Experiment"
BAR_ROOM = 17
"""Pixels of the run bar around its buttons."""


class MainWindow(QMainWindow):
    """KD Studio."""

    def __init__(self, theme: Theme, runs: Path | None = None) -> None:
        """Make the frame, until :meth:`begin`; at once all, where it is said where ``runs`` are kept."""
        super().__init__()
        self.setWindowTitle("KD Studio")
        self.resize(1280, 800)
        self.theme = theme
        self.empty_menus = {title: self.menuBar().addMenu(title) for title in MENUS}
        self.stack = QStackedWidget()
        self._pages: dict[str, QWidget] = {}
        self.presentation: Presentation | None = None
        self.rail = Rail(theme, KEYS)
        self._lay_out()
        self.rail.wanted.connect(self.show_page)
        self.rail.mark(FIRST_PAGE)
        self.setFocus()  # until there is a page, which takes it
        theme.changed.connect(self._follow_theme)
        self._follow_theme()
        if runs:
            self.begin(runs)
            self.show_presets()

    def begin(self, runs: Path) -> None:
        """Load what most of the start is spent on, and show the form; runs are kept in ``runs``."""
        from kdstudio.gui.closing import Closing
        from kdstudio.gui.controller import RunController
        from kdstudio.gui.enter_key import EnterKey
        from kdstudio.gui.failures import Failures
        from kdstudio.gui.forms.draft import Draft
        from kdstudio.gui.last_experiment import LastExperiment
        from kdstudio.gui.left_strip import LeftStrip
        from kdstudio.gui.menus import Menus
        from kdstudio.gui.run_bar import RunBar
        from kdstudio.gui.run_index import SharedIndex
        from kdstudio.gui.saving.keys import SavingKeys
        from kdstudio.runs.presets import DEFAULT_PRESET

        self.runs = runs
        self.draft = Draft(DEFAULT_PRESET, self)
        self.last_experiment = LastExperiment(self.draft)
        notice = self.last_experiment.restore()
        self.controller = RunController(runs, self)
        self.failures = Failures(self, self.controller, self.draft, self)
        self.index = SharedIndex(runs, self)
        self.run_bar = RunBar(self.controller)
        self.left = LeftStrip(self.controller.watch, self.line_up)
        self._whole.insertWidget(0, self.left)
        self._whole.replaceWidget(self._empty_bar, self.run_bar)
        self._empty_bar.hide()
        self._empty_bar.deleteLater()
        self.closing = Closing(self, self.controller)
        self._connect()
        SavingKeys(self, otherwise=self.save_as)
        EnterKey(self)
        self.menus = Menus(self)
        self.show_page(FIRST_PAGE)
        self.experiment_page.form.head.tell(notice)

    def show_presets(self) -> None:
        """Show the presets beside the form, which need not wait for them."""
        self.experiment_page.gallery.fill()

    def put_on_top(self, strip: QWidget) -> None:
        """Show ``strip`` above all else."""
        self._whole.insertWidget(0, strip)

    @property
    def experiment_page(self) -> Any:  # noqa: ANN401
        """The page with the form."""
        return self.page("Experiment")

    @property
    def current_page(self) -> str:
        """Name of the page in sight."""
        return next(name for name, page in self._pages.items() if page is self.stack.currentWidget())

    def page(self, name: str) -> Any:  # noqa: ANN401
        """Return the page called ``name``; it is made when it is first asked for."""
        if name not in self._pages:
            self._pages[name] = PAGES[name](self)
            self.stack.addWidget(self._pages[name])
            self.theme.restyling.put_off(self._pages[name])
            for empty in self._pages[name].findChildren(EmptyState):
                empty.preset_wanted.connect(self.open_preset)
                empty.page_wanted.connect(self.show_page)
        return self._pages[name]

    def make_pages(self) -> None:
        """Make every page now; the plots' library need not hold up the first paint."""
        for name in PAGES:
            self.page(name)

    def _lay_out(self) -> None:
        body = QHBoxLayout()
        body.setContentsMargins(0, 0, 0, 0)
        body.setSpacing(0)
        body.addWidget(self.rail)
        body.addWidget(self.stack, 1)
        central = QWidget()
        self._whole = QVBoxLayout(central)
        self._whole.setContentsMargins(0, 0, 0, 0)
        self._whole.setSpacing(0)
        self._whole.addLayout(body, 1)
        self._empty_bar = empty_bar()
        self._whole.addWidget(self._empty_bar)
        self.setCentralWidget(central)

    def _connect(self) -> None:
        self.run_bar.run_button.clicked.connect(self.run)
        self.run_bar.resume_wanted.connect(self.resume_followed)
        self.run_bar.queue_wanted.connect(lambda: self.show_page("Queue"))
        self.run_bar.word.mend_wanted.connect(self.mend)
        self.run_bar.word.failure_wanted.connect(self.failures.tell_again)
        self.run_bar.word.outcome_wanted.connect(lambda: self.show_page("Live"))
        self.draft.changed.connect(self._show_runnable)
        self._show_runnable()
        self.controller.state_changed.connect(self._follow_state)

    def _follow_theme(self) -> None:
        """Be large enough for the text, if the screen is."""
        wanted = (LEAST_SIZE * self.theme.size).boundedTo(self.screen().availableSize())
        self.setMinimumSize(wanted.expandedTo(LEAST_SIZE))
        self.setWindowIcon(page_icon("Live", self.theme.colours["accent"]))

    def show_page(self, name: str) -> None:
        """Turn to the page called ``name``; the focus goes with it, unless it is in the run bar."""
        page = self.page(name)
        at_first = page.focusWidget() is None  # turning to it gives the focus to some control
        self.theme.restyling.bring(page)
        self.stack.setCurrentWidget(page)
        self.rail.mark(name)
        if not self.run_bar.isAncestorOf(self.focusWidget()):
            take_focus(page, at_first=at_first)

    def go_to(self, name: str) -> None:
        """Turn to the page called ``name``, with the focus, wherever that was."""
        self.show_page(name)
        take_focus(self.page(name))

    def go_to_field(self) -> None:
        """Ask for a field of the form, and turn to it."""
        self.show_page("Experiment")
        self.experiment_page.form.pick_field()

    def open_preset(self, source: str) -> None:
        """Put a preset or file into the form, and turn to it."""
        self.show_page("Experiment")
        self.experiment_page.load(source)

    def save_as(self) -> None:
        """Save the experiment in the form as a file."""
        self.show_page("Experiment")
        self.experiment_page.save_as()

    def focusNextPrevChild(self, forward: bool) -> bool:  # noqa: N802
        """Follow the Tab key as the window is read."""
        stop = tab_stop(self.centralWidget(), self.focusWidget(), forward=forward)
        if stop is None:
            return False
        stop.setFocus(Qt.FocusReason.TabFocusReason if forward else Qt.FocusReason.BacktabFocusReason)
        return True

    def toggle_full_screen(self) -> None:
        """Take the whole screen, or give it back."""
        if self.isFullScreen():
            self.showNormal()
        else:
            self.showFullScreen()

    def present(self) -> None:
        """Show one plot of the page in sight, large enough for a hall, or go back."""
        if self.presentation is None:
            from kdstudio.gui.presentation.presentation import Presentation

            self.presentation = Presentation(self)
        self.presentation.toggle()

    def _show_runnable(self) -> None:
        """Say whether the form can be run, or why not; a failure before it was changed is past."""
        self.run_bar.set_runnable(not self.draft.problems)
        self.run_bar.word.show_problems(self.draft.problems)
        self.controller.forget_failure()

    def mend(self) -> None:
        """Lead to what has to be mended in the form."""
        self.show_page("Experiment")
        if self.draft.problems:
            self.show_problem(self.draft.problems[0])

    def show_problem(self, problem: Problem) -> None:
        """Lead to the field of ``problem``."""
        self.show_page("Experiment")
        self.page("Experiment").show_problem(problem.path)

    def run(self) -> None:
        """Run what the form describes, and watch it."""
        experiment = self.draft.experiment
        if experiment is None or self.draft.problems:
            return
        once_allowed(self, [experiment], partial(self._begin, experiment))

    def _begin(self, experiment: Experiment, *, allow_code: bool) -> None:
        self.controller.run(experiment, allow_code=allow_code)
        self._watch_run()

    def _watch_run(self) -> None:
        """Turn to what has just begun; what has to wait leaves the user where he is."""
        if self.controller.state is State.PREPARING:
            self.show_page("Live")

    def resume(self, folder: RunFolder) -> None:
        """Go on with an unfinished run, or put it in line."""
        try:
            experiment = folder.experiment()
        except KDStudioError as error:
            self.complain(str(error))
            return
        once_allowed(self, [experiment], partial(self._resume, folder))

    def _resume(self, folder: RunFolder, *, allow_code: bool) -> None:
        self.controller.resume_folder(folder, allow_code=allow_code)
        self._watch_run()

    def resume_followed(self) -> None:
        """Go on with the run that is in sight."""
        if self.controller.folder:
            self.resume(self.controller.folder)

    def line_up(self, keys: Sequence[str], put: Callable[..., None]) -> None:
        """Put entries of the queue in line, once code that they would run is allowed.

        ``put`` is a method of the queue that takes their keys and ``allow_code``.
        """
        watch = self.controller.watch

        def go_on(*, allow_code: bool) -> None:
            watch.change(lambda queue: put(queue, keys, allow_code=allow_code))

        try:
            experiments = [entry.read() for entry in watch.entries if entry.key in keys]
        except KDStudioError as error:
            self.complain(str(error))
            return
        once_allowed(self, experiments, go_on)

    def finish(self) -> None:
        """End what goes on beside the window, before the program ends."""
        self.last_experiment.keep()
        if "Export" in self._pages:
            self.page("Export").finish()
        self.controller.finish()

    def export(self, run: RunFolder) -> None:
        """Turn to the export of ``run``."""
        self.show_run("Export", run)

    def show_run(self, page: str, run: RunFolder) -> None:
        """Turn to ``run`` on the page called ``page``."""
        self.page(page).choose(run)
        self.show_page(page)

    def look_at(self, run: RunFolder) -> None:
        """Turn to the curves of ``run`` while it runs, to its figures afterwards."""
        if self.controller.running_in(run):
            self.watch(run)
        else:
            self.show_run("Compare", run)

    def watch(self, run: RunFolder) -> None:
        """Turn to the curves of ``run``."""
        self.show_page("Live")
        self.page("Live").choose(run)

    def use_settings(self, run: RunFolder) -> SettingsDialog | None:
        """Put the settings of ``run`` into the form, after telling what differs; None if they are damaged."""
        return self._offer_settings(run, run.experiment)

    def train_on(self, run: RunFolder) -> SettingsDialog | None:
        """Do the same with its weights to start from; None where there are none."""
        from kdstudio.runs.more_epochs import going_on_from

        return self._offer_settings(run, lambda: going_on_from(run, run.experiment()))

    def _offer_settings(self, run: RunFolder, read: Callable[[], Experiment]) -> SettingsDialog | None:
        from kdstudio.gui.settings_dialog import SettingsDialog

        try:
            dialog = SettingsDialog(self.draft, run, read(), self)
        except KDStudioError as error:
            self.complain(str(error))
            return None
        dialog.accepted.connect(lambda: self.show_page("Experiment"))
        dialog.open()
        return dialog

    @property
    def error(self) -> ErrorDialog | None:
        """The dialog that tells what has gone wrong, while it is open."""
        return self.failures.dialog

    def complain(self, message: str, details: str = "") -> None:
        """Tell that something has gone wrong."""
        self.failures.complain(message, details)

    def _follow_state(self, state: State) -> None:
        if state.is_busy:
            return
        self.index.look_now()
        if self.controller.folder is not None and "Compare" in self._pages:
            self.page("Compare").choose(self.controller.folder)

    def closeEvent(self, event: QCloseEvent) -> None:  # noqa: N802
        """During a run of this window's, ask what is to become of it."""
        event.setAccepted(self.closing.may_close())


def empty_bar() -> QFrame:
    """Stand where the run bar will be, as tall as its buttons."""
    bar = QFrame(objectName="runbar")
    bar.setFixedHeight(QPushButton("Run", objectName="primary").sizeHint().height() + BAR_ROOM)
    return bar
