"""What is done with runs on the compare page, by mouse and by key."""

from datetime import datetime

import pytest
from PySide6.QtCore import QPoint, QSettings, Qt
from PySide6.QtGui import QAction, QColor, QDesktopServices, QGuiApplication
from PySide6.QtWidgets import QLineEdit, QMainWindow, QMenu, QMessageBox

from kdstudio.gui.pages.compare.entries import COLUMNS, STATE_COLUMN
from kdstudio.gui.pages.compare.filter_bar import ANY
from kdstudio.gui.pages.compare.overlay_panel import TITLE as CURVES
from kdstudio.gui.pages.compare.runs_table import RunsTable
from kdstudio.gui.settings_dialog import SettingsDialog
from kdstudio.runs.colours import schemes
from kdstudio.runs.comparison import short_names
from kdstudio.runs.folder import RunFolder
from kdstudio.runs.labels import Labels, labels_file, read_labels, write_labels
from tests.gui.pages.compare.conftest import Index
from tests.results import doubt, row, run
from tests.small import create_run, run_in, small_experiment


def seeded(name, seed, student, **more):
    rows = (row("teacher", 0.9), row("control", 0.7), row("student", student))
    strategy = {"name": "hinton", "temperature": 8.0}
    experiment = {"strategy": strategy, "data": {"source": {"name": "digits"}}, "seed": seed}
    return run(*rows, name=name, experiment=experiment, **more)


@pytest.fixture
def index(runs):
    index = Index(
        runs,
        seeded("20260103-c", 2, 0.83, started="2026-01-03T00:00:00"),
        seeded("20260102-b", 1, 0.81, started="2026-01-02T00:00:00"),
        seeded("20260101-a", 0, 0.80, started="2026-01-01T00:00:00"),
        run(name="odd", status="failed", error="no room", started="2025-01-01T00:00:00"),
    )
    for folder, summary in index.summaries.items():
        folder.path.mkdir(parents=True)
        (folder.path / "experiment.toml").touch()
        folder.summary_file.write_text(summary.model_dump_json())
    return index


@pytest.fixture
def page(make_page, index):
    page = make_page(index)
    page.outdated.connect(index.look)
    return page


def names(page):
    return [index.data() for index in page.table._tops()]


def first(page):
    return next(page.table._tops())


def press(qtbot, page, key, modifier=Qt.KeyboardModifier.NoModifier):
    page.activateWindow()
    page.table.setFocus()
    qtbot.keyClick(page.table, key, modifier)


def test_seeds_are_one_row_that_unfolds_and_its_figures_are_means(page):
    assert names(page) == ["c (3 seeds)", "odd"]
    cells = [first(page).siblingAtColumn(place).data() for place in range(8)]
    assert cells[2:] == [
        "✓ finished", "90.00% ± 0.00", "70.00% ± 0.00", "81.33% ± 1.53", "better by 113 ± 38", "186.7 ± 15.3",
    ]  # fmt: skip
    inside = [page.table.model().index(place, 0, first(page)).data() for place in range(3)]
    assert inside == ["c, seed 2", "b, seed 1", "a, seed 0"]
    assert len(page.table.chosen()) == 3
    assert "better by 113 ± 38 errors (3 seeds)" in page.notes.toPlainText()
    page.filter.gather.setChecked(False)
    page.refresh()
    assert names(page) == ["c", "b", "a", "odd"]
    assert len(page.table.chosen()) == 3


def test_a_group_keeps_being_chosen_and_unfolded_while_it_grows(page, index):
    page.table.setExpanded(first(page), True)
    index.put(seeded("20260104-d", 3, 0.8, started="2026-01-04T00:00:00"))
    assert names(page) == ["d (4 seeds)", "odd"]
    assert page.table.isExpanded(first(page))
    assert len(page.table.chosen()) == 4


def test_a_run_within_a_group_is_chosen_by_unfolding_it(page, index):
    page.choose(RunFolder(index.path / "20260102-b"))
    assert page.table.isExpanded(first(page))
    assert [folder.name for folder in page.table.chosen()] == ["20260102-b"]


