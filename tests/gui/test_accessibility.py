"""Everything that takes the focus has a name and shows it; every text can be read on its ground."""

import re
from collections import Counter

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QAccessible, QImage
from PySide6.QtWidgets import QApplication, QComboBox, QMenu, QWidget

from kdstudio.gui.pages import PAGES
from kdstudio.gui.style import STYLE_SHEET
from kdstudio.runs.colours import schemes
from tests.gui.audit import described, in_sight
from tests.gui.dialogs import DIALOGS
from tests.gui.test_theme import contrast

TEXT, GRAPHICS = 4.5, 3.0
"""Least contrasts, WCAG 2.1, 1.4.3 and 1.4.11."""
RULE = re.compile(r"([^{}]+)\{([^{}]*)\}")
COLOUR = re.compile(r"(?<![-\w])color:\s*\$(\w+)")
GROUND = re.compile(r"background(?:-color)?:\s*\$(\w+)")
GROUNDS = ("window", "panel", "field")
OF_DISABLED = "disabled"
"""What cannot be used needs no contrast."""
SCHEMES = ("light", "dark")


def takes_focus(widget: QWidget) -> bool:
    """Tell whether the Tab key comes to it."""
    has_proxy = widget.focusProxy() is not None
    return bool(widget.focusPolicy() & Qt.FocusPolicy.TabFocus) and widget.isEnabled() and not has_proxy


def name_of(widget: QWidget) -> str:
    """What a screen reader says of it."""
    found = QAccessible.queryAccessibleInterface(widget)
    return found.text(QAccessible.Text.Name) if found else ""


def nameless(top: QWidget) -> list[str]:
    return [described(w) for w in in_sight(top) if takes_focus(w) and not name_of(w).strip()]


def unseen_focus(top: QWidget) -> list[str]:
    """Describe what looks the same with the focus and without, one of each kind."""
    kinds = {(type(w).__name__, w.objectName()): w for w in in_sight(top) if takes_focus(w)}
    return [described(widget) for widget in kinds.values() if not shows_focus(top, widget)]


def shows_focus(top: QWidget, widget: QWidget) -> bool:
    if focused := top.focusWidget():
        focused.clearFocus()
    before = widget.grab().toImage()
    widget.setFocus(Qt.FocusReason.TabFocusReason)
    return widget.grab().toImage() != before


@pytest.mark.slow
@pytest.mark.parametrize("name", PAGES)
def test_all_of_a_page_has_a_name(filled, name):
    filled.show_page(name)
    QApplication.processEvents()
    assert nameless(filled) == []


@pytest.mark.slow
@pytest.mark.parametrize("name", PAGES)
def test_the_focus_shows_on_a_page(filled, name):
    filled.activateWindow()
    filled.show_page(name)
    QApplication.processEvents()
    assert unseen_focus(filled) == []


@pytest.mark.slow
@pytest.mark.parametrize("name", DIALOGS)
def test_all_of_a_dialog_has_a_name_and_shows_the_focus(filled, name):
    dialog = DIALOGS[name](filled)
    dialog.activateWindow()
    QApplication.processEvents()
    assert nameless(dialog) == []
    assert unseen_focus(dialog) == []
    dialog.close()


def pairs():
    """Text and ground of every rule of the style sheet; without one of its own, all that it may stand on."""
    for selector, rule in RULE.findall(STYLE_SHEET.template):
        if (text := COLOUR.search(rule)) and OF_DISABLED not in selector:
            own = GROUND.search(rule)
            for ground in [own[1]] if own else GROUNDS:
                yield text[1], ground


@pytest.mark.parametrize("scheme", SCHEMES)
def test_every_text_of_the_style_sheet_can_be_read(scheme):
    colours = schemes()[scheme]
    found = {(text, ground): contrast(colours[text], colours[ground]) for text, ground in pairs()}
    assert len(found) > 10
    assert {pair: value for pair, value in found.items() if value < TEXT} == {}


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("ground", [*GROUNDS, "rail", "accent_soft"])
def test_what_marks_the_focus_and_what_is_ticked_is_seen(scheme, ground):
    colours = schemes()[scheme]
    for sign in ("accent", "muted"):
        assert contrast(colours[sign], colours[ground]) >= GRAPHICS


def legibility(picture: QImage) -> float:
    """Highest contrast of a colour in ``picture`` against its most frequent one."""
    seen = Counter(
        picture.pixelColor(x, y).name() for x in range(picture.width()) for y in range(picture.height())
    )
    (ground, _count), *_others = seen.most_common(1)
    return max(contrast(colour, ground) for colour in seen)


@pytest.mark.slow
@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("page", ["Experiment", "Live", "Temperature", "Compare"])
def test_every_row_of_a_pop_up_can_be_read_chosen_or_not(filled, theme, scheme, page):
    theme.choose(scheme)
    filled.show_page(page)
    kinds = {type(b): b for b in filled.page(page).findChildren(QComboBox) if b.isVisible() and b.count() > 1}
    assert kinds
    for box in kinds.values():
        box.showPopup()
        view = box.view()
        for row in range(min(box.count(), 3)):
            index = box.model().index(row, box.modelColumn(), box.rootModelIndex())
            if not index.flags() & Qt.ItemFlag.ItemIsEnabled:
                continue
            view.setCurrentIndex(index)
            place = view.visualRect(index)
            assert place.height() >= box.fontMetrics().height()
            assert view.viewport().rect().contains(place.center())
            assert legibility(view.viewport().grab(place).toImage()) >= TEXT
        box.hidePopup()


@pytest.mark.parametrize("scheme", SCHEMES)
def test_every_entry_of_a_menu_can_be_read_chosen_or_not(filled, theme, scheme):
    theme.choose(scheme)
    menu = QMenu(filled)
    entries = [menu.addAction(name) for name in ("One", "Another")]
    menu.popup(filled.mapToGlobal(QPoint(200, 200)))
    menu.setActiveAction(entries[0])
    for entry in entries:
        assert legibility(menu.grab(menu.actionGeometry(entry)).toImage()) >= TEXT
    menu.close()
