"""An index that nobody has to read."""

import pytest
from PySide6.QtCore import QObject, Signal

from kdstudio.gui.pages.compare.compare_page import ComparePage
from kdstudio.runs.folder import RunFolder
from kdstudio.runs.index import RunIndex
from kdstudio.runs.labels import Labels
from kdstudio.runs.summary import Summary


class Index(QObject):
    """Runs by name, in a folder that need not be there."""

    changed = Signal()

    def __init__(self, path, *summaries):
        super().__init__()
        self.path = path
        self.summaries = {RunFolder(path / found.name): found for found in summaries}
        self.damaged: dict[RunFolder, Summary] = {}
        self.labels: dict[RunFolder, Labels] = {}

    def put(self, *summaries):
        new = {RunFolder(self.path / found.name): found for found in summaries}
        self.summaries = new | {run: found for run, found in self.summaries.items() if run not in new}
        self.changed.emit()

    def look(self):
        """Read the labels that are there, and forget runs that are not."""
        self.summaries = {run: found for run, found in self.summaries.items() if run.path.exists()}
        reader = RunIndex(self.path)
        reader.refresh()
        self.damaged, self.labels = reader.damaged, reader.labels
        self.changed.emit()


@pytest.fixture
def make_page(qtbot, theme):
    def make(index):
        page = ComparePage(theme, index)
        qtbot.addWidget(page)
        page.show()
        return page

    return make
