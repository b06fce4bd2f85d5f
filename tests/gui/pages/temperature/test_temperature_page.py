"""The temperature page: what it shows is what the run's networks answer."""

from shutil import copytree

import numpy as np
import pytest

from kdstudio.gui.pages.temperature.soft_target_card import POINT
from kdstudio.gui.pages.temperature.temperature_control import position
from kdstudio.gui.pages.temperature.temperature_page import EMPTY, likeliest
from kdstudio.runs.dark_knowledge import soften
from tests.runs.test_dark_knowledge import some_answers
from tests.small import run_in, small_experiment

LONGEST = 60_000


@pytest.fixture
def opened(window, qtbot):
    """Show the page, and wait until it shows a run."""

    def show():
        window.index.look_now()
        window.show_page("Temperature")
        page = window.page("Temperature")
        qtbot.waitUntil(lambda: page.shown is not None and not page.reader.job.is_busy, timeout=LONGEST)
        return page

    return show


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    return run_in(tmp_path_factory.mktemp("trained"), small_experiment(), "run")


@pytest.fixture
def page(opened, runs, trained):
    copytree(trained.path, runs / "run")
    return opened()


def student_box(page):
    return page.picker.network_boxes["Student"]


def lengths(page, network):
    return np.asarray(page.bars._bars[network].opts["width"])


def softened(page, network, sample, temperature):
    powers = np.exp(page.shown.predictions.logits[network][sample].double().numpy() / temperature)
    return powers / powers.sum()


def test_without_runs_it_says_what_to_do(window):
    window.show_page("Temperature")
    page = window.page("Temperature")
    assert page._stack.currentWidget().said.text() == EMPTY
    assert "press Run" in EMPTY


@pytest.mark.slow
@pytest.mark.parametrize("temperature", [0.5, 4.0, 50.0])
def test_bars_are_the_softened_answers(page, temperature):
    page.temperature.number.setValue(temperature)
    page.samples.number.setValue(17)
    for network in ("teacher", "student"):
        expected = softened(page, network, 17, temperature)
        np.testing.assert_allclose(lengths(page, network), expected, rtol=1e-4)


def test_the_slider_the_number_and_the_markers_follow_each_other(page):
    for place in (0, 133, 400):
        page.temperature.slider.setValue(place)
        assert page.temperature.number.value() == pytest.approx(0.5 * 100 ** (place / 400), abs=0.05)
        for plot in page.curves.plots:
            assert 10 ** plot.marker.value() == pytest.approx(page.temperature.number.value())
    page.temperature.number.setValue(5.0)
    assert page.temperature.slider.value() == position(5.0) == 200


def test_mistakes_are_gone_through(page):
    predictions = page.shown.predictions
    wrong = (predictions.logits["student"].argmax(1) != predictions.labels).nonzero().flatten().tolist()
    page.samples.number.setValue(wrong[0])
    page.samples.mistake_button.click()
    assert page.samples.number.value() == page.samples.slider.value() == wrong[1]
    assert predictions.class_names[predictions.labels[wrong[1]]] in page.samples.truth.text()


def test_the_matrix_shows_the_mean_soft_targets(page, qtbot):
    page.temperature.number.setValue(8.0)
    page.soft_targets.diagonal_box.setChecked(False)
    labels = page.shown.predictions.labels.numpy()
    rows = [softened(page, "teacher", n, 8.0) for n in range(len(labels)) if labels[n] == 3]
    expected = np.mean(rows, 0)
    matrix = page.soft_targets.matrix
    qtbot.waitUntil(lambda: np.allclose(matrix._values[3], expected, rtol=1e-4, atol=0))
    page.soft_targets.diagonal_box.setChecked(True)
    assert np.isnan(np.diag(page.soft_targets.matrix._values)).all()
    assert page.soft_targets.matrix.largest < 1


