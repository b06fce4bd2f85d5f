"""The head of the form: which preset or file it began with, whether it is edited, undo and redo."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtGui import QFontMetrics, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QToolButton, QVBoxLayout, QWidget

from kdstudio.gui.forms.draft import Draft
from kdstudio.runs.presets import preset_names

UNDO, REDO = "↶", "↷"
SPACING = 8


class FormHead(QWidget):
    """Tells what the form shows, and takes changes back."""

    def __init__(self, draft: Draft) -> None:
        """Follow ``draft``."""
        super().__init__()
        self._draft = draft
        self._title = self._whence = ""
        self.title = QLabel(objectName="title")
        self.whence = QLabel(objectName="muted")
        self.badge = QLabel("edited", objectName="badge")
        self.reset_button = QToolButton(objectName="inline", text="Reset all")
        self.undo_button = QToolButton(objectName="inline", text=UNDO, toolTip="Undo (Ctrl+Z)")
        self.redo_button = QToolButton(objectName="inline", text=REDO, toolTip="Redo (Ctrl+Shift+Z)")
        self.undo_button.setAccessibleName("Undo")
        self.redo_button.setAccessibleName("Redo")
        self.notice = QLabel(objectName="muted", wordWrap=True, visible=False)
        self.reset_button.clicked.connect(lambda: draft.reset())
        self.undo_button.clicked.connect(draft.undo)
        self.redo_button.clicked.connect(draft.redo)
        self._lay_out()
        draft.changed.connect(self._show)
        draft.replaced.connect(self.notice.hide)
        self._show()

    def _lay_out(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 6, 0)
        column.setSpacing(4)
        for parts in (
            (self.title, self.undo_button, self.redo_button),
            (self.whence, self.badge, self.reset_button),
        ):
            row = QHBoxLayout()
            row.setSpacing(SPACING)
            row.addWidget(parts[0], 1)
            for part in parts[1:]:
                row.addWidget(part, 0, Qt.AlignmentFlag.AlignVCenter)
            column.addLayout(row)
        self.reset_button.setSizePolicy(retaining(self.reset_button))
        column.addWidget(self.notice)

    def tell(self, notice: str) -> None:
        """Say something quietly, until another experiment is in the form; nothing for nothing."""
        self.notice.setText(notice)
        self.notice.setVisible(bool(notice))

    def _show(self) -> None:
        draft = self._draft
        count = len(draft.changes)
        about = draft.origin.get("about") or {}
        self._title = about.get("title") or Path(draft.source).stem
        self._whence = f"preset {draft.source}" if draft.source in preset_names() else draft.source
        self.title.setToolTip(self._title)
        self.whence.setToolTip(draft.source)
        self.title.setAccessibleName(f"{self._title}, {'edited' if count else 'not edited'}")
        for part in (self.badge, self.reset_button):
            part.setVisible(bool(count))
        self.reset_button.setToolTip(f"Put {count} changed field{'s' * (count > 1)} back")
        self.undo_button.setEnabled(bool(draft.history.before))
        self.redo_button.setEnabled(bool(draft.history.after))
        self._elide()

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        """Show as much of the title as there is room for."""
        super().resizeEvent(event)
        self._elide()

    def _elide(self) -> None:
        for label, text, mode in (
            (self.title, self._title, Qt.TextElideMode.ElideRight),
            (self.whence, self._whence, Qt.TextElideMode.ElideMiddle),
        ):
            label.setText(QFontMetrics(label.font()).elidedText(text, mode, label.width()))


def retaining(widget: QWidget) -> QSizePolicy:
    """Policy of ``widget`` by which it keeps its place while it is hidden."""
    policy = widget.sizePolicy()
    policy.setRetainSizeWhenHidden(True)
    return policy
