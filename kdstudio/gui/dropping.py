"""What is dropped on a page: an experiment, weights, or a folder of images."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Literal, NamedTuple

from PySide6.QtCore import QEvent, QMimeData, QObject, Qt
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QWidget

from kdstudio.engine.experiment import FromFile
from kdstudio.gui.forms.editors import hint_for

EXPERIMENT = "experiment.toml"
"""What a run's folder has, by which it is known."""


class Dropped(NamedTuple):
    """One path, and what it is."""

    kind: Literal["experiment", "weights", "folder"]
    path: Path


def dropped_path(data: QMimeData) -> Path | None:
    """Return the one file or folder that is dropped; None for anything else."""
    paths = [Path(url.toLocalFile()) for url in data.urls() if url.isLocalFile()]
    return paths[0] if len(paths) == 1 else None


def what_is(path: Path) -> Dropped | None:
    """Tell what ``path`` is for an experiment; None where it is nothing that can be used."""
    if path.is_dir():
        run = path / EXPERIMENT
        return Dropped("experiment", run) if run.is_file() else Dropped("folder", path)
    if path.suffix == ".toml":
        return Dropped("experiment", path)
    weights = hint_for(FromFile.model_fields["path"], "path").split()
    return Dropped("weights", path) if any(path.match(pattern) for pattern in weights) else None


class Dropping(QObject):
    """Lets a page take what is dropped anywhere on it; editors that take paths come first."""

    def __init__(self, page: QWidget, take: Callable[[Dropped], object]) -> None:
        """``take`` is called with what was dropped."""
        super().__init__(page)
        self._take = take
        page.setAcceptDrops(True)
        page.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802
        """Say at the edge whether it is taken; take it when it falls."""
        if isinstance(event, QDragEnterEvent | QDropEvent):
            path = dropped_path(event.mimeData())
            found = what_is(path) if path else None
            event.setDropAction(Qt.DropAction.CopyAction)
            event.setAccepted(found is not None)
            if found is not None and event.type() == QEvent.Type.Drop:
                self._take(found)
            return True
        return super().eventFilter(watched, event)
