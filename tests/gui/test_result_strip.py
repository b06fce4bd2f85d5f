"""What came out stays in sight, with the ways to more of it."""

import pytest

from kdstudio.gui.result_strip import ResultStrip
from kdstudio.runs.outcome import Outcome


@pytest.fixture
def strip(qtbot):
    strip = ResultStrip()
    qtbot.addWidget(strip)
    strip.resize(900, 60)
    return strip


def test_while_a_run_goes_on_nothing_is_there(strip):
    assert strip.isHidden()
    strip.show_outcome(Outcome("student 3 errors of 10"))
    assert not strip.isHidden()
    strip.show_outcome(None)
    assert strip.isHidden()


def test_sentence_and_remarks_are_told_to_the_eye_and_the_ear(strip):
    strip.show_outcome(Outcome("student <b> 3 errors", ("One seed.", "More."), "Doubtful."))
    assert strip.sentence.text() == "student <b> 3 errors"
    assert strip.remarks.text() == "One seed. More."
    assert strip.accessibleDescription() == "student <b> 3 errors. One seed. More. Doubtful."


@pytest.mark.parametrize(
    ("status", "doubts", "sign"),
    [
        ("finished", "", "✔"),
        ("finished", "Doubtful.", "!"),
        ("failed", "Doubtful.", "✖"),
        ("stopped", "", "■"),
    ],
)
def test_its_sign_tells_how_it_ended(strip, status, doubts, sign):
    strip.show_outcome(Outcome("so", doubts=doubts), status)
    assert strip.sign.text() == sign


def test_each_button_asks_for_its_page(strip):
    asked = []
    strip.wanted.connect(asked.append)
    strip.show_outcome(Outcome("so"))
    for button in strip.buttons.values():
        button.click()
    assert asked == ["Compare", "Unseen", "Temperature", "Export"]


def test_it_leads_to_the_pages_alone_that_have_more(strip):
    strip.show_outcome(Outcome("failed: no room"), "failed", ["Compare"])
    assert [name for name, button in strip.buttons.items() if not button.isHidden()] == ["Compare"]
