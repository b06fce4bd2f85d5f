"""A line of text that leads somewhere: cut where there is no room, whole in its tooltip."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QPushButton, QSizePolicy

from kdstudio.gui.layout import tip as broken

LEAST_WIDTH, MARGINS = 80, 6
ROUNDING = 1
"""A width is told in whole pixels, and may be a part of one too small."""
NOTHING = "no message"


class ElidedLink(QPushButton):
    """A button that looks like a link, as wide as its place allows."""

    def __init__(self) -> None:
        """Hidden, until there is something to say."""
        super().__init__(objectName="word", flat=True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.whole = ""
        """The text, before it is cut."""
        self.setAccessibleName(NOTHING)
        self.hide()

    def show_text(self, text: str, tip: str = "") -> None:
        """Show the first line of ``text``; nothing for nothing. ``tip`` says what a click does."""
        self.whole = text
        self.setToolTip(broken("\n".join(filter(None, (text, tip)))))
        self.setAccessibleName(text or NOTHING)
        self.setAccessibleDescription(tip)
        self.setVisible(bool(text))
        self._fit()
        self.updateGeometry()  # the button itself knows the cut text alone

    def minimumSizeHint(self) -> QSize:  # noqa: N802
        """Ask for little: the text is cut to what there is."""
        return QSize(LEAST_WIDTH, super().minimumSizeHint().height())

    def sizeHint(self) -> QSize:  # noqa: N802
        """As wide as the whole text."""
        wide = self.fontMetrics().horizontalAdvance(self._line) + MARGINS + ROUNDING
        return QSize(wide, super().sizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        """Cut elsewhere."""
        super().resizeEvent(event)
        self._fit()

    @property
    def _line(self) -> str:
        return self.whole.partition("\n")[0]

    def _fit(self) -> None:
        room = self.width() - MARGINS
        self.setText(self.fontMetrics().elidedText(self._line, Qt.TextElideMode.ElideRight, room))
