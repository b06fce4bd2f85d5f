"""A hall guesses, and is shown what came out, over the runs that came with the package."""

import pytest
from PySide6.QtCore import Qt

from kdstudio.gui.plots.guess import TITLE
from kdstudio.runs import folder as run_folder
from kdstudio.runs.folder import RECORDED
from kdstudio.runs.kept_guesses import read_guesses

Key, Alt = Qt.Key, Qt.KeyboardModifier.AltModifier
LONGEST = 60_000


@pytest.fixture
def page(runs, monkeypatch, request, qtbot):
    monkeypatch.setattr(run_folder, "RECORDED", RECORDED)
    window = request.getfixturevalue("window")
    window.show_page("Lecture")
    window.index.look_now()
    page = window.page("Lecture")
    qtbot.waitUntil(lambda: all(each.shown for each in page.lessons.all), timeout=LONGEST)
    return page


def test_a_claim_is_guessed_revealed_and_followed_by_the_next_one_by_keys(page, qtbot, runs):
    window = page.window()
    window.present()
    presentation = window.presentation
    assert presentation.title.text() == "Claim 1, 1 of 12"
    asked = f"{page.lesson.step.claim.statement}\n\nGuess: entropy of baseline at T = 4 (nats)"
    assert presentation.message.text() == asked
    assert presentation.slider.isVisible()
    assert presentation.slider.accessibleName() == "Guess"
    assert not presentation.formula.isVisible()
    for _ in range(3):
        qtbot.keyClick(presentation, Key.Key_Up)
    guess = page.guesses[1]
    assert read_guesses(runs) == {1: pytest.approx(guess)}
    assert presentation.message.text() == f"{asked.removesuffix(' (nats)')}: {guess:.2f} nats"
    assert presentation.where.text() == ""
    assert presentation.message.height() > 0.6 * presentation.height()

    qtbot.keyClick(presentation, Key.Key_Down, Alt)
    presentation._follow()
    assert (presentation.title.text(), presentation.where.text()) == (TITLE, "1 of 5")
    assert "guessed" in [text for text, _pen in presentation.side.legend.entries]
    assert presentation.message.isHidden()
    qtbot.keyClick(presentation, Key.Key_Down, Alt)
    presentation._follow()
    assert presentation.title.text() == "Claim 1, 1 of 12"

    qtbot.keyClick(presentation, Key.Key_Right, Alt)
    qtbot.waitUntil(lambda: presentation.title.text() == "Claim 2, 2 of 12")
    page.list.choose(2)
    presentation._follow()
    assert presentation.slider.isHidden()  # a direction is guessed by its button
    page.view.control.directions["lower"].click()
    presentation._follow()
    assert presentation.message.text().endswith(": lower")


@pytest.mark.slow
def test_the_slides_are_those_of_the_claim_in_sight(page, qtbot):
    window = page.window()
    page.at_once.setChecked(True)
    window.present()
    presentation = window.presentation
    counts = []
    for row in (1, 3):
        page.list.choose(row)
        presentation._follow()
        assert presentation.title.text() == TITLE
        counts.append(presentation.where.text())
    assert counts == ["1 of 3", "1 of 4"]
    presentation.step(1)
    assert presentation.title.text() == "Gradient share of the soft loss by temperature T"
