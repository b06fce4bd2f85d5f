"""The results of the chosen runs in words and tables, which can be saved and copied."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtGui import QContextMenuEvent, QKeyEvent, QKeySequence, QTextOption
from PySide6.QtWidgets import QTextBrowser

from kdstudio.gui.html import Html
from kdstudio.gui.pages.compare.run_notes import note_tables, notes
from kdstudio.gui.saving.saving import Saving
from kdstudio.gui.saving.tables import table_content
from kdstudio.runs.summary import Summary


class NotesBrowser(QTextBrowser):
    """Text that can be selected; what is selected is copied before the tables are."""

    def __init__(self) -> None:
        """Nothing to tell."""
        super().__init__(frameShape=QTextBrowser.Shape.NoFrame)
        self._summaries: Sequence[Summary] = ()
        self._shown = Html()
        self.setWordWrapMode(QTextOption.WrapMode.WordWrap)  # broad tables scroll
        self.setAccessibleName("Results in words")
        self.viewport().setAutoFillBackground(False)
        self.document().setDocumentMargin(0)
        self.saving = Saving(
            self, lambda: table_content(self, "Results", lambda: note_tables(self._summaries))
        )

    def show_runs(self, summaries: Sequence[Summary]) -> None:
        """Tell of ``summaries``; the same text stays where it is scrolled to."""
        self._summaries, text = summaries, notes(summaries)
        if text != self._shown:
            self._shown = text
            self.setHtml(text)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        """Copy the tables where no text is selected."""
        if event.matches(QKeySequence.StandardKey.Copy) and not self.textCursor().hasSelection():
            self.saving.copy()
        else:
            super().keyPressEvent(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:  # noqa: N802
        """Offer what can be done with the selected text, or with the tables."""
        if self.textCursor().hasSelection():
            super().contextMenuEvent(event)
        else:
            self.saving.open_menu(event.globalPos())
