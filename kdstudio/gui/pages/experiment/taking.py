"""What is dropped on the experiment page goes into the form."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QObject
from PySide6.QtGui import QCursor
from PySide6.QtWidgets import QMenu, QWidget

from kdstudio.data.declaration import DatasetSpec, datasets
from kdstudio.engine.experiment import FromFile
from kdstudio.gui.dropping import Dropped, Dropping
from kdstudio.gui.forms.draft import Draft
from kdstudio.gui.forms.editors import hint_for
from kdstudio.gui.forms.form import default_values
from kdstudio.gui.forms.path_editor import FOLDER

SOURCE = ("data", "source")


class Taking(QObject):
    """Experiments are loaded, folders become the data; of weights it is asked whose they are."""

    def __init__(self, page: QWidget, draft: Draft, load: Callable[[str], object]) -> None:
        """``load`` puts an experiment file into the form."""
        super().__init__(page)
        self._page, self._draft, self._load = page, draft, load
        Dropping(page, self.take)

    def take(self, dropped: Dropped) -> None:
        """Put ``dropped`` where it belongs."""
        if dropped.kind == "experiment":
            self._load(str(dropped.path))
        elif dropped.kind == "folder":
            entry, field = folder_source()
            self._draft.choose(SOURCE, default_values(entry) | {field: str(dropped.path)})
        else:
            menu = self.offer(dropped.path)
            menu.popup(QCursor.pos())

    def offer(self, weights: Path) -> QMenu:
        """Make the menu that asks which network ``weights`` are of."""
        menu = QMenu(self._page)
        menu.aboutToHide.connect(menu.deleteLater)
        for role in self._draft.raw["networks"]:
            menu.addAction(f"Weights of the {role}", lambda chosen=role: self._give(chosen, weights))
        return menu

    def _give(self, role: str, weights: Path) -> None:
        self._draft.choose(("networks", role, "weights"), default_values(FromFile) | {"path": str(weights)})


def folder_source() -> tuple[type[DatasetSpec], str]:
    """Return the data set that must be told a folder, and its option for it."""
    return next(
        (entry, name)
        for entry in datasets.values()
        for name, field in entry.model_fields.items()
        if field.is_required() and hint_for(field, "path") == FOLDER
    )
