"""No exception leaves what Qt calls; the first test shows what happens otherwise."""

import os
import subprocess
import sys

import pytest

SHOWING = """
import datetime, sys
from PySide6.QtCore import QAbstractListModel, QSize, QSortFilterProxyModel, Qt, QTimer
from PySide6.QtWidgets import QApplication, QWidget
{}
application = QApplication([])
sys.excepthook = lambda kind, error, trace: print(kind.__name__)

class Failing(QWidget):
    def showEvent(self, event):
        datetime.datetime.fromisoformat("no date")
    def sizeHint(self):
        raise ValueError
    def eventFilter(self, watched, event):
        raise LookupError
    def show_rows(self):
        raise KeyError("of ours, for whoever calls it")

class Model(QAbstractListModel):
    def rowCount(self, parent=None):
        return 2
    def data(self, index, role=0):
        datetime.datetime.fromisoformat("no date")

class Later(Failing):
    def showEvent(self, event):
        super().showEvent(event)
        print("goes on")

def go():
    model, sorted_model = Model(), QSortFilterProxyModel()
    sorted_model.setSourceModel(model)
    sorted_model.sort(0)
    widget = Later()
    widget.show()
    print(widget.sizeHint() == QWidget().sizeHint(), widget.eventFilter(None, None))
    try:
        widget.show_rows()
    except KeyError as error:
        print(error)
    application.quit()

QTimer.singleShot(0, go)
application.exec()
"""
OF_ALL_KINDS = """
import sys
from abc import ABCMeta, abstractmethod
from typing import Generic, TypeVar
from PySide6.QtCore import QSize
from PySide6.QtWidgets import QApplication, QWidget
from kdstudio.gui.guard import guard_overrides; guard_overrides()
application = QApplication([])
sys.excepthook = lambda kind, error, trace: print(error)
T = TypeVar("T")
usual = QWidget().sizeHint()

def failing(self):
    raise ValueError(type(self).__name__)

class Generic1(QWidget, Generic[T]):
    sizeHint = failing

class Generic2(Generic[T], QWidget):
    sizeHint = failing

class Of(Generic1[int]):
    pass

class Meta(type(QWidget), ABCMeta):
    pass

class Abstract(QWidget, metaclass=Meta):
    sizeHint = failing
    @abstractmethod
    def needed(self): ...

class Whole(Abstract):
    def needed(self): ...

class Mixin:
    sizeHint = failing

class Mixed(Mixin, QWidget):
    pass

class Later(Mixin, QWidget):
    def sizeHint(self):
        return super().sizeHint()

for kind in (Generic1[str], Generic2[str], Of, Whole, Mixed, Later):
    print(kind().sizeHint() == usual)
"""
GUARD = "from kdstudio.gui.guard import guard_overrides; guard_overrides()"


def run(code: str) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"QT_QPA_PLATFORM": "offscreen"}
    return subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env=environment, check=False, timeout=60
    )


def test_what_fails_is_told_and_qt_goes_on_with_its_own_answer():
    done = run(SHOWING.format(GUARD))
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines.count("ValueError") >= 3
    assert "goes on" in lines
    assert "True False" in lines
    assert lines[-1] == "'of ours, for whoever calls it'"


def test_windows_classes_are_guarded(window):
    """An override without the guard may end the window; see what PySide does where it is missing."""
    from kdstudio.gui.in_sight import InSight
    from kdstudio.gui.pages.compare.runs_model import RunsModel

    for method in (InSight.eventFilter, RunsModel.data, type(window).closeEvent):
        assert hasattr(method, "__wrapped__")
    assert not hasattr(RunsModel.show, "__wrapped__")


@pytest.mark.parametrize("method", ["focusNextPrevChild", "resizeEvent"])
def test_plots_of_the_library_are_guarded_too(method, qapp):
    from pyqtgraph import GraphicsView

    guarded = [cls for cls in GraphicsView.__mro__ if method in vars(cls) and "pyqtgraph" in cls.__module__]
    assert all(hasattr(vars(cls)[method], "__wrapped__") for cls in guarded)


def test_classes_of_all_kinds_are_guarded():
    """Generic ones, with a metaclass or mixins; a mixin's own overrides, too."""
    done = run(OF_ALL_KINDS)
    assert done.returncode == 0, done.stderr
    names = ["Generic1", "Generic2", "Of", "Whole", "Mixed", "Later"]
    assert done.stdout.split() == [word for name in names for word in (name, "True")]
