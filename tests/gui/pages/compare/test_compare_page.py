"""The compare page over an index that nobody has to read: runs of a strategy that nobody knows."""

import csv
import io

import pytest
from PySide6.QtCore import QItemSelectionModel, Qt
from PySide6.QtGui import QDesktopServices, QGuiApplication
from PySide6.QtWidgets import QFileDialog, QMessageBox

from kdstudio.engine.strategy import strategies
from kdstudio.engine.views import Comparison, FigureView, TableView
from kdstudio.gui.pages.compare.compare_page import ComparePage
from kdstudio.gui.pages.compare.entries import COLUMNS
from kdstudio.gui.pages.compare.run_figures import COSTS, CURVES, ERRORS, EXITS
from kdstudio.runs.folder import RunFolder
from tests.gui.pages.compare.conftest import Index
from tests.results import doubt, row, run
from tests.runs.logs.recorded import copied
from tests.small import run_in, small_experiment

GROWTH = FigureView(title="Growth", x="depth")
DEPTHS = TableView(title="By <depth>", rows=("depth",), figures=("accuracy", "errors"))
CLONES = (
    row("donor", 0.9), row("twin", 0.5, role="left"),
    row("clone", 0.6, 0.6, role="left", depth=1), row("clone", 0.7, 0.7, role="left", depth=2),
)  # fmt: skip
ABOUT = Comparison(result="clone", control="twin", reference="donor")


@pytest.fixture
def clones():
    return run(*CLONES, name="20260101-clones", views=(GROWTH, DEPTHS), comparison=ABOUT, seconds=3725)


@pytest.fixture
def plain():
    return run(
        row("teacher", 0.95), row("student", 0.8), name="20260102-plain", started="2026-01-02T00:00:00",
        experiment={"strategy": {"name": "plain", "<b>": "&"},
                    "about": {"published": [{"what": "errors <1>", "value": "67"}]}},
    )  # fmt: skip


@pytest.fixture
def index(runs, clones, plain):
    return Index(runs, plain, clones)


@pytest.fixture
def page(qtbot, theme, index):
    page = ComparePage(theme, index)
    qtbot.addWidget(page)
    page.show()
    return page


def cells(page, place):
    return [page.table.model().index(place, column).data() for column in range(len(COLUMNS))]


def names(page):
    return [folder.name for folder in page.table.chosen()]


def offered(page):
    return [page.figures.choice.itemText(place) for place in range(page.figures.choice.count())]


def choose_all(page):
    page.table.selectAll()


def test_a_row_tells_what_is_held_against_what(page):
    assert cells(page, 1)[:8] == [
        "clones", "nobody-knows", "✓ finished", "90.00%", "50.00%", "70.00%", "1 seed", "300",
    ]  # fmt: skip
    assert cells(page, 0)[3:8] == ["95.00%", "–", "80.00%", "–", "200"]


def test_what_a_run_gains_over_its_seeds_stands_in_a_few_words_and_sorts_by_size(page, index):
    def seeded(name, *accuracies):
        rows = [row("control", 0.5 + s / 1000, seed=s) for s in range(3)]
        rows += [row("student", accuracy, seed=s) for s, accuracy in enumerate(accuracies)]
        return run(*rows, name=name)

    index.put(seeded("worse", 0.4, 0.401, 0.402), seeded("better", 0.6, 0.611, 0.622))
    place = [column.title for column in COLUMNS].index("Against control")
    page.table.sortByColumn(place, Qt.SortOrder.DescendingOrder)
    assert [cells(page, line)[place] for line in range(4)] == [
        "better by 110 ± 25", "worse by 100", "–", "1 seed",
    ]  # fmt: skip
    cell = page.table.model().index(0, place)
    tip = cell.data(Qt.ItemDataRole.ToolTipRole)
    assert tip == "student against baseline: better by 110 ± 25 errors (3 seeds)"


