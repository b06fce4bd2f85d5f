"""A deck: one of several widgets in sight, its name as the title."""

import pytest
from PySide6.QtWidgets import QLabel

from kdstudio.gui.plots.stack import PlotStack


@pytest.fixture
def deck(qtbot):
    made = PlotStack({"one": QLabel("1"), "two": QLabel("2")}, "Plot shown")
    qtbot.addWidget(made)
    made.show()
    return made


def test_the_first_is_in_sight_and_the_box_turns_to_another(qtbot, deck):
    assert deck.shown() == "one"
    assert deck._widgets["one"].isVisible()
    with qtbot.waitSignal(deck.turned) as told:
        deck.choice.setCurrentText("two")
    assert told.args == ["two"]
    assert deck._widgets["two"].isVisible()
    assert not deck._widgets["one"].isVisible()


def test_what_is_in_sight_stays_while_it_is_offered(deck):
    deck.show_widget("two")
    two, three = deck._widgets["two"], QLabel("3")
    told = []
    deck.turned.connect(told.append)
    deck.offer({"three": three, "two": two, "again": three})
    assert (deck.shown(), two.isVisible()) == ("two", True)
    deck.show_widget("again")
    assert three.isVisible()
    deck.offer({"two": two})
    assert two.isVisible()
    assert told == ["two", "again", "two"]


def test_what_is_not_available_is_greyed_out(deck):
    deck.set_available("two", False)
    assert not deck.is_available("two")
    deck.set_available("two", True)
    assert deck.is_available("two")


def test_the_box_is_as_wide_as_the_title_chosen(qtbot, theme):
    titles = ("Speed", "Each term's share of the gradient")
    deck = PlotStack({title: QLabel() for title in titles}, "Plot shown")
    qtbot.addWidget(deck)
    deck.resize(600, 200)
    deck.show()
    widths = []
    for title in (*titles, *titles):
        deck.show_widget(title)
        qtbot.waitUntil(lambda: deck.choice.width() == deck.choice.sizeHint().width())
        widths.append(deck.choice.width())
    short, long = widths[:2]
    assert widths == [short, long, short, long]
    advance = deck.choice.fontMetrics().horizontalAdvance
    assert long - short == advance(titles[1]) - advance(titles[0])
