"""Warnings stay in sight without standing in the way."""

import pytest

from kdstudio.gui.warnings_strip import WarningsStrip
from kdstudio.runs.colours import schemes
from tests.results import doubt


@pytest.fixture
def strip(qtbot):
    strip = WarningsStrip()
    qtbot.addWidget(strip)
    strip.resize(900, 60)
    return strip


def test_without_warnings_nothing_is_there(strip):
    strip.show_warnings([])
    assert strip.isHidden()


def test_titles_figures_and_remedies_are_told_and_escaped(strip):
    strip.show_warnings([doubt("teacher"), doubt()])
    assert not strip.isHidden()
    assert strip.is_open
    assert strip.heading.text().endswith("2 warnings")
    for part in ("teacher is at &lt;chance&gt;.", "10.0% are right.", "Lower its learning rate."):
        assert part in strip.text.text()


def test_without_room_the_titles_stay_in_one_line(strip):
    strip.show_warnings([doubt("teacher"), doubt()])
    strip.titles.resize(700, 20)
    strip.give_room(False)
    assert not strip.is_open
    assert strip.titles.text() == "teacher is at <chance>; student is at <chance>"
    strip.give_room(True)
    assert strip.is_open
    assert strip.titles.text() == ""


def test_a_wish_outlives_a_change_of_size_and_the_same_warnings_but_not_a_new_one(strip):
    warnings = [doubt("teacher")]
    strip.show_warnings(warnings)
    strip.fold.click()
    assert not strip.is_open
    assert strip.fold.text() == "Show"
    strip.give_room(True)
    strip.show_warnings(list(warnings))
    assert not strip.is_open
    strip.show_warnings([*warnings, doubt()])
    assert strip.is_open


def luminance(colour):
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("text", ["text", "warning"])
def test_its_words_can_be_read_in_light_and_dark(scheme, text):
    """WCAG 2.1 asks for a contrast of 4.5."""
    colours = schemes()[scheme]
    dark, light = sorted((luminance(colours[text]), luminance(colours["warning_soft"])))
    assert (light + 0.05) / (dark + 0.05) >= 4.5