def test_the_value_of_a_cell_is_told_without_computing_it_again(page, qtbot, monkeypatch):
    value = page.shown.soft_targets(8.0)[3, 5]
    asked, compute = [], type(page.shown).soft_targets
    monkeypatch.setattr(
        type(page.shown), "soft_targets", lambda found, t: asked.append(t) or compute(found, t)
    )
    page.temperature.number.setValue(8.0)
    qtbot.waitUntil(lambda: asked == [8.0])
    for _move in range(3):
        page.soft_targets.matrix.pointed_at.emit((3, 5))
    page.soft_targets.diagonal_box.toggle()
    assert page.soft_targets.cell.text() == f"Images of 3 get 5 with {value:.3f} on average."
    page.soft_targets.matrix.pointed_at.emit(None)
    assert page.soft_targets.cell.text() == POINT
    assert asked == [8.0]


def test_another_student_is_looked_at(page, qtbot):
    before = page.shown
    student_box(page).setCurrentIndex(student_box(page).findData("baseline"))
    qtbot.waitUntil(lambda: page.shown is not before, timeout=LONGEST)
    assert page.shown.networks == ("teacher", "baseline")
    assert page.shown.predictions is before.predictions
    assert list(page.bars._bars) == ["teacher", "baseline"]


def test_a_run_of_one_network_is_shown_alone(runs, opened):
    run_in(runs, small_experiment(strategy="supervised"), "alone")
    page = opened()
    assert page.shown.networks == ("student",)
    assert not page.picker.network_boxes["Teacher"].isEnabled()
    assert page.curves.distance._curves == {}


def test_runs_that_need_code_or_absent_data_are_not_read(page, qtbot, monkeypatch):
    monkeypatch.setattr("kdstudio.gui.background.why_unreadable", lambda *_told: "read it elsewhere")
    student_box(page).setCurrentIndex(student_box(page).findData("baseline"))
    assert page._body.message.text() == "read it elsewhere"
    assert page._body.currentWidget() is page._body.message
    assert not page.reader.job.is_busy


def test_a_run_whose_experiment_cannot_be_read_says_why(window, runs, trained):
    copytree(trained.path, runs / "run")
    (runs / "run" / "experiment.toml").write_text("name = 3")
    window.index.look_now()
    window.show_page("Temperature")
    page = window.page("Temperature")
    assert "name" in page._body.message.text()
    assert page._body.currentWidget() is page._body.message


def test_damaged_weights_are_told(runs, window, qtbot):
    folder = run_in(runs, small_experiment(), "run")
    folder.network_file("teacher").write_bytes(b"no weights")
    window.index.look_now()
    window.show_page("Temperature")
    page = window.page("Temperature")
    with qtbot.waitSignal(page.complained, timeout=LONGEST) as told:
        pass
    assert "not a readable safetensors file" in told.args[0]
    assert page._body.message.text() == told.args[0]
    window.error.reject()


def test_only_a_run_that_declares_a_figure_against_the_temperature_has_its_plot(page, window, runs):
    assert page.figure.isHidden()
    settings = ("strategy.temperatures=[1, 4]", "seeds=2")
    folder = run_in(runs, small_experiment(*settings, strategy="temperature-sweep"), "swept")
    window.index.look_now()
    page.picker.run_box.setCurrentIndex(page.picker.run_box.findText(folder.name))
    assert not page.figure.isHidden()
    texts = [button.text() for button in page.figure.plot.legend._buttons.values()]
    assert texts == ["student mlp 8 α 0.1", "teacher", "baseline"]
    summary = folder.summary()
    means = {
        t: np.mean([summary.networks[f"T{t} α0,1 seed-{seed}"].validation.accuracy for seed in (0, 1)])
        for t in (1, 4)
    }
    best = f"T{max(means, key=means.get)} α0,1"
    assert page.figure.note.text() == (
        f"Means and standard deviations over the seeds. Best on validation: {best} (student mlp 8 α 0.1)."
    )
    swept = [name for name in summary.networks if name.startswith("T")]
    accuracies = {name: summary.networks[name].validation.accuracy for name in swept}
    assert accuracies[student_box(page).currentData()] == max(accuracies.values())


def test_of_many_classes_the_likeliest_the_answered_and_the_true_one_are_shown(monkeypatch):
    monkeypatch.setattr("kdstudio.gui.pages.temperature.temperature_page.MOST_ROWS", 2)
    found = soften(some_answers(teacher=3, student=3), (1.0,), "student", "teacher")
    for sample in range(40):
        rows = likeliest(found, sample)
        assert rows == sorted(set(rows))
        assert int(found.predictions.labels[sample]) in rows
        assert len(rows) >= 2