def test_columns_sort_by_value(page):
    errors = [column.title for column in COLUMNS].index("Errors")
    page.table.sortByColumn(errors, Qt.SortOrder.DescendingOrder)
    assert [cells(page, place)[errors] for place in range(2)] == ["300", "200"]
    page.table.sortByColumn(4, Qt.SortOrder.AscendingOrder)
    assert [cells(page, place)[4] for place in range(2)] == ["–", "50.00%"]


def test_the_newest_is_chosen_at_first_and_a_choice_outlives_refreshes(page, index, clones):
    assert names(page) == ["20260102-plain"]
    page.choose(RunFolder(index.path / clones.name))
    page.table.sortByColumn(0, Qt.SortOrder.AscendingOrder)
    index.put(run(name="new"))
    assert names(page) == ["20260101-clones"]
    assert page.table.model().rowCount() == 3
    index.put(clones.model_copy(update={"status": "running"}))
    assert names(page) == ["20260101-clones"]
    assert cells(page, 0)[2] == "● running"
    del index.summaries[RunFolder(index.path / clones.name)]
    index.changed.emit()
    assert names(page) == ["new"]


def test_what_is_out_of_sight_or_stays_as_it_is_is_not_drawn_again(page, index, plain, monkeypatch):
    told = []
    monkeypatch.setattr(page.notes, "show_runs", told.append)
    index.changed.emit()
    assert not told
    page.hide()
    index.put(plain.model_copy(update={"status": "running"}))
    assert not told
    page.show()
    assert [[summary.status for summary in summaries] for summaries in told] == [["running"]]


def test_a_run_that_the_index_does_not_know_yet_is_chosen_when_it_does(page, index):
    page.choose(RunFolder(index.path / "late"))
    assert names(page) == ["20260102-plain"]
    index.put(run(name="late"))
    assert names(page) == ["late"]


def test_whoever_chooses_another_waits_no_longer(page, index):
    page.choose(RunFolder(index.path / "late"))
    page.table.selectionModel().select(
        page.table.model().index(1, 0),
        QItemSelectionModel.SelectionFlag.ClearAndSelect | QItemSelectionModel.SelectionFlag.Rows,
    )
    index.put(run(name="late"))
    assert names(page) == ["20260101-clones"]


def test_every_figure_of_a_run_is_offered_and_what_is_in_sight_stays(page, index, clones):
    assert offered(page) == [ERRORS, COSTS]
    page.choose(RunFolder(index.path / clones.name))
    assert offered(page) == ["Growth", ERRORS, COSTS]
    assert page.figures.shown() == "Growth"
    assert page.figures.plot.isVisible()
    assert [b.text() for b in page.figures.plot.legend._buttons.values()] == [
        "clone", "donor", "left twin",
    ]  # fmt: skip
    page.figures.show_widget(ERRORS)
    index.put(clones.model_copy(update={"seconds": 4000.0}))
    assert page.figures.shown() == ERRORS
    choose_all(page)
    assert offered(page) == [ERRORS, CURVES, COSTS]


def test_exits_are_read_only_when_they_are_looked_at(page, index, monkeypatch):
    asked = []
    monkeypatch.setattr(page.figures.exits, "show_run", asked.append)
    own = run(row("student", 0.9, depth=1), row("exit", 0.8, exit=1), name="own", views=(GROWTH,))
    index.put(own)
    choose_all(page)
    assert asked == []
    page.choose(RunFolder(index.path / "own"))
    assert page.figures.shown() == "Growth"
    page.figures.show_widget(EXITS)
    assert asked == [RunFolder(index.path / "own")]


def test_errors_of_several_runs_stand_side_by_side(page):
    choose_all(page)
    assert page.figures.bars._groups == ["plain", "clones"]
    assert page.figures.bars._values["student"] == [200, None]
    assert page.figures.bars._values["left clone depth-2"] == [None, 300]


