"""One preset of the gallery: title, paper, what it takes, time."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QPushButton, QSizePolicy, QVBoxLayout

from kdstudio.gui.layout import TextLabel, tip
from kdstudio.runs.preset_facts import PresetFacts, Took


class PresetButton(QPushButton):
    """Pressed, it puts its preset into the form."""

    def __init__(self, facts: PresetFacts) -> None:
        """Show ``facts``."""
        super().__init__(objectName="preset", checkable=True)
        self.name = facts.name
        self.setToolTip(tip(facts.about.shows))
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 10, 12, 10)
        column.setSpacing(3)
        lacks = f" (needs {facts.lacks})" if facts.lacks else ""
        self._spoken = f"Preset {facts.name}: {facts.about.title}; {facts.strategy} on {facts.data}{lacks}"
        self.time = TextLabel(objectName="muted", wordWrap=True)
        for text, look in (
            (facts.about.title, "heading"),
            (facts.paper, "muted"),
            (f"{facts.strategy} · {facts.data}{lacks}", "muted"),
        ):
            if text:
                label = TextLabel(objectName=look, wordWrap=True)
                label.setText(text)
                column.addWidget(label)
        column.addWidget(self.time)
        for label in self.findChildren(TextLabel):
            label.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        policy = self.sizePolicy()
        policy.setVerticalPolicy(QSizePolicy.Policy.Minimum)
        self.setSizePolicy(policy)

    def show_time(self, took: Took) -> None:
        """Say how long it takes."""
        self.time.setText(took.text)
        self.time.setVisible(bool(took.text))
        self.setAccessibleName("; ".join(filter(None, (self._spoken, took.text))))
