"""Every dialog of the window, opened over it."""

from collections.abc import Callable

from PySide6.QtWidgets import QDialog

from kdstudio.gui.cache_dialog import CacheDialog
from kdstudio.gui.dialogs import ask
from kdstudio.gui.forms.field_picker import FieldPicker
from kdstudio.gui.forms.sweepable import sweepable
from kdstudio.gui.model_picker import ModelPicker
from kdstudio.gui.pages.compare.labels_dialog import LabelsDialog
from kdstudio.gui.settings_dialog import SettingsDialog
from kdstudio.gui.window import MainWindow


def _opened(dialog: QDialog) -> QDialog:
    dialog.open()
    return dialog


def _error(window: MainWindow) -> QDialog:
    window.complain("alpha of 'hinton' is 3, but at most 1; choose a share of the labels", "Traceback")
    return window.error


def _question(window: MainWindow) -> QDialog:
    ask(window, "A run is going on", "Stop it?", "A checkpoint is saved.", {"Stop": None, "Go on": None})
    return next(child for child in window.findChildren(QDialog) if child.isVisible())


def _fields(window: MainWindow) -> QDialog:
    return _opened(FieldPicker("Choose a field to sweep", [*sweepable(window.draft.raw)], window))


def _search(window: MainWindow) -> QDialog:
    dialog = window.page("Search").begin()
    for field in [*sweepable(window.draft.raw)][:3]:
        dialog.add(field)
    return dialog


def _run(window: MainWindow):
    return next(iter(window.index.summaries))


DIALOGS: dict[str, Callable[[MainWindow], QDialog]] = {
    "error": _error,
    "question": _question,
    "kept between runs": lambda window: _opened(CacheDialog(window)),
    "architectures": lambda window: _opened(ModelPicker((1, 8, 8, None), 10, window)),
    "settings": lambda window: _opened(
        SettingsDialog(window.draft, _run(window), _run(window).experiment(), window)
    ),
    "labels": lambda window: _opened(LabelsDialog([_run(window)], ["paper"], window)),
    "fields": _fields,
    "new search": _search,
}