def test_notes_show_every_table_and_all_is_escaped(page, index, clones):
    text = page.notes.toPlainText()
    assert "errors <1>\n67" in text
    assert "plain: <b> &" in text
    page.choose(RunFolder(index.path / clones.name))
    text = page.notes.toPlainText()
    assert "By <depth>" in text
    for told in ("left clone depth-2", "1,234", "70.00%", "300"):
        assert told in text
    choose_all(page)
    assert "strategy.name" in page.notes.toPlainText()


def test_what_makes_a_run_doubtful_stands_in_its_row_and_below_its_results(page, index, clones):
    index.put(clones.model_copy(update={"warnings": (doubt("clone"),)}))
    page.choose(RunFolder(index.path / clones.name))
    assert any("! finished, 1 warning" in cells(page, place) for place in range(2))
    text = page.notes.toPlainText()
    assert "clone is at <chance>. 10.0% are right. Lower its learning rate." in text
    assert text.index("validation") < text.index("<chance>")


def test_buttons_follow_the_choice(page, index):
    assert page.buttons["export"].isEnabled()
    assert not page.buttons["resume"].isEnabled()
    index.put(run(name="cut", status="interrupted"))
    page.choose(RunFolder(index.path / "cut"))
    assert page.buttons["resume"].isEnabled()
    assert not page.buttons["export"].isEnabled()
    choose_all(page)
    assert not page.actions_of_runs["folder"].isEnabled()
    assert page.buttons["delete"].isEnabled()


def test_nothing_to_compare_is_explained(qtbot, theme, runs):
    page = ComparePage(theme, Index(runs))
    qtbot.addWidget(page)
    page.show()
    assert page._stack.currentIndex() == 0
    assert page.notes.toPlainText()


def test_a_figure_without_a_single_point_is_not_offered(page, index):
    index.put(run(row("student", 0.9), row("teacher", 0.8), name="flat", views=(GROWTH,)))
    page.choose(RunFolder(index.path / "flat"))
    assert offered(page) == [ERRORS, COSTS]


def test_what_is_wanted_most_stands_at_the_left(page):
    told = page.notes.toPlainText().split()
    places = [told.index(word) for word in ("network", "validation", "test", "parameters", "architecture")]
    assert places == sorted(places)


def table_of(content):
    return [*csv.reader(io.StringIO(content.file("csv").decode()))]


def test_the_table_of_runs_is_saved_as_it_is_sorted(page):
    errors = [column.title for column in COLUMNS].index("Errors")
    page.table.sortByColumn(errors, Qt.SortOrder.AscendingOrder)
    head, *rows = table_of(page.table.saving.content())
    assert head == [column.title for column in COLUMNS if column.title not in ("Data", "Tags")]
    assert [row[errors] for row in rows] == ["200", "300"]
    assert page.table.saving.content().tables()[0].align == "lllrrrlrrl"


def test_the_tables_of_results_are_saved_together(page, index, clones):
    page.choose(next(found for found, summary in index.summaries.items() if summary == clones))
    rows = table_of(page.notes.saving.content())
    assert ["By <depth>"] in rows
    assert ["network", "architecture"] in [row[:2] for row in rows]
    choose_all(page)
    rows = table_of(page.notes.saving.content())
    figures, settings = (rows.index([title, *names]) for title, *names in (
        ("run", "teacher", "control", "result", "errors", "against control"), ("setting", "plain", "clones"),
    ))  # fmt: skip
    assert figures < settings
    assert ["plain", "95.00%", "–", "80.00%", "200", "–"] in rows
    assert ["strategy.name", "plain", "nobody-knows"] in rows


def test_copying_in_the_results_prefers_what_is_selected(page, qtbot):
    page.notes.setFocus()
    control = Qt.KeyboardModifier.ControlModifier
    qtbot.keyClick(page.notes, Qt.Key.Key_C, control)
    assert QGuiApplication.clipboard().text().startswith("network\t")
    page.notes.selectAll()
    qtbot.keyClick(page.notes, Qt.Key.Key_C, control)
    assert "\t" not in QGuiApplication.clipboard().text().partition("\n")[0]


