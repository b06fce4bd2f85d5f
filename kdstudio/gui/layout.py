"""Cards, headings and other pieces that every page is laid out with."""

from __future__ import annotations

import re
from functools import cache
from html import unescape
from textwrap import fill

from PySide6.QtCore import QEvent, QSize, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import (
    QAbstractScrollArea,
    QAbstractSpinBox,
    QFrame,
    QHBoxLayout,
    QLabel,
    QLayout,
    QScrollArea,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from kdstudio.gui.html import Html, escaped

MARGIN = 16
GAP = 12
NUMBER = QSize(64, 28)
TIP_CHARACTERS = 64
"""In a line of a tool tip: about 420 pixels."""
LONG = 240
"""Pixels of a word that a text may do without."""
ROUNDING = 1
"""Pixels of a width that is rounded down."""
LONG_WORD = re.compile(r"<[^>]*>|(?:[^\s</]|/(?=\d)){24,}")
"""A tag, or a word that may have no room; of a path a part, since lines break after a slash."""


class Card(QFrame):
    """A panel with a heading."""

    def __init__(self, heading: str = "") -> None:
        """Empty; fill it with :meth:`add`."""
        super().__init__(objectName="card")
        self.column = QVBoxLayout(self)
        self.column.setContentsMargins(MARGIN, 12, MARGIN, MARGIN)
        self.column.setSpacing(8)
        self.head = QHBoxLayout()
        """Room for controls beside the heading."""
        if heading:
            self.head.addWidget(QLabel(heading, objectName="heading"))
            self.head.addStretch(1)
            self.column.addLayout(self.head)

    def add(self, widget: QWidget, stretch: int = 0) -> None:
        """Put ``widget`` below what is there."""
        self.column.addWidget(widget, stretch)


class PlotCard(Card):
    """A card as large as its place, whatever is in it: long legends do not make the page longer."""

    def __init__(self, heading: str = "", least_height: int = 0) -> None:
        """Empty."""
        super().__init__(heading)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Ignored)
        self.setMinimumHeight(least_height)

    def hasHeightForWidth(self) -> bool:  # noqa: N802
        """Height and width have nothing to do with each other."""
        return False


class TextLabel(QLabel):
    """Shows :class:`Html` as such and any other text as it is, where Qt would guess.

    A word that has no room, such as the name of a file, is cut in its middle; the tool tip has it whole.
    """

    _whole, _cut = "", ""
    _longest_cut = 0
    """Pixels that the longest word would have that is cut."""

    def setText(self, text: str) -> None:  # noqa: N802
        """Show ``text``."""
        is_html = isinstance(text, Html)
        self.setTextFormat(Qt.TextFormat.RichText if is_html else Qt.TextFormat.PlainText)
        self._whole = text
        self._fit()

    def text(self) -> str:
        """Return the text, before anything is cut."""
        return self._whole

    def minimumSizeHint(self) -> QSize:  # noqa: N802
        """Ask for the room of the longest word, cut or not; of a very long one for some of it.

        It may not depend on the room that there is: a scroll area would give and take that for ever.
        """
        hint = super().minimumSizeHint()
        if not self.wordWrap():
            return hint
        around = self.width() - self.contentsRect().width()
        return QSize(min(max(hint.width(), self._longest_cut + around), LONG), hint.height())

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        """Cut elsewhere."""
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        cut: list[str] = []
        shown = self._whole
        if self.wordWrap() and self.width() < self.fontMetrics().horizontalAdvance(shown):
            shown = LONG_WORD.sub(lambda found: self._shortened(found[0], cut), shown)
        widths = (self.fontMetrics().horizontalAdvance(word) + ROUNDING for word in cut)
        self._longest_cut = max(widths, default=0)
        if self.toolTip() == self._cut:
            self._cut = tip("\n".join(cut))
            self.setToolTip(self._cut)
        if shown != super().text():
            super().setText(shown)

    def _shortened(self, word: str, cut: list[str]) -> str:
        """Return as much of ``word`` as there is room for; a tag stays."""
        is_html = isinstance(self._whole, Html)
        if is_html and word.startswith("<"):
            return word
        whole = unescape(word) if is_html else word
        short = self.fontMetrics().elidedText(
            whole, Qt.TextElideMode.ElideMiddle, self.contentsRect().width()
        )
        if short == whole:
            return word
        cut.append(whole)
        return escaped(short) if is_html else short


def text_label(text: str = "", name: str = "") -> TextLabel:
    """Wrapped text that can be selected; ``name`` picks its look from the style sheet."""
    label = TextLabel(objectName=name)
    label.setText(text)
    label.setWordWrap(True)
    label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    return label


@cache
def tip(text: str) -> str:
    """Break a tool tip into lines, which Qt would show as one, however long."""
    return "\n".join(fill(line, TIP_CHARACTERS) for line in text.splitlines())


def shape_number(box: QAbstractSpinBox) -> None:
    """Give a number beside its slider the shape of a field."""
    box.setButtonSymbols(QAbstractSpinBox.ButtonSymbols.NoButtons)
    box.setFixedSize(NUMBER)
    box.setAlignment(Qt.AlignmentFlag.AlignRight)


class UprightScroll(QScrollArea):
    """Scrolls up and down, and is never narrower than what is in it: nothing is cut at the right."""

    def __init__(self, widget: QWidget, name: str) -> None:
        """Let ``widget`` scroll, called ``name``; without a name the Tab key passes it by."""
        super().__init__()
        self.setAccessibleName(name)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus if name else Qt.FocusPolicy.NoFocus)
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setWidget(widget)

    def minimumSizeHint(self) -> QSize:  # noqa: N802
        """Return the width of the content and of the bar beside it."""
        width = self.widget().minimumSizeHint().width() + self.verticalScrollBar().sizeHint().width()
        return QSize(width, super().minimumSizeHint().height())

    def event(self, event: QEvent) -> bool:
        """Ask for room when the content needs more; of another style that is asked when all of it has it."""
        if event.type() == QEvent.Type.LayoutRequest:
            self.updateGeometry()
        if event.type() == QEvent.Type.StyleChange:
            return QAbstractScrollArea.event(self, event)
        return super().event(event)


def scrolled(widget: QWidget, name: str = "") -> QScrollArea:
    """Let ``widget`` scroll up and down; with a ``name`` by the keyboard, if nothing in it has the focus."""
    return UprightScroll(widget, name)


def clear(layout: QLayout) -> None:
    """Take everything out of ``layout`` and delete it."""
    while (item := layout.takeAt(0)) is not None:
        widget = item.widget()
        if widget:
            widget.hide()
            widget.deleteLater()
