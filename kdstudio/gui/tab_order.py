"""The Tab key goes through a window as it is read; left to itself, Qt goes by the order of its making."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

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
    children = [child for child in widget.children() if isinstance(child, QWidget)]
    laid = list(_laid(widget.layout(), children))
    loose = [child for child in children if child not in laid]
    loose.sort(key=lambda child: (child.y(), child.x()))
    for child in (*laid, *loose):
        has_focus = focus is not None and (child is focus or child.isAncestorOf(focus))
        if not child.isWindow() and (has_focus or not child.isHidden()):
            yield from _as_read(child, focus)


def _laid(layout: QLayout | None, widgets: Sequence[QWidget]) -> Iterator[QWidget]:
    """Go through those of ``widgets`` that are in ``layout``, or in one within it, in its order.

    Never by ``itemAt``: PySide keeps what that returns as long as the layout, when Qt has deleted it, too.
    An object that gets its address has two Python objects then, and its end is a crash (seen with 6.11.3).
    """
    if layout is None:
        return
    parts: dict[int, QWidget | QLayout] = {layout.indexOf(widget): widget for widget in widgets}
    parts |= {layout.indexOf(row): row for row in layout.children() if isinstance(row, QLayout)}
    for place in sorted(parts.keys() - {-1}):
        part = parts[place]
        if isinstance(part, QWidget):
            yield part
        else:
            yield from _laid(part, widgets)
