"""Try it: a picture drawn or given, and what teacher, baseline and student answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
from PySide6.QtCore import QMimeData, Qt, QTimer, Signal
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QGuiApplication, QKeySequence, QShortcut
from PySide6.QtWidgets import QCheckBox, QFileDialog, QHBoxLayout, QPushButton, QWidget

from kdstudio.errors import KDStudioError
from kdstudio.gui.background import BackgroundJob
from kdstudio.gui.layout import GAP, MARGIN, Card
from kdstudio.gui.pages.learned.canvas import SIDE, Canvas
from kdstudio.gui.pages.learned.given import PICTURES, Given, can_be_given, given_by
from kdstudio.gui.pages.learned.replies_card import RepliesCard
from kdstudio.gui.pages.reading_stack import ReadingStack
from kdstudio.gui.theme import Theme
from kdstudio.runs.colours import Token
from kdstudio.runs.failure import failure
from kdstudio.runs.pictures import Picture, drawn_picture, is_on_light, read_picture
from kdstudio.runs.trying import Replies, Respondents, load_respondents

ANSWER_MILLISECONDS = 120
"""How often what is being drawn is answered."""
DRAW = "Draw a figure with the mouse,\nor drop a picture here"
BRING = "Drop a picture here,\npaste one, or choose a file"

Make = Callable[[Respondents], Picture]


class TryPanel(ReadingStack):
    """Asks the networks of a run, which are loaded once, about one picture after the other."""

    complained = Signal(str, str)

    def __init__(self, theme: Theme) -> None:
        """Nothing to ask yet."""
        doing = "Loading the networks"
        super().__init__(load_respondents, "explain", doing=doing, needs_data=False)
        self.respondents: Respondents | None = None
        self._coming: Mapping[str, Token] = {}
        self._given: Given | None = None
        self.found.connect(self._take_respondents)
        self.failed.connect(self._complain)
        self.job = BackgroundJob("try", self)
        self.job.done.connect(self._show)
        self.job.failed.connect(self._refuse)
        self._later = QTimer(self, interval=ANSWER_MILLISECONDS, singleShot=True)
        self._later.timeout.connect(self._ask)
        self.canvas = Canvas(theme)
        self.canvas.drawn.connect(self._follow_drawing)
        self.replies = RepliesCard(theme)
        self.invert_box = QCheckBox("Invert light and dark")
        self.invert_box.setToolTip("For dark ink on paper, where the run's images are bright on black.")
        self.invert_box.toggled.connect(self._ask)
        self._use(None)
        self.addWidget(self._make_content())
        self.setAcceptDrops(True)
        QShortcut(QKeySequence.StandardKey.Paste, self, self.paste)

    def _make_content(self) -> QWidget:
        content = QWidget()
        row = QHBoxLayout(content)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(GAP)
        row.addWidget(self._make_card(), 0, Qt.AlignmentFlag.AlignTop)
        row.addWidget(self.replies, 1)
        return content

    def _make_card(self) -> Card:
        card = Card("Picture")
        card.setFixedWidth(SIDE + 2 * MARGIN + 2)
        card.add(self.canvas)
        buttons = QHBoxLayout()
        buttons.setSpacing(6)
        self.file_button = self._button("Choose…", "Choose a file with a picture", self.choose_file)
        self.paste_button = self._button("Paste", "Paste a picture, or a copied file (Ctrl+V)", self.paste)
        self.clear_button = self._button("Clear", "Begin anew", self.clear)
        for button in (self.file_button, self.paste_button, self.clear_button):
            buttons.addWidget(button, 1)
        card.column.addLayout(buttons)
        card.add(self.invert_box)
        return card

    def _button(self, text: str, tip: str, act: Callable[[], None]) -> QPushButton:
        button = QPushButton(text)
        button.setToolTip(tip)
        button.clicked.connect(act)
        return button

    def show_networks(self, tokens: Mapping[str, Token]) -> None:
        """Use the colours of the run that is read from now on; answers on their way keep their own."""
        self._coming = tokens

    def _take_respondents(self, found: Respondents) -> None:
        self.respondents, self.replies.tokens = found, self._coming
        grey = found.shape.channels == 1
        self.canvas.allow(DRAW if grey else BRING, drawing=grey, on_light=grey and is_on_light(found.shape))
        self.replies.invite(drawing=grey)
        self.invert_box.setVisible(grey)
        if not grey and self.canvas.is_drawn:
            self.clear()
        self._ask()

    def clear(self) -> None:
        """Begin anew."""
        self.job.cancel()
        self._later.stop()
        self._use(None)
        self.canvas.clear()
        self.replies.forget()

    def _use(self, given: Given | None) -> None:
        """Only what is given may be inverted: strokes have the run's own colours."""
        self._given = given
        self.invert_box.setEnabled(given is not None)

    def _follow_drawing(self) -> None:
        if self._given is not None:
            self.job.cancel()
            self._use(None)
        if not self._later.isActive():
            self._later.start()

    def take(self, given: Given) -> None:
        """Ask about a picture that was dropped, pasted or chosen."""
        self._later.stop()
        self.canvas.clear()
        self._use(given)
        self._ask()

    def take_file(self, file: Path) -> None:
        """Ask about a file."""
        self.take(Given(file, file.name))

    def _ask(self) -> None:
        """Ask the networks in force about the picture in force, in the background."""
        asked = self.respondents
        if self._given is not None:
            make = reading(self._given, inverted=self.invert_box.isChecked())
        elif self.canvas.is_drawn:
            make = drawing(self.canvas.ink())
        else:
            return
        if asked is not None:
            self.job.start(lambda _progress: asked.answer(make(asked)))

    def _show(self, found: Replies) -> None:
        if self._given is not None:
            self.canvas.show_picture(found.picture.pixels.permute(1, 2, 0).numpy())
        self.replies.show_replies(found)

    def choose_file(self) -> None:
        """Ask for a file, and take it."""
        chosen, _filter = QFileDialog.getOpenFileName(self, "Choose a picture", "", PICTURES)
        if chosen:
            self.take_file(Path(chosen))

    def paste(self) -> None:
        """Take what was copied elsewhere."""
        self._take_from(QGuiApplication.clipboard().mimeData() or QMimeData(), "pasted")

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:  # noqa: N802
        """Welcome files and pictures."""
        if can_be_given(event.mimeData()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:  # noqa: N802
        """Take what is dropped."""
        event.acceptProposedAction()
        self._take_from(event.mimeData(), "dropped")

    def _take_from(self, data: QMimeData, how: str) -> None:
        try:
            self.take(given_by(data, how))
        except KDStudioError as error:
            self._refuse(error)

    def _refuse(self, error: Exception) -> None:
        if isinstance(error, KDStudioError):
            self.replies.refuse(str(error))
        else:
            self._complain(error)

    def _complain(self, error: Exception) -> None:
        failed = failure(error)
        self.complained.emit(failed.message, failed.details)


def reading(given: Given, *, inverted: bool) -> Make:
    """Make the picture of what is given."""
    return lambda asked: read_picture(given.content(), asked.shape, given.name, inverted=inverted)


def drawing(ink: np.ndarray) -> Make:
    """Make the picture of strokes."""

    def draw(asked: Respondents) -> Picture:
        import torch

        return drawn_picture(torch.from_numpy(ink), asked.shape, asked.drawn_share)

    return draw
