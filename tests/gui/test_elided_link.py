"""A link is cut where there is no room and whole in its tooltip."""

import pytest

from kdstudio.gui.elided_link import ElidedLink

LONG = "no folder '/nowhere/cats'; name one that holds a folder for each class"


@pytest.fixture
def link(qtbot):
    link = ElidedLink()
    qtbot.addWidget(link)
    return link


def test_it_is_cut_where_there_is_no_room(link):
    link.show_text(LONG, "Show the field")
    link.resize(200, 20)
    assert link.text().endswith("…")
    assert LONG.startswith(link.text()[:-1])
    assert link.whole == link.accessibleName() == LONG
    assert " ".join(link.toolTip().split()) == f"{LONG} Show the field"
    link.resize(2000, 20)
    assert link.text() == LONG


def test_of_several_lines_the_first_is_shown(link):
    link.resize(2000, 20)
    link.show_text("one\ntwo")
    assert link.text() == "one"


def test_without_text_it_is_not_there(link):
    link.show_text("something")
    assert not link.isHidden()
    link.show_text("")
    assert link.isHidden()


def test_it_asks_for_little(link):
    link.show_text(LONG)
    assert link.minimumSizeHint().width() < 100 < link.sizeHint().width()


@pytest.mark.parametrize("errors", range(20))
def test_with_the_room_that_it_asks_for_it_is_whole(link, errors):
    link.show_text(f"teacher 9, baseline 56, student {errors} errors of 450: {56 - errors} fewer than alone")
    link.resize(link.sizeHint())
    assert link.text() == link.whole