def test_double_click_and_enter_open_the_curves_and_unfold_seeds(page, index, qtbot):
    opened = []
    page.curves_wanted.connect(opened.append)
    press(qtbot, page, Qt.Key.Key_Return)
    assert page.table.isExpanded(first(page))
    assert opened == []
    page.choose(RunFolder(index.path / "odd"))
    press(qtbot, page, Qt.Key.Key_Return)
    place = page.table.visualRect(page.table.currentIndex()).center()
    qtbot.mouseClick(page.table.viewport(), Qt.MouseButton.LeftButton, pos=place)
    qtbot.mouseDClick(page.table.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert [folder.name for folder in opened] == ["odd", "odd"]


def test_runs_are_looked_for_and_a_new_one_is_shown_whatever_is_asked(page, index, qtbot):
    page.filter.words.setText("temperature=8 digits")
    qtbot.waitUntil(lambda: names(page) == ["c (3 seeds)"])
    assert page.counted.text() == "3 of 4 match"
    page.filter.words.clear()
    page.filter.boxes["state"].setCurrentText("failed")
    page.refresh()
    assert names(page) == ["odd"]
    page.choose(RunFolder(index.path / "20260101-a"))
    assert page.filter.boxes["state"].currentText() == ANY["state"]
    assert len(names(page)) == 2
    qtbot.keyClick(page, Qt.Key.Key_F, Qt.KeyboardModifier.ControlModifier)
    assert page.focusWidget() is page.filter.words


def test_f2_gives_a_title_and_the_folder_keeps_its_name(page, index, qtbot):
    run = RunFolder(index.path / "odd")
    page.choose(run)
    press(qtbot, page, Qt.Key.Key_F2)
    editor = page.table.viewport().findChild(QLineEdit)
    assert editor.text() == "odd"
    editor.setText("The <odd> one")
    qtbot.keyClick(editor, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: names(page)[1] == "The <odd> one")
    assert read_labels(run).title == "The <odd> one"
    assert run.path.is_dir()
    page.table.runs.renamed.emit(run, "odd")
    assert read_labels(run).title == ""


def test_tags_and_notes_are_kept_beside_the_run(page, index, qtbot):
    page.choose(RunFolder(index.path / "odd"))
    press(qtbot, page, Qt.Key.Key_T, Qt.KeyboardModifier.ControlModifier)
    dialog = page.edit_labels()
    dialog.tags.setText("paper, odd")
    dialog.note.setPlainText("look <here>\n")
    dialog.accept()
    assert read_labels(RunFolder(index.path / "odd")) == Labels(tags=("paper", "odd"), note="look <here>")
    assert page.filter.boxes["tag"].isVisible()
    page.table.selectAll()
    dialog = page.edit_labels()
    assert dialog.tags.text() == ""
    dialog.tags.setText("all")
    dialog.accept()
    assert index.labels[RunFolder(index.path / "odd")].tags == ("paper", "odd", "all")
    assert index.labels[RunFolder(index.path / "20260101-a")].tags == ("all",)


def test_damaged_labels_are_told_where_they_would_be_changed(page, index):
    labels_file(RunFolder(index.path / "odd")).write_text("{")
    page.choose(RunFolder(index.path / "odd"))
    dialog = page.edit_labels()
    assert any("is damaged" in label.text() for label in dialog.findChildren(type(page.figures.costs.note)))
    dialog.reject()


def test_what_is_deleted_comes_back_with_ctrl_z(page, index, qtbot):
    press(qtbot, page, Qt.Key.Key_Delete)
    assert names(page) == ["odd"]
    assert page.undo_strip.isVisible()
    assert page.undo_strip.text.text().startswith("Deleted 3 runs.")
    index.summaries = {**index.summaries, RunFolder(index.path / "20260101-a"): seeded("20260101-a", 0, 0.8)}
    press(qtbot, page, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert (index.path / "20260101-a").is_dir()
    assert (index.path / "20260103-c").is_dir()
    assert not page.undo_strip.isVisible()
    page.choose(RunFolder(index.path / "odd"))
    page.buttons["delete"].click()
    page.undo_strip.buttons["Delete for good"].click()
    assert not any((index.path / ".trash").iterdir())
    assert not page.undo_strip.undo.isEnabled()


def test_ctrl_z_here_is_not_that_of_the_window(page, qtbot):
    window, told = QMainWindow(), []
    qtbot.addWidget(window)
    action = QAction("Undo", window, shortcut="Ctrl+Z")
    action.triggered.connect(lambda: told.append(True))
    window.addAction(action)
    window.setCentralWidget(page)
    with qtbot.waitActive(window):
        window.show()
        window.activateWindow()
    page.buttons["delete"].click()
    control = Qt.KeyboardModifier.ControlModifier
    for _ in range(2):
        page.table.setFocus()
        qtbot.keyClick(page.table, Qt.Key.Key_Z, control)
    assert not page.undo_strip.undo.isEnabled()
    assert told == [True]
    page.setParent(None)


def test_a_running_run_is_never_deleted_and_the_button_says_why(page, index):
    index.put(run(name="busy", status="running", started="2026-02-01T00:00:00"))
    page.choose(RunFolder(index.path / "busy"))
    assert not page.buttons["delete"].isEnabled()
    assert page.buttons["delete"].toolTip() == "'busy' is running; stop it first"
    page.choose(RunFolder(index.path / "odd"))
    assert page.buttons["delete"].isEnabled()


def test_what_cannot_be_done_says_why(page):
    assert not page.buttons["export"].isEnabled()
    assert "Unfold the row" in page.buttons["export"].toolTip()
    page.table.clearSelection()
    assert {button.toolTip() for button in page.buttons.values()} == {"Select a run first"}


def test_the_menu_offers_everything(page):
    page._open_menu(QPoint(5, 5))
    menu = next(menu for menu in page.findChildren(QMenu) if menu.isVisible())
    texts = [action.text() for action in menu.actions()]
    assert [text for text in texts if text][:13] == [
        "Open curves", "Use settings…", "Resume", "More epochs…", "Export…", "Report…", "Code…",
        "TensorBoard…", "Rename", "Tags and note…", "Open folder", "Check and mend", "Delete",
    ]  # fmt: skip
    menu.close()


def test_columns_are_hidden_and_stay_so(page, theme, qtbot):
    place = [column.title for column in COLUMNS].index("Teacher")
    action = next(action for action in page.table.header_menu().actions() if action.text() == "Teacher")
    action.setChecked(False)
    assert page.table.isColumnHidden(place)
    assert "Teacher" not in page.table.shown().head
    other = RunsTable(theme)
    qtbot.addWidget(other)
    assert other.isColumnHidden(place)
    QSettings().remove("compare/hidden")


def test_a_column_of_nothing_takes_no_room(page, index):
    place = [column.title for column in COLUMNS].index("Tags")
    assert page.table.isColumnHidden(place)
    write_labels(RunFolder(index.path / "odd"), Labels(tags=("mine",)))
    index.look()
    assert not page.table.isColumnHidden(place)


def test_a_start_is_told_briefly_and_saved_in_full(page, index):
    now = datetime.now()
    index.put(run(name="now", started=now.isoformat()))
    place = [column.title for column in COLUMNS].index("Started")
    told = [index.siblingAtColumn(place).data() for index in page.table._tops()]
    assert (told[0], told[-1]) == (f"{now:%H:%M}", "01 Jan 2025")
    saved = page.table.shown()
    starts = [row[saved.head.index("Started")] for row in saved.body]
    assert (starts[0], starts[-1]) == (f"{now:%Y-%m-%d %H:%M}", "2025-01-01 00:00")


def test_a_folder_that_no_program_shows_is_told_with_its_path(page, index, monkeypatch):
    monkeypatch.setattr(QDesktopServices, "openUrl", lambda _url: False)
    page.choose(RunFolder(index.path / "odd"))
    page.actions_of_runs["folder"].trigger()
    box = page.findChild(QMessageBox)
    assert str(index.path / "odd") in box.informativeText()
    next(button for button in box.buttons() if "Copy" in button.text()).click()
    assert QGuiApplication.clipboard().text() == str(index.path / "odd")


def contrast(one, other):
    def light(colour):
        parts = (colour.redF(), colour.greenF(), colour.blueF())
        linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    high, low = sorted((light(QColor(one)), light(QColor(other))), reverse=True)
    return (high + 0.05) / (low + 0.05)


def test_states_have_a_sign_and_a_word_and_colours_that_can_be_read(page, index):
    index.put(seeded("warned", 7, 0.5, warnings=(doubt(),), started="2026-03-01T00:00:00"))
    page.filter.gather.setChecked(False)
    page.refresh()
    cells = [index.siblingAtColumn(STATE_COLUMN) for index in page.table._tops()]
    told = {cell.data() for cell in cells}
    assert told == {"✓ finished", "✕ failed", "! finished, 1 warning"}
    assert len({cell.data(Qt.ItemDataRole.ForegroundRole).name() for cell in cells}) == 3
    for colours in schemes().values():
        for role in ("text", "accent", "error", "warning"):
            for ground in ("panel", "window"):
                assert contrast(colours[role], colours[ground]) >= 4.5, (role, ground)


def test_curves_of_several_runs_are_drawn_in_one_plot(runs, make_page, qtbot):
    folders = [run_in(runs, small_experiment(f"strategy.temperature={t}"), f"T{t}") for t in (1, 4)]
    page = make_page(Index(runs, *(folder.summary() for folder in folders)))
    page.table.selectAll()
    page.figures.show_widget(CURVES)
    panel = page.figures.curves
    qtbot.waitUntil(lambda: len(panel.plot.legend.entries()) == 2)
    assert {text.split("  ")[0] for text, _ in panel.plot.legend.entries()} == {"T1", "T4"}
    assert {point.curve for point in panel.plot.points()} == {"T1", "T4"}
    assert panel.what_box.itemText(0) == "validation accuracy"
    panel.what_box.setCurrentIndex(1)
    assert len(panel.plot.legend.entries()) == 2
    assert short_names([folder.summary() for folder in folders]) == ["T1", "T4"]


def test_the_window_puts_settings_into_the_form_after_telling_what_differs(window, runs):
    folder = create_run(runs, small_experiment("strategy.temperature=3"), "warm")
    window.index.look_now()
    dialog = window.use_settings(folder)
    rows = [dialog.table.model().index(place, 0).data() for place in range(dialog.table.model().rowCount())]
    assert "strategy.temperature" in rows
    before = window.draft.raw
    dialog.reject()
    assert window.draft.raw == before
    window.use_settings(folder).findChildren(QMessageBox)
    dialog = window.use_settings(folder)
    dialog._use()
    assert window.draft.experiment.strategy.temperature == 3
    assert "already" in window.use_settings(folder).told.text()
    window.watch(folder)
    assert window.stack.currentWidget() is window.page("Live")
    assert window.page("Live").run_box.currentData() == folder


def test_more_epochs_are_a_new_run_from_the_weights_of_the_former_one(window, runs, qtbot):
    folder = run_in(runs, small_experiment(strategy="supervised"), "former")
    window.index.look_now()
    window.page("Compare").choose(folder)
    window.show_page("Compare")
    action = window.page("Compare").actions_of_runs["epochs"]
    qtbot.waitUntil(action.isEnabled)
    action.trigger()
    (dialog,) = window.findChildren(SettingsDialog)
    assert dialog.windowTitle() == "More epochs for former"
    rows = [dialog.table.model().index(place, 0).data() for place in range(dialog.table.model().rowCount())]
    assert "networks.student.weights.run" in rows
    dialog._use()
    weights = window.draft.experiment.networks["student"].weights
    assert (weights.run, weights.network) == (str(folder.path), "student")
    assert window.stack.currentWidget() is window.page("Experiment")


def test_of_a_run_that_has_nothing_to_start_from_the_window_says_so(window, runs):
    folder = create_run(runs, small_experiment(), "empty")
    assert window.train_on(folder) is None
    assert "run 'empty' has no trained network yet" in window.error.message
