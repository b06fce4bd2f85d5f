"""The pages of the window, each imported when it is first wanted: the plots' library takes its time."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PySide6.QtWidgets import QWidget

    from kdstudio.gui.window import MainWindow


def _experiment(window: MainWindow) -> QWidget:
    from kdstudio.gui.in_sight import InSight
    from kdstudio.gui.pages.experiment.experiment_page import ExperimentPage

    page = ExperimentPage(window.draft)
    page.outlook.preview.look_in(window.runs)
    page.complained.connect(window.complain)
    page.outlook.follow(window.theme)
    index = window.index
    times = InSight(page, lambda: page.gallery.show_times(index.summaries.values()))
    index.changed.connect(times.look)
    return page


def _live(window: MainWindow) -> QWidget:
    from kdstudio.gui.pages.live_run.live_page import LivePage

    page = LivePage(window.theme, window.controller, window.index)
    page.page_wanted.connect(window.show_run)
    page.settings_wanted.connect(window.use_settings)
    return page


def _temperature(window: MainWindow) -> QWidget:
    from kdstudio.gui.pages.temperature.temperature_page import TemperaturePage

    page = TemperaturePage(window.theme, window.index)
    page.complained.connect(window.complain)
    return page


def _unseen(window: MainWindow) -> QWidget:
    from kdstudio.gui.pages.unseen.unseen_page import UnseenPage

    page = UnseenPage(window.theme, window.index)
    page.complained.connect(window.complain)
    return page


def _learned(window: MainWindow) -> QWidget:
    from kdstudio.gui.pages.learned.learned_page import LearnedPage

    page = LearnedPage(window.theme, window.index)
    page.complained.connect(window.complain)
    return page


def _compare(window: MainWindow) -> QWidget:
    from kdstudio.gui.pages.compare.compare_page import ComparePage

    page = ComparePage(window.theme, window.index)
    page.outdated.connect(window.index.look_now)
    page.curves_wanted.connect(window.watch)
    page.settings_wanted.connect(window.use_settings)
    page.epochs_wanted.connect(window.train_on)
    page.complained.connect(window.complain)
    page.export_wanted.connect(window.export)
    page.resume_wanted.connect(window.resume)
    if window.controller.folder is not None:
        page.choose(window.controller.folder)
    return page


def _export(window: MainWindow) -> QWidget:
    from kdstudio.gui.pages.export.export_page import ExportPage

    page = ExportPage(window.index)
    page.complained.connect(window.complain)
    return page


def _queue(window: MainWindow) -> QWidget:
    from kdstudio.gui.pages.queue.queue_page import QueuePage

    page = QueuePage(window.theme, window.controller.watch, window.index, window.line_up)
    page.open_wanted.connect(window.look_at)
    return page


def _lecture(window: MainWindow) -> QWidget:
    from kdstudio.gui.pages.lecture.lecture_page import LecturePage

    page = LecturePage(window.theme, window.controller, window.index)
    page.page_wanted.connect(window.show_run)
    page.complained.connect(window.complain)
    return page


def _search(window: MainWindow) -> QWidget:
    from kdstudio.gui.pages.search.search_page import SearchPage

    page = SearchPage(window.theme, window.draft, window.index, window.runs)
    page.open_wanted.connect(window.look_at)
    page.settings_wanted.connect(window.use_settings)
    page.complained.connect(window.complain)
    return page


PAGES = {
    "Experiment": _experiment,
    "Live": _live,
    "Temperature": _temperature,
    "Unseen": _unseen,
    "Learned": _learned,
    "Compare": _compare,
    "Export": _export,
    "Queue": _queue,
    "Lecture": _lecture,
    "Search": _search,
}
"""In the order of the rail."""
KEYS = dict(zip(PAGES, (*(f"Ctrl+{number}" for number in range(1, 10)), "Ctrl+J"), strict=True))
"""That turn to them; there is no tenth digit, Ctrl+0 is that of the text's size."""
