"""Training images, large."""

import numpy as np
import pytest

from kdstudio.gui.pages.experiment.class_counts import IN_SIGHT, ClassCounts
from kdstudio.gui.pages.experiment.samples_dialog import SamplesDialog
from kdstudio.runs.preview import PAGE, SamplePage
from kdstudio.runs.table_formats import TextTable

TOTAL = PAGE + 5


@pytest.fixture
def wishes():
    return []


@pytest.fixture
def dialog(qtbot, theme, wishes):
    def samples(wish, _progress):
        wishes.append(wish)
        total = TOTAL if wish.role == "teacher" else 3
        first = wish.page * PAGE
        count = max(0, min(PAGE, total - first))
        pixels = np.zeros((count, 4, 4, 1), np.uint8)
        return SamplePage(pixels, ("cat",) * count, first, total, 1 if wish.plain else 9)

    parent = ClassCounts(TextTable("", ("class", "teacher"), [("cat", "5")], "lr"))
    qtbot.addWidget(parent)
    dialog = SamplesDialog(samples, ["teacher", "student"], "teacher", parent)
    dialog.open()
    qtbot.waitUntil(lambda: dialog.pictures.count() == PAGE)
    yield dialog
    dialog.close()


def test_images_have_their_classes(dialog):
    assert {dialog.pictures.item(row).text() for row in range(PAGE)} == {"cat"}
    assert not dialog.before.isEnabled()


def test_pages_are_turned_to_the_last(dialog, qtbot):
    dialog.after.click()
    qtbot.waitUntil(lambda: dialog.pictures.count() == 5)
    assert dialog.word.text() == f"{PAGE + 1} to {TOTAL} of {TOTAL} training images"
    assert dialog.before.isEnabled()
    assert not dialog.after.isEnabled()


def test_another_draw_keeps_the_page(dialog, qtbot, wishes):
    dialog.draw.click()
    qtbot.waitUntil(lambda: len(wishes) == 2)
    assert (wishes[1].page, wishes[1].draw, wishes[1].plain) == (0, 1, False)


def test_they_are_shown_as_they_are_where_nothing_can_be_drawn(dialog, qtbot, wishes):
    dialog.seen_by.setCurrentIndex(2)
    qtbot.waitUntil(lambda: not dialog.draw.isEnabled())
    assert (wishes[-1].role, wishes[-1].plain) == ("teacher", True)


def test_a_network_with_fewer_images_begins_at_its_first_page(dialog, qtbot):
    dialog.after.click()
    qtbot.waitUntil(lambda: dialog.pictures.count() == 5)
    dialog.seen_by.setCurrentIndex(1)
    qtbot.waitUntil(lambda: dialog.pictures.count() == 3)


def test_many_classes_scroll_and_all_are_told(qtbot, theme):
    rows = [(f"class {number}", f"{1000 + number:,}", "0") for number in range(100)]
    counts = ClassCounts(TextTable("", ("class", "teacher", "student"), rows, "lrr"))
    qtbot.addWidget(counts)
    counts.resize(240, counts.height())
    counts.show()
    assert counts.bars.height() > counts.viewport().height() >= 20 * IN_SIGHT
    assert "class 99 1,099 0" in counts.accessibleDescription()
    counts.grab()
