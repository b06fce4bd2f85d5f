"""The Tab key goes through a window as it is read; left to itself, Qt goes by the order of its making."""

from __future__ import annotations

from collections.abc import Iterator

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLayout, QWidget


def tab_stop(root: QWidget, focus: QWidget | None, *, forward: bool = True) -> QWidget | None:
    """Find where Tab leads to within ``root`` from ``focus``, round its ends; None where nothing takes it."""
    read = list(_as_read(root, focus))
    if not forward:
        read.reverse()
    at = read.index(focus) + 1 if focus in read else 0
    return next((widget for widget in read[at:] + read[:at] if _is_stop(widget, root)), None)


def _is_stop(widget: QWidget, root: QWidget) -> bool:
    by_tab = widget.focusPolicy().value & Qt.FocusPolicy.TabFocus.value
    return bool(by_tab) and widget.focusProxy() is None and widget.isVisibleTo(root) and widget.isEnabled()


def _as_read(widget: QWidget, focus: QWidget | None) -> Iterator[QWidget]:
    """Go through what is in sight, and ``focus``: by its layout, and what is in none line by line."""
    yield widget
    laid = dict.fromkeys(_laid(widget.layout()))
    loose = [child for child in widget.children() if isinstance(child, QWidget) and child not in laid]
    loose.sort(key=lambda child: (child.y(), child.x()))
    for child in (*laid, *loose):
        has_focus = focus is not None and (child is focus or child.isAncestorOf(focus))
        if not child.isWindow() and (has_focus or not child.isHidden()):
            yield from _as_read(child, focus)


def _laid(layout: QLayout | None) -> Iterator[QWidget]:
    for place in range(layout.count() if layout else 0):
        item = layout.itemAt(place)
        if (widget := item.widget()) is not None:
            yield widget
        else:
            yield from _laid(item.layout())
