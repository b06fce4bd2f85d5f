"""The presets to begin with, in their groups."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QButtonGroup,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from kdstudio.engine.experiment import About
from kdstudio.gui.layout import TextLabel, scrolled
from kdstudio.runs.presets import GROUPS, load_experiment, preset_group, preset_names

LEAST_WIDTH, WIDTH = 172, 250


class Gallery(QWidget):
    """A button for each preset, and buttons for files."""

    picked = Signal(str)
    """Name of a preset."""
    open_wanted = Signal()
    save_wanted = Signal()

    def __init__(self) -> None:
        """Show every preset that ships."""
        super().__init__()
        self._presets = QButtonGroup(self, exclusive=True)
        files = QHBoxLayout()
        for text, signal in (("Open…", self.open_wanted), ("Save as…", self.save_wanted)):
            button = QPushButton(text)
            button.clicked.connect(signal)
            files.addWidget(button)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addWidget(QLabel("Presets", objectName="title"))
        column.addWidget(scrolled(self._make_presets()), 1)
        column.addLayout(files)
        self.setMinimumWidth(LEAST_WIDTH)
        self.setMaximumWidth(WIDTH)

    def _make_presets(self) -> QWidget:
        presets = QWidget()
        column = QVBoxLayout(presets)
        column.setContentsMargins(0, 0, 6, 0)
        column.setSpacing(8)
        group = ""
        for name in preset_names():
            if preset_group(name) != group:
                group = preset_group(name)
                column.addWidget(QLabel(GROUPS[group], objectName="subheading", wordWrap=True))
            button = PresetButton(name, load_experiment(name).about or About(title=name))
            button.clicked.connect(lambda _checked, chosen=name: self.picked.emit(chosen))
            self._presets.addButton(button)
            column.addWidget(button)
        column.addStretch(1)
        return presets

    def button(self, name: str) -> PresetButton:
        """Return the button of the preset called ``name``."""
        return next(button for button in self._presets.buttons() if button.name == name)

    def mark(self, source: str) -> None:
        """Mark the preset that the form began with; none where that was a file."""
        self._presets.setExclusive(False)
        for button in self._presets.buttons():
            button.setChecked(button.name == source)
        self._presets.setExclusive(True)


class PresetButton(QPushButton):
    """One preset of the gallery: title, paper, time."""

    def __init__(self, name: str, about: About) -> None:
        """Show ``about``."""
        super().__init__(objectName="preset", checkable=True)
        self.name = name
        self.setAccessibleName(f"Preset {name}: {about.title}")
        self.setToolTip(about.shows)
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 10, 12, 10)
        column.setSpacing(3)
        paper = about.source.partition(", '")[0]
        for text, look in ((about.title, "heading"), (paper, "muted"), (about.expected, "muted")):
            if text:
                label = TextLabel(objectName=look, wordWrap=True)
                label.setText(text)
                label.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
                column.addWidget(label)
        policy = self.sizePolicy()
        policy.setVerticalPolicy(QSizePolicy.Policy.Minimum)
        self.setSizePolicy(policy)
