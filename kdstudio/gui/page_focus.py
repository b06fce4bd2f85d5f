"""Where the focus goes when a page comes in sight."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget

from kdstudio.gui.tab_order import tab_stop


def take_focus(page: QWidget, *, at_first: bool = False) -> None:
    """Give the focus to what had it last on ``page``, or, ``at_first``, to its proxy or the first by Tab."""
    if not at_first and page.isAncestorOf(page.window().focusWidget()):
        return
    last = None if at_first else page.focusWidget()
    for target in (last, page.focusProxy(), tab_stop(page, page)):
        if target is not None and target.isVisibleTo(page) and target.isEnabled():
            target.setFocus(Qt.FocusReason.OtherFocusReason)
            return
    page.setFocus(Qt.FocusReason.OtherFocusReason)
