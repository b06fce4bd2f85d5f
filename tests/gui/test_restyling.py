"""What is out of sight while the theme changes looks as if it had been in sight."""

import pytest
from PySide6.QtCore import QCoreApplication, QEvent
from PySide6.QtWidgets import QLabel, QWidget

from kdstudio.gui.restyling import STYLED


def picture(window):
    QCoreApplication.sendPostedEvents()
    return window.grab().toImage()


@pytest.mark.slow
@pytest.mark.parametrize("change", [lambda theme: theme.choose("dark"), lambda theme: theme.resize(2)])
def test_a_page_that_was_hidden_looks_as_one_that_was_not(window, change):
    window.theme.choose("light")
    for page in ("Export", "Queue"):
        window.show_page(page)
    before = picture(window)
    change(window.theme)
    window.show_page("Export")
    late = picture(window)
    window.theme.choose("light")
    window.theme.resize(0)
    change(window.theme)
    assert picture(window) == late
    window.show_page("Queue")
    assert picture(window) != before


class Told(QLabel):
    """Counts how often it is told of another style."""

    count = 0

    def changeEvent(self, event):  # noqa: N802
        super().changeEvent(event)
        self.count += event.type() is QEvent.Type.StyleChange


@pytest.mark.slow
def test_what_is_in_sight_is_told_once_and_what_is_not_when_it_is_turned_to(window):
    seen, hidden = Told("seen"), Told("hidden")
    for name, label in (("Export", hidden), ("Queue", seen)):
        window.show_page(name)
        window.page(name).layout().addWidget(label)
        label.show()
    QCoreApplication.sendPostedEvents()
    seen.count = hidden.count = 0
    window.theme.choose("light" if window.theme.is_dark else "dark")
    window.theme.resize(1)
    assert (seen.count, hidden.count) == (2, 0)
    window.show_page("Export")
    assert hidden.count == 1
    window.show_page("Queue")
    window.show_page("Export")
    assert hidden.count == 1


@pytest.mark.slow
def test_a_page_that_has_gone_is_asked_nothing(window):
    from shiboken6 import delete

    page = QWidget(window)
    page.hide()
    window.theme.restyling.put_off(page)
    window.theme.resize(1)
    delete(page)
    window.theme.resize(0)
    assert window.testAttribute(STYLED)
