"""The terms of the field: a line to search in, those that are found, and what the chosen one means."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QLabel, QListWidget, QListWidgetItem, QVBoxLayout, QWidget

from kdstudio.gui.formula_view import FormulaView
from kdstudio.gui.html import paragraphs
from kdstudio.gui.layout import text_label
from kdstudio.gui.search_line import SearchLine
from kdstudio.runs.glossary import glossary

NAMES = 190
"""Pixels of the column of names."""


class GlossaryView(QWidget):
    """Search on the left, the meaning on the right."""

    def __init__(self, term: str = "") -> None:
        """Show ``term`` at first, by its name in the glossary, or else the first one."""
        super().__init__()
        self.search = SearchLine("Search the glossary", "Search the glossary")
        self.names = QListWidget(objectName="choices")
        self.names.setAccessibleName("Terms")
        self.names.setSpacing(2)
        self.nothing = text_label("No term has these words.", "muted")
        self.title = QLabel(objectName="heading")
        self.says = text_label()
        self.formula = FormulaView()
        self.source = text_label(name="muted")
        meaning = QVBoxLayout()
        for part in (self.title, self.says, self.formula, self.source):
            meaning.addWidget(part)
        meaning.addStretch(1)
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setSpacing(12)
        for row, part in enumerate((self.search, self.names, self.nothing)):
            part.setFixedWidth(NAMES)
            grid.addWidget(part, row, 0)
        grid.addLayout(meaning, 0, 1, 3, 1)
        grid.setColumnStretch(1, 1)
        self.search.textChanged.connect(self._find)
        self.search.left.connect(self.names.setFocus)
        self.names.currentItemChanged.connect(self._show)
        self._find(term=term)

    @property
    def term(self) -> str:
        """Name of the chosen term; empty if there is none."""
        item = self.names.currentItem()
        return str(item.data(Qt.ItemDataRole.UserRole)) if item else ""

    def _find(self, words: str = "", *, term: str = "") -> None:
        """List the terms that have ``words``, and show the one called ``term``, or the first."""
        found = glossary().found(words)
        self.names.clear()
        for name in found:
            item = QListWidgetItem(glossary().terms[name].title)
            item.setData(Qt.ItemDataRole.UserRole, name)
            self.names.addItem(item)
        self.names.setVisible(bool(found))
        self.nothing.setVisible(not found)
        if found:
            self.names.setCurrentRow(found.index(term) if term in found else 0)

    def _show(self) -> None:
        if not self.term:
            return  # what was read stays in sight while the list is empty
        term = glossary().terms[self.term]
        self.title.setText(term.title)
        self.says.setText(term.says)
        self.formula.show_formula(term.formula)
        self.formula.setVisible(bool(term.formula))
        self.source.setText(paragraphs(term.source))
