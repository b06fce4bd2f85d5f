"""Draw, drop and paste pictures; filter, sort and open images; read fidelity: as a person does it."""

from shutil import copytree

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QGuiApplication, QImage

from kdstudio.gui.pages.learned.learned_page import EMPTY
from kdstudio.runs.disagreements import FILTERS
from kdstudio.runs.explaining import Explainer
from kdstudio.runs.pictures import drawn_picture, read_picture
from kdstudio.runs.trying import load_respondents
from tests.small import digits, run_in, small_experiment

LONGEST = 60_000
LEFT = Qt.MouseButton.LeftButton


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    return run_in(tmp_path_factory.mktemp("trained"), small_experiment("seeds=2"), "run")


@pytest.fixture
def opened(window, qtbot):
    """Show the page, and wait until its networks are loaded."""

    def show():
        window.index.look_now()
        window.show_page("Learned")
        page = window.page("Learned")
        qtbot.waitUntil(lambda: page.trying.respondents is not None, timeout=LONGEST)
        return page

    return show


@pytest.fixture
def page(opened, runs, trained):
    copytree(trained.path, runs / "run")
    return opened()


@pytest.fixture
def trying(page, qtbot):
    """The panel, and a way to wait for its answer."""
    panel = page.trying

    def answered():
        qtbot.waitUntil(lambda: not panel.job.is_busy and not panel._later.isActive(), timeout=LONGEST)
        return panel.replies.shown

    panel.answered = answered
    return panel


@pytest.fixture
def disagreeing(page, qtbot):
    """The panel with its first images, and a way to wait for others."""
    panel = page.disagreements
    page.tabs.setCurrentIndex(1)

    def settled():
        qtbot.waitUntil(lambda: panel.shown is not None and not panel.job.is_busy, timeout=LONGEST)
        return panel

    panel.settled = settled
    return settled()


def picture_file(tmp_path, number=0):
    file = tmp_path / "digit.png"
    Image.fromarray(digits().test.images[number, 0].numpy()).save(file)
    return file


def same(replies, expected):
    assert replies.logits.keys() == expected.logits.keys()
    for name, logits in expected.logits.items():
        np.testing.assert_allclose(replies.logits[name].numpy(), logits.numpy(), atol=1e-5)


def test_without_runs_it_says_what_to_do(window):
    window.show_page("Learned")
    assert window.page("Learned")._stack.currentWidget().said.text() == EMPTY


def test_what_is_drawn_is_answered_by_teacher_baseline_and_student(trying, trained, qtbot):
    assert trying.replies.stack.currentWidget() is trying.replies.message
    qtbot.mousePress(trying.canvas, LEFT, pos=QPoint(120, 40))
    for height in range(60, 220, 20):
        qtbot.mouseMove(trying.canvas, QPoint(130, height))
    qtbot.mouseRelease(trying.canvas, LEFT, pos=QPoint(130, 220))
    replies = trying.answered()
    asked = load_respondents(trained)
    assert [name.split()[0] for name in replies.logits] == ["teacher", "baseline", "student"]
    import torch

    same(replies, asked.answer(drawn_picture(torch.from_numpy(trying.canvas.ink()), asked.shape, 1.0)))
    assert not trying.invert_box.isEnabled()
    bars = trying.replies.bars
    assert bars._bars["teacher"].opts["width"].tolist() == pytest.approx(
        list(replies.probabilities()["teacher"].values())
    )
    trying.clear_button.click()
    assert trying.replies.stack.currentWidget() is trying.replies.message
    assert not trying.canvas.is_drawn


def test_the_temperature_softens_the_bars(trying, tmp_path):
    trying.take_file(picture_file(tmp_path))
    replies = trying.answered()
    trying.replies.temperature.number.setValue(8)
    widths = trying.replies.bars._bars["teacher"].opts["width"].tolist()
    assert widths == pytest.approx(list(replies.probabilities(8)["teacher"].values()))
    assert f"{max(widths):.1%}".replace("%", " %") in trying.replies.verdicts.text()


def test_a_dropped_file_is_answered_as_on_the_command_line(trying, trained, tmp_path):
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(picture_file(tmp_path, 5)))])
    common = (Qt.DropAction.CopyAction, data, LEFT, Qt.KeyboardModifier.NoModifier)
    entering = QDragEnterEvent(QPoint(5, 5), *common)
    trying.dragEnterEvent(entering)
    assert entering.isAccepted()
    trying.dropEvent(QDropEvent(QPointF(5, 5), *common))
    asked = load_respondents(trained)
    same(trying.answered(), asked.answer(read_picture(tmp_path / "digit.png", asked.shape)))
    assert np.array_equal(trying.canvas._picture[:, :, 0], digits().test.images[5, 0].numpy())


def test_a_pasted_picture_is_answered_and_may_be_inverted(trying, qtbot):
    image = QImage(40, 20, QImage.Format.Format_RGB888)
    image.fill(Qt.GlobalColor.white)
    QGuiApplication.clipboard().setImage(image)
    trying.paste_button.click()
    assert int(trying.answered().picture.pixels.min()) == 255
    assert "40×20 pixels were scaled to 8×8" in trying.replies.notes.text()
    assert "try it inverted" in trying.replies.notes.text()
    trying.invert_box.click()
    assert int(trying.answered().picture.pixels.max()) == 0
    assert "try it inverted" not in trying.replies.notes.text()


