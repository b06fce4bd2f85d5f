"""A style sheet in place of another, for what is in sight; a page out of sight waits until it is turned to.

Qt restyles every widget when a sheet is taken away, again when one is set, and as often as it has parents
when one is set over another: for 2,000 widgets the better part of a second.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from weakref import WeakSet

from PySide6.QtCore import QCoreApplication, QEvent, Qt
from PySide6.QtWidgets import QApplication, QWidget
from shiboken6 import isValid

STYLED = Qt.WidgetAttribute.WA_WState_Polished
"""Qt styles no widget anew that has never been styled."""
DEAF = Qt.WidgetAttribute.WA_SetStyle
"""Nor does it tell one of another style that has a style of its own."""


class Restyling:
    """Of an application."""

    def __init__(self, application: QApplication) -> None:
        """No page waits."""
        self._application = application
        self._pages: WeakSet[QWidget] = WeakSet()
        self._late: WeakSet[QWidget] = WeakSet()

    def put_off(self, page: QWidget) -> None:
        """From now on restyle ``page`` by :meth:`bring` alone, where it is hidden."""
        self._pages.add(page)

    def replace(self, sheet: str, between: Callable[[], None]) -> None:
        """Set ``sheet``; while there is none, call ``between``."""
        every = [each for each in self._application.allWidgets() if not each.testAttribute(DEAF)]
        self._late.update(page for page in self._pages if isValid(page) and page.isHidden())
        waiting = {each for page in self._late if isValid(page) for each in _all_of(page)}
        now = [each for each in every if each not in waiting]
        styled = [each for each in now if each.testAttribute(STYLED)]
        _mark(every, DEAF, on=True)
        _mark(every, STYLED, on=False)
        self._application.setStyleSheet("")
        between()
        _mark(now, DEAF, on=False)
        _mark(styled, STYLED, on=True)
        self._application.setStyleSheet(sheet)
        _mark(waiting, DEAF, on=False)

    def bring(self, page: QWidget) -> None:
        """Restyle ``page``, if it has waited."""
        if page in self._late:
            self._late.remove(page)
            for each in _all_of(page):
                if not each.testAttribute(STYLED):
                    each.style().polish(each)
                    each.setAttribute(STYLED)
                    QCoreApplication.sendEvent(each, QEvent(QEvent.Type.StyleChange))


def _all_of(page: QWidget) -> list[QWidget]:
    return [page, *page.findChildren(QWidget)]


def _mark(widgets: Iterable[QWidget], attribute: Qt.WidgetAttribute, *, on: bool) -> None:
    for each in widgets:
        each.setAttribute(attribute, on)
