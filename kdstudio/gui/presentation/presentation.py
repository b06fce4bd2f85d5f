"""The presentation: over the whole window, one plot of the page in sight, large enough for a hall."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject, QSignalBlocker, Qt, QTimer
from PySide6.QtGui import QFontInfo, QKeyEvent, QResizeEvent, QWheelEvent
from PySide6.QtWidgets import (
    QApplication,
    QBoxLayout,
    QFrame,
    QHBoxLayout,
    QLabel,
    QSlider,
    QVBoxLayout,
    QWidget,
)

from kdstudio.gui.formula_view import FormulaView
from kdstudio.gui.layout import text_label
from kdstudio.gui.plots.stack import PlotStack
from kdstudio.gui.presentation.lettering import MARGIN, letters_in, style_sheet
from kdstudio.gui.presentation.run_words import RunWords
from kdstudio.gui.presentation.side import Side
from kdstudio.gui.presentation.slide import ShowsRun, Slide, slides_of
from kdstudio.gui.presentation.stage import Stage

if TYPE_CHECKING:
    from kdstudio.gui.window import MainWindow

SIDE = 0.25
"""Of the width, for legend and image."""
POLL_MILLISECONDS = 100
WHEEL_STEP = 120
LEVEL_STEP = 4
"""Of a slider, at a key or a step of the wheel."""
NEXT = (Qt.Key.Key_Right, Qt.Key.Key_PageDown, Qt.Key.Key_Space)
BEFORE = (Qt.Key.Key_Left, Qt.Key.Key_PageUp, Qt.Key.Key_Backspace)
TURNS = {Qt.Key.Key_Up: LEVEL_STEP, Qt.Key.Key_Down: -LEVEL_STEP}
BELOW, BESIDE = QBoxLayout.Direction.TopToBottom, QBoxLayout.Direction.LeftToRight
NOTHING = "This page has no plot to show yet.\nEsc leads back."


class Presentation(QFrame):
    """Lies over the window, whose pages go on beneath it; plots are lent by them and given back."""

    def __init__(self, window: MainWindow) -> None:
        """Out of sight until :meth:`toggle`."""
        super().__init__(window, objectName="presentation")
        self._window = window
        self._words = RunWords(window)
        self._slides: list[Slide] = []
        self._page: QWidget | None = None
        self._turned: dict[PlotStack, str] = {}
        self._title = ""
        self._shown: Slide | None = None
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName("Presentation")
        self.title, self.where = text_label(name="hall-title"), QLabel(objectName="hall-where")
        self.message = text_label(name="hall-message")
        self.message.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.side, self.formula, self.words = Side(), FormulaView(), text_label()
        self.slider = QSlider(Qt.Orientation.Horizontal, focusPolicy=Qt.FocusPolicy.NoFocus)
        self.formula.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._lay_out()
        self._timer = QTimer(self, interval=POLL_MILLISECONDS)
        self._timer.timeout.connect(self._follow)
        self.slider.valueChanged.connect(self._turn_to)
        window.theme.changed.connect(self._resize)
        window.installEventFilter(self)
        self.hide()

    def _lay_out(self) -> None:
        top = QHBoxLayout()
        top.addWidget(self.title, 1)
        top.addWidget(self.where)
        self._stage = Stage()
        self._middle = QWidget()  # a layout alone would keep its room while all in it is hidden
        middle = QHBoxLayout(self._middle)
        middle.setContentsMargins(0, 0, 0, 0)
        middle.addWidget(self._stage, 1)
        middle.addWidget(self.side)
        self._column = QVBoxLayout(self)
        self._column.addLayout(top)
        self._column.addWidget(self._middle, 1)
        self._column.addWidget(self.message, 1)
        self._column.addWidget(self.slider)
        self._below = QBoxLayout(BELOW)
        for widget in (self.formula, self.words):
            self._below.addWidget(widget, 1)
        self._column.addLayout(self._below)

    @property
    def is_on(self) -> bool:
        """Tell whether it is in sight."""
        return not self.isHidden()

    def toggle(self) -> None:
        """Begin, over the whole screen, or go back to the window as it was."""
        if self.is_on:
            self.leave()
            return
        self._state_before = self._window.windowState()
        self._window.showFullScreen()
        self.setGeometry(self._window.rect())
        self.show()
        self.raise_()
        self.setFocus()
        QApplication.instance().focusChanged.connect(self._keep_focus)  # type: ignore[union-attr]
        self._timer.start()
        self._resize()
        self._follow()

    def leave(self) -> None:
        """Give everything back."""
        if not self.is_on:
            return
        self._timer.stop()
        QApplication.instance().focusChanged.disconnect(self._keep_focus)  # type: ignore[union-attr]
        self._show(None)
        self._turn_back()
        self._page, self._slides = None, []
        self.hide()
        self._window.setWindowState(self._state_before)
        self._window.stack.currentWidget().setFocus()

    def _keep_focus(self, _before: QWidget | None, now: QWidget | None) -> None:
        """Have the keys, whatever the page beneath does with them."""
        within = self, *self.findChildren(QWidget)
        if now is not None and now.window() is self._window and now not in within:
            self.setFocus()

    def _follow(self) -> None:
        """Be as the page beneath is now."""
        page = self._window.stack.currentWidget()
        slides = slides_of(page)
        is_other = page is not self._page or places(slides) != places(self._slides)
        if is_other or self._shown is None or not self._shown.is_in_sight:
            self._show(None)
            if page is not self._page:
                self._turn_back()
                self._turned = {stack: stack.shown() for stack in page.findChildren(PlotStack)}
                self._title = ""
            self._page, self._slides = page, slides
            same = (slide for slide in self._slides if slide.title == self._title)
            self._show(next(same, self._slides[0] if self._slides else None))
        self._tell()

    def _turn_back(self) -> None:
        """Have the page that was presented show what it showed before."""
        for stack, name in self._turned.items():
            stack.show_widget(name)
        self._turned = {}

    def _show(self, slide: Slide | None) -> None:
        """Give back what was lent, and show ``slide`` alone."""
        self._shown = slide
        if slide is not None:
            slide.bring()
            self._title = slide.title
        self._stage.show_plots(slide.frames if slide else (), self._enlargement)
        has_plots = slide is not None and bool(slide.frames)
        self._middle.setVisible(has_plots)
        self.message.setVisible(not has_plots)
        with QSignalBlocker(self.slider):
            self.slider.setMaximum(slide.levels if slide else 0)

    def _tell(self) -> None:
        """Say what belongs to the slide as it is now."""
        slide, run = self._shown, None
        if isinstance(self._page, ShowsRun):
            run = self._page.shown_run
        if slide is None:
            self.side.hide()
            self.slider.hide()
        several = slide is not None and len(self._slides) > 1
        self.where.setText(f"{self._slides.index(slide) + 1} of {len(self._slides)}" if several else "")
        self.title.setText(slide.title if slide else self._window.current_page)
        self.message.setText(slide.message if slide else NOTHING)
        self.slider.setAccessibleName(slide.slider_name if slide else "")
        formula = words = ""
        if slide:
            formula = self._words.formula(run) if slide.formula is None else slide.formula
            words = self._words.came_out(run) if slide.words is None else slide.words
            self.side.follow(slide)
            self.slider.setVisible(slide.levels > 0)
            self._below.setDirection(BESIDE if slide.levels else BELOW)  # the slider takes room
            with QSignalBlocker(self.slider):
                self.slider.setValue(slide.level)
        self.formula.show_formula(formula)
        self.formula.setVisible(bool(formula))
        self.words.setText(words)
        self.words.setVisible(bool(words))

    def step(self, by: int) -> None:
        """Go on by so many slides, as far as there are any."""
        if self._shown in self._slides:
            place = self._slides.index(self._shown) + by
            if 0 <= place < len(self._slides):
                self._show(self._slides[place])
                self._tell()

    def _turn_to(self, level: int) -> None:
        if self._shown is not None:
            self._shown.turn_to(level)
            self._tell()

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        """Go to the next slide or the one before; move the slider; leave."""
        key = Qt.Key(event.key())
        if key == Qt.Key.Key_Escape:
            self.leave()
        elif key in NEXT:
            self.step(1)
        elif key in BEFORE:
            self.step(-1)
        elif key in TURNS:
            self.slider.setValue(self.slider.value() + TURNS[key])

    def wheelEvent(self, event: QWheelEvent) -> None:  # noqa: N802
        """Move the slider."""
        steps = event.angleDelta().y() / WHEEL_STEP
        self.slider.setValue(self.slider.value() + round(LEVEL_STEP * steps))

    def eventFilter(self, _watched: QObject, event: QEvent) -> bool:  # noqa: N802
        """Lie over all of the window; give everything back before it closes."""
        if event.type() is QEvent.Type.Resize and self.is_on:
            self.setGeometry(self._window.rect())
        elif event.type() is QEvent.Type.Close:
            self.leave()
        return False

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        """Be read from as far in any size."""
        super().resizeEvent(event)
        self._resize()

    @property
    def _enlargement(self) -> float:
        """Of plots, whose letters are those of the application."""
        return letters_in(self.height()) / QFontInfo(QApplication.font()).pixelSize()

    def _resize(self) -> None:
        """Take the size that the window has now, and that of the theme's letters."""
        if not self.is_on:
            return
        letters = letters_in(self.height())
        self.setStyleSheet(style_sheet(letters))
        margin = round(MARGIN * letters)
        self._column.setContentsMargins(margin, margin, margin, margin)
        self._column.setSpacing(margin // 2)
        self.slider.setMinimumHeight(letters)
        self.side.setFixedWidth(round(SIDE * self.width()))
        self._stage.enlarge(self._enlargement)


def places(slides: Sequence[Slide]) -> list[tuple[object, ...]]:
    """Where slides are: the same as long as a page offers the same ones."""
    return [slide.place for slide in slides]