def test_what_is_no_picture_is_one_sentence_and_no_dialog(trying, window, tmp_path):
    file = tmp_path / "notes.txt"
    file.write_text("no picture")
    trying.take_file(file)
    trying.answered()
    assert trying.replies.stack.currentWidget() is trying.replies.error
    assert trying.replies.error.text() == "'notes.txt' is not an image"
    assert window.error is None
    QGuiApplication.clipboard().setText("words")
    trying.paste()
    assert "no picture to paste" in trying.replies.error.text()


def test_a_picture_stays_when_other_networks_are_chosen(page, trying, tmp_path, qtbot):
    trying.take_file(picture_file(tmp_path))
    trying.answered()
    box = page.picker.network_boxes["Student"]
    other = next(name for name in ("student seed-0", "student seed-1") if name != box.currentData())
    box.setCurrentIndex(box.findData(other))
    qtbot.waitUntil(lambda: other in trying.replies.shown.logits, timeout=LONGEST)


def test_an_answer_that_comes_while_another_run_is_read_keeps_its_colours(page, trying, tmp_path):
    trying.take_file(picture_file(tmp_path))
    page.trying.show_networks({"network of another run": "teacher"})
    assert {*page.picker.networks} <= {*trying.answered().logits}
    assert {*page.picker.summary.identities} <= {*trying.replies.tokens}


def test_mistakes_are_shown_at_first_with_every_answer(disagreeing, trained):
    found = disagreeing.shown
    wrong = found.images("student-wrong")
    assert len(wrong) == trained.summary().networks[found.student].test.errors
    shown = min(60, len(wrong))
    assert disagreeing.count.text() == f"{shown} of {len(wrong)} images"
    tiles = [disagreeing.images.item(n).data(Qt.ItemDataRole.UserRole) for n in range(shown)]
    assert [tile.number for tile in tiles] == wrong[:60]
    assert np.array_equal(tiles[0].pixels[:, :, 0], digits().test.images[wrong[0], 0].numpy())
    assert tiles[0].spoken.startswith(
        f"test image {wrong[0]}, of class {int(digits().test.labels[wrong[0]])}\n"
    )
    assert f"{found.student} says" in tiles[0].spoken
    assert not disagreeing.images.grab().isNull()


@pytest.mark.slow
@pytest.mark.parametrize("key", FILTERS)
def test_a_filter_shows_its_images(disagreeing, key):
    box = disagreeing.choice.filter_box
    box.setCurrentIndex(box.findData(key))
    panel = disagreeing.settled()
    expected = panel.shown.images(key)
    assert panel._found == expected
    assert panel.images.count() == min(60, len(expected))


def test_images_are_sorted_by_kl_and_more_are_shown(disagreeing):
    choice = disagreeing.choice
    choice.filter_box.setCurrentIndex(choice.filter_box.findData("all"))
    choice.sort_box.setCurrentIndex(choice.sort_box.findData("kl"))
    choice.order_box.setCurrentIndex(1)
    panel = disagreeing.settled()
    assert panel._found == panel.shown.images(sort="kl", ascending=True)
    assert panel.images.with_kl
    panel.more_button.click()
    assert panel.settled().images.count() == 120
    assert panel.count.text() == "120 of 450 images"


def test_a_cell_of_the_matrix_opens_its_images_and_reset_shows_all(disagreeing, qtbot):
    matrix = disagreeing.mistakes.matrix
    counts = np.array(disagreeing.shown.confusion(disagreeing.shown.student))
    np.fill_diagonal(counts, 0)
    row, column = (int(place) for place in np.unravel_index(counts.argmax(), counts.shape))
    square = matrix.square()
    cell = square.width() / 10
    place = square.topLeft() + QPointF((column + 0.5) * cell, (row + 0.5) * cell)
    qtbot.mouseClick(matrix, LEFT, pos=place.toPoint())
    panel = disagreeing.settled()
    assert (panel.choice.true_class, panel.choice.answered) == (row, column)
    assert panel.images.count() == counts[row, column]
    panel.choice.reset_button.click()
    assert panel.settled().choice.answered is None
    assert len(panel._found) == counts.sum()


def test_calibration_has_a_line_for_each_network(disagreeing, trained):
    rows = trained.summary().networks
    for name, found in disagreeing.calibration._shown.items():
        assert found.error == pytest.approx(rows[name].test.calibration_error, abs=1e-6)


def test_fidelity_is_that_of_the_command_line(page, trained, qtbot):
    page.tabs.setCurrentIndex(2)
    qtbot.waitUntil(lambda: page.fidelity.shown is not None, timeout=LONGEST)
    expected = Explainer().fidelity(trained)
    assert page.fidelity.shown.rows == expected.rows
    text = page.fidelity.figures.text()
    assert "agreement" in text
    assert "±" in text
    assert page.fidelity.changes_text.text() == expected.changes.text
    (table,) = page.fidelity.saving.content().tables()
    assert [row[0] for row in table.body] == [row.network for row in expected.rows]
    assert {point.curve for point in page.fidelity.plot.points()} == {row.network for row in expected.rows}


def test_only_the_panel_in_sight_reads(page):
    assert page.disagreements.reader._wanted is None
    assert page.fidelity.reader._wanted is None


def test_pictures_can_be_tried_where_the_data_are_not(opened, runs, trained, tmp_path):
    copytree(trained.path, runs / "run")
    file = runs / "run" / "experiment.toml"
    gone = f"name = \"mnist\"\nfolder = '{tmp_path / 'gone'}'"
    file.write_text(file.read_text().replace('name = "digits"', gone))
    page = opened()
    page.tabs.setCurrentIndex(1)
    assert "not on this machine" in page.disagreements.message.text()
