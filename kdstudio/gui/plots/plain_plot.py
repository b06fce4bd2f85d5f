"""The library's plot, but for its menu: 46 widgets in each, two of five in the window, for nobody."""

from __future__ import annotations

from typing import Any

import pyqtgraph as pg
from pyqtgraph.graphicsItems.PlotItem import plotConfigTemplate_generic as form
from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget, QWidgetAction
from shiboken6 import delete

GROUP = "Group"
"""Ends the names of what stands in the menu."""
CHECKED = ("alphaGroup", "pointsGroup", "peakRadio", "autoDownsampleCheck", "autoPointsCheck")
VALUES = {"gridAlphaSlider": 128, "alphaSlider": 1000, "downsampleSpin": 1}
MOST = {"gridAlphaSlider": 255, "alphaSlider": 1000}


class PlainPlot(pg.PlotItem):
    """Its settings are numbers, and no widgets."""

    def __init__(self, **options: Any) -> None:  # noqa: ANN401
        """Take what the library's takes, but ``enableMenu``."""
        widgets, form.Ui_Form = form.Ui_Form, Settings
        try:
            super().__init__(enableMenu=False, **options)
        finally:
            form.Ui_Form = widgets
        for action in self.findChildren(QWidgetAction):
            delete(action)
        delete(self.ctrlMenu)
        self.ctrlMenu = QObject(self)  # closing a plot parts it from its menu

    def updateParamList(self) -> None:  # noqa: N802
        """No curves are averaged."""


class Settings:
    """What stands in the menu, by the library's names; made when it is first asked for."""

    def setupUi(self, _form: QWidget) -> None:  # noqa: N802
        """Nothing is shown."""

    def __getattr__(self, name: str) -> QObject:
        """Return the setting, or the group of settings, called ``name``."""
        made = Group(name) if name.endswith(GROUP) else Setting(name)
        setattr(self, name, made)
        return made


class Group(QWidget):
    """A group of settings that may be off as a whole."""

    toggled = Signal(bool)

    def __init__(self, name: str) -> None:
        """As it is at first."""
        super().__init__()
        self._is_checked = name in CHECKED

    def isChecked(self) -> bool:  # noqa: N802
        """Tell whether it is on; nothing turns it."""
        return self._is_checked


class Setting(QObject):
    """What a check box, a slider, a number or the list of averaged curves, which is empty, would hold."""

    toggled = Signal(bool)
    valueChanged = Signal(int)  # noqa: N815
    itemClicked = Signal(object)  # noqa: N815

    def __init__(self, name: str) -> None:
        """As it is at first."""
        super().__init__()
        self._is_checked = name in CHECKED
        self._value, self._most = VALUES.get(name, 0), MOST.get(name, 0)

    def isChecked(self) -> bool:  # noqa: N802
        """Tell whether it is on."""
        return self._is_checked

    def setChecked(self, is_checked: bool) -> None:  # noqa: N802
        """Turn it on or off."""
        if is_checked != self._is_checked:
            self._is_checked = is_checked
            self.toggled.emit(is_checked)

    def value(self) -> int:
        """Return its number."""
        return self._value

    def setValue(self, value: int) -> None:  # noqa: N802
        """Set its number."""
        if value != self._value:
            self._value = value
            self.valueChanged.emit(value)

    def maximum(self) -> int:
        """Return the highest number."""
        return self._most

    def count(self) -> int:
        """Return how many are listed."""
        return 0
