"""Several plots in one place; a box at the top chooses which is seen, and is their title."""

from __future__ import annotations

from PySide6.QtCore import QSignalBlocker, QSize, Signal
from PySide6.QtGui import QStandardItem, QStandardItemModel
from PySide6.QtWidgets import QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from kdstudio.gui.forms.editors import Choices
from kdstudio.gui.saving.button import SaveButton
from kdstudio.gui.saving.saving import Saving


class TitleChoice(Choices):
    """As wide as the title chosen."""

    def __init__(self) -> None:
        """Empty."""
        super().__init__("title-choice")
        self.setSizeAdjustPolicy(Choices.SizeAdjustPolicy.AdjustToContents)
        self.currentTextChanged.connect(self.updateGeometry)

    def sizeHint(self) -> QSize:  # noqa: N802
        """Leave out what the longest title needs beyond the one chosen."""
        hint, advance = super().sizeHint(), self.fontMetrics().horizontalAdvance
        longest = max((advance(self.itemText(place)) for place in range(self.count())), default=0)
        return QSize(hint.width() - longest + advance(self.currentText()), hint.height())

    def minimumSizeHint(self) -> QSize:  # noqa: N802
        """Return the same."""
        return self.sizeHint()


class PlotStack(QWidget):
    """Widgets by name, one of them in sight."""

    turned = Signal(str)
    """Another one has come into sight."""

    def __init__(self, widgets: dict[str, QWidget], what: str) -> None:
        """``what`` tells those who cannot see what is chosen here."""
        super().__init__()
        self._widgets = widgets
        self.choice = TitleChoice()
        self.choice.setAccessibleName(what)
        self.head = QHBoxLayout()
        self.head.addWidget(self.choice)
        self.head.addStretch(1)
        self._stack = QStackedWidget()
        for name, widget in widgets.items():
            self.choice.addItem(name)
            self._stack.addWidget(widget)
        self.choice.currentTextChanged.connect(self._turn)
        self.save_button = SaveButton("what is shown", self._saving)
        top = QHBoxLayout()
        top.addLayout(self.head, 1)
        top.addWidget(self.save_button)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addLayout(top)
        column.addWidget(self._stack, 1)

    def _saving(self) -> Saving | None:
        """What saves the widget in sight, or a part of it; None while that has nothing to show."""
        within = self._stack.currentWidget().findChildren(Saving)
        return next((found for found in within if found.widget.isVisible()), None)

    def offer(self, widgets: dict[str, QWidget]) -> None:
        """Offer these instead, a widget maybe under several names; what is in sight stays if it is there."""
        before = self.shown()
        with QSignalBlocker(self.choice):
            self.choice.clear()
            self.choice.addItems(list(widgets))
            self.choice.setCurrentIndex(max(self.choice.findText(before), 0))
        self._widgets = widgets
        for widget in widgets.values():
            self._stack.addWidget(widget)
        self._turn(self.shown())

    def _turn(self, name: str) -> None:
        self._stack.setCurrentWidget(self._widgets[name])
        self.turned.emit(name)

    def show_widget(self, name: str) -> None:
        """Bring the one called ``name`` into sight."""
        self.choice.setCurrentText(name)

    def shown(self) -> str:
        """Name of the one in sight."""
        return self.choice.currentText()

    def set_available(self, name: str, available: bool) -> None:
        """Let the one called ``name`` be chosen, or grey it out."""
        self._item(name).setEnabled(available)

    def is_available(self, name: str) -> bool:
        """Tell whether the one called ``name`` can be chosen."""
        return self._item(name).isEnabled()

    def available(self) -> list[tuple[str, QWidget]]:
        """Name and widget of each that can be chosen."""
        return [(name, widget) for name, widget in self._widgets.items() if self.is_available(name)]

    def _item(self, name: str) -> QStandardItem:
        model = self.choice.model()
        assert isinstance(model, QStandardItemModel)
        return model.item(self.choice.findText(name))
