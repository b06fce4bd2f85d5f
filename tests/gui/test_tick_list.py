import pytest

from kdstudio.gui.tick_list import Tick, TickList

TICKS = (
    Tick("a", "A & B", "the first"),
    Tick("b", "B", "the second"),
    Tick("c", "C", "not here", available=False),
)


@pytest.fixture
def ticks(qtbot):
    ticks = TickList("Letters")
    qtbot.addWidget(ticks)
    ticks.offer(TICKS, ("b", "c"))
    return ticks


def test_what_cannot_be_had_is_never_ticked(ticks):
    assert ticks.ticked() == ["b"]
    assert [box.isEnabled() for box in ticks.boxes.values()] == [True, True, False]


def test_a_tick_is_told_and_keeps_the_order_of_the_list(ticks, qtbot):
    with qtbot.waitSignal(ticks.changed):
        ticks.boxes["a"].click()
    assert ticks.ticked() == ["a", "b"]


def test_another_offer_tells_nobody(ticks, qtbot):
    with qtbot.assertNotEmitted(ticks.changed):
        ticks.offer(TICKS[:1], ("a",))
    assert [*ticks.boxes] == ticks.ticked() == ["a"]


def test_an_ampersand_is_one(ticks):
    assert ticks.boxes["a"].text() == "A && B"
