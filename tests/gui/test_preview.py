"""The preview: networks with their costs, samples and class counts of what is in the form."""

import numpy as np
import pytest

from kdstudio.gui.preview import counts_text, networks_text, picture, spoken_count

LONGEST = 60_000


@pytest.fixture
def panel(window, qtbot):
    panel = window.experiment_page.preview
    qtbot.waitUntil(lambda: panel.shown is not None, timeout=LONGEST)
    return panel


def test_it_shows_what_the_form_describes(panel, window, qtbot):
    assert set(panel.shown.networks) == {"teacher", "student"}
    assert panel.shown.networks["teacher"].cost.parameters == 301_066
    before = panel.shown
    window.draft.set(("networks", "teacher", "model", "widths"), [7])
    qtbot.waitUntil(lambda: panel.shown is not before, timeout=LONGEST)
    assert panel.shown.networks["teacher"].cost.parameters == 64 * 7 + 7 + 7 * 10 + 10


def test_classes_left_out_are_counted_as_none(panel, window, qtbot):
    before = panel.shown
    window.draft.set(("networks", "student", "training", "leave_out"), [3])
    qtbot.waitUntil(lambda: panel.shown is not before, timeout=LONGEST)
    assert panel.shown.networks["student"].counts[3] == 0
    assert panel.shown.networks["teacher"].counts[3] > 0
    assert "student" in counts_text(panel.shown)


def test_an_experiment_that_cannot_run_says_why(panel, window, qtbot):
    window.draft.choose(("networks", "teacher", "model"), {"name": "torchvision", "architecture": "resnet"})
    from PySide6.QtWidgets import QLabel

    def told():
        return [label.text() for label in panel.findChildren(QLabel, "error")]

    qtbot.waitUntil(lambda: any("resnet" in text for text in told()), timeout=LONGEST)


def test_data_that_is_not_here_is_not_fetched_unasked(panel, window, qtbot, tmp_path):
    from PySide6.QtWidgets import QPushButton

    window.draft.choose(("data", "source"), {"name": "cifar100", "folder": str(tmp_path)})
    qtbot.waitUntil(lambda: any("Download" in b.text() for b in panel.findChildren(QPushButton)))
    assert list(tmp_path.rglob("cifar*")) == []


def test_the_teacher_is_compared_with_the_student(panel):
    text = networks_text(panel.shown)
    costs = [panel.shown.networks[role].cost for role in ("teacher", "student")]
    assert f"{costs[0].parameters / costs[1].parameters:.3g}× the weights" in text


@pytest.mark.parametrize(
    ("count", "text"), [(2410, "2,410"), (301_066, "301 k"), (1_276_810, "1.28 M"), (5_243_328_768, "5.24 G")]
)
def test_counts_are_spoken_in_three_digits(count, text):
    assert spoken_count(count) == text


def test_a_sample_becomes_its_picture(qapp):
    sample = np.arange(12, dtype=np.uint8).reshape(2, 2, 3)
    image = picture(sample)
    assert image.pixelColor(1, 0).getRgb()[:3] == (3, 4, 5)
    grey = picture(np.full((2, 2, 1), 9, dtype=np.uint8))
    assert grey.pixelColor(0, 1).getRgb()[:3] == (9, 9, 9)