def test_the_figure_in_sight_is_what_the_button_above_saves(page, index, clones):
    page.choose(next(found for found, summary in index.summaries.items() if summary == clones))
    assert page.figures._saving() is page.figures.plot.saving
    page.figures.show_widget(ERRORS)
    assert page.figures._saving() is page.figures.bars.saving


def test_the_report_of_the_selected_runs_is_written_and_offered(runs, qtbot, theme, tmp_path, monkeypatch):
    folders = [run_in(runs, small_experiment(f"name={name}"), name) for name in ("one", "two")]
    page = ComparePage(theme, Index(runs, *(folder.summary() for folder in folders)))
    qtbot.addWidget(page)
    page.show()
    choose_all(page)
    page.buttons["report"].click()
    dialog = page.findChild(QFileDialog)
    assert dialog.acceptMode() is QFileDialog.AcceptMode.AcceptSave
    assert dialog.defaultSuffix() == "html"
    with qtbot.waitSignal(page.report.written) as told:
        dialog.fileSelected.emit(str(tmp_path / "report.html"))
    assert told.args == [tmp_path / "report.html"]
    assert "2 runs compared" in (tmp_path / "report.html").read_text("utf-8")
    opened = []
    monkeypatch.setattr(QDesktopServices, "openUrl", lambda url: not opened.append(url.toLocalFile()))
    box = page.findChild(QMessageBox)
    assert str(tmp_path / "report.html") in box.informativeText()
    next(button for button in box.buttons() if button.text() == "Open").click()
    assert opened == [str(tmp_path / "report.html")]
    dialog.close()


def test_the_code_of_one_run_is_written(runs, qtbot, theme, tmp_path):
    folder = run_in(runs, small_experiment(strategy="supervised"), "one")
    page = ComparePage(theme, Index(runs, folder.summary()))
    qtbot.addWidget(page)
    page.show()
    assert page.actions_of_runs["code"].isEnabled()
    page.actions_of_runs["code"].trigger()
    dialog = page.findChild(QFileDialog)
    assert dialog.defaultSuffix() == "py"
    with qtbot.waitSignal(page.code.written):
        dialog.fileSelected.emit(str(tmp_path / "one.py"))
    compile((tmp_path / "one.py").read_text("utf-8"), "one.py", "exec")
    dialog.close()


def test_logs_of_the_selected_runs_are_written(runs, qtbot, theme, tmp_path):
    folders = [copied(runs, name) for name in ("one", "two")]
    page = ComparePage(theme, Index(runs, *(folder.summary() for folder in folders)))
    qtbot.addWidget(page)
    page.show()
    choose_all(page)
    page.actions_of_runs["log"].trigger()
    dialog = page.findChild(QFileDialog)
    assert dialog.fileMode() is QFileDialog.FileMode.Directory
    with qtbot.waitSignal(page.log.written) as told:
        dialog.fileSelected.emit(str(tmp_path / "logs"))
    assert told.args == [tmp_path / "logs"]
    assert [len([*(tmp_path / "logs" / name).iterdir()]) for name in ("one", "two")] == [1, 1]
    dialog.close()


def test_a_report_that_cannot_be_written_is_told(page, qtbot, tmp_path):
    with qtbot.waitSignal(page.complained) as told:
        page.report.write(page.table.chosen(), tmp_path / "report.html")
    assert "is not a run" in told.args[0]
    assert not list(tmp_path.glob("*.html"))


def test_no_strategy_declares_a_figure_of_the_name_of_one_that_all_runs_have():
    own = {ERRORS, CURVES, COSTS, EXITS}
    for name, strategy in strategies.items():
        assert own.isdisjoint(view.title for view in strategy.views), name
