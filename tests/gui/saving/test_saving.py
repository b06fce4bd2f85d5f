"""Saving and copying: menus, dialogs, keys and files, of a table that nobody else has."""

import csv
import io
from xml.etree import ElementTree

import pytest
from PySide6.QtCore import QPoint, QSettings, Qt
from PySide6.QtGui import QCursor, QGuiApplication, QImage
from PySide6.QtWidgets import (
    QApplication,
    QFileDialog,
    QLineEdit,
    QMenu,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from kdstudio.gui.dialogs import ErrorDialog
from kdstudio.gui.plots.bars import BarPlot
from kdstudio.gui.saving.button import NOTHING, SaveButton
from kdstudio.gui.saving.keys import SavingKeys, saving_with
from kdstudio.gui.saving.saving import FOLDER, Saving, file_name, saving_at
from kdstudio.gui.saving.tables import save_table, shown_table

CELLS = (("a & b", "61 ± 14"), ("<c>", "−3"), ("hidden", "1"))
FORMATS = ("png", "svg", "csv", "latex", "markdown")


class Holder(QWidget):
    """A window with a field, a table and a plot."""

    def __init__(self, theme):
        super().__init__()
        self.field = QLineEdit("typed")
        self.table = QTableWidget(3, 2)
        self.table.setHorizontalHeaderLabels(["network", "errors"])
        self.table.horizontalHeaderItem(1).setTextAlignment(Qt.AlignmentFlag.AlignRight)
        for row, texts in enumerate(CELLS):
            for column, text in enumerate(texts):
                self.table.setItem(row, column, QTableWidgetItem(text))
        self.table.setRowHidden(2, True)
        self.saving = save_table(self.table, "All <networks>")
        self.plot = BarPlot(theme, "Errors", "errors (images)")
        self.plot.show_bars(["one"], {"teacher": [10]}, y="errors (images)")
        column = QVBoxLayout(self)
        for widget in (self.field, self.table, self.plot):
            column.addWidget(widget)
        SavingKeys(self)


@pytest.fixture
def holder(qtbot, theme):
    holder = Holder(theme)
    qtbot.addWidget(holder)
    holder.resize(500, 500)
    with qtbot.waitExposed(holder):
        holder.show()
    QCursor.setPos(holder.mapToGlobal(QPoint(-50, -50)))
    yield holder
    for widget in QApplication.topLevelWidgets():
        if isinstance(widget, QFileDialog | ErrorDialog):
            widget.close()


def clipboard():
    return QGuiApplication.clipboard().mimeData()


def texts(menu):
    return [action.text().partition("\t")[0] for action in menu.actions() if action.text()]


def test_a_table_is_read_as_it_is_shown(holder):
    found = shown_table(holder.table)
    assert (found.head, found.body, found.align) == (["network", "errors"], [[*c] for c in CELLS[:2]], "lr")
    holder.table.setColumnHidden(0, True)
    assert shown_table(holder.table).head == ["errors"]


def test_columns_stand_where_they_were_dragged_to(holder):
    holder.table.horizontalHeader().moveSection(1, 0)
    assert shown_table(holder.table).head == ["errors", "network"]


def test_the_menu_of_a_table_offers_every_format(holder):
    holder.table.customContextMenuRequested.emit(QPoint(5, 5))
    menu = holder.table.findChild(QMenu)
    assert texts(menu) == [
        "Copy", "Save as…", "PNG picture…", "SVG drawing…", "CSV…", "LaTeX…", "Markdown…",
        "Copy as CSV", "Copy as LaTeX", "Copy as Markdown",
    ]  # fmt: skip
    menu.close()


@pytest.mark.parametrize("key", FORMATS)
def test_every_format_is_a_valid_file(holder, tmp_path, key):
    path = tmp_path / "table.out"
    holder.saving.write(path, key)
    made = path.read_bytes()
    if key == "png":
        assert QImage.fromData(made, "PNG").width() > 200
    elif key == "svg":
        told = "".join(ElementTree.fromstring(made).itertext())
        assert all(cell in told for row in CELLS[:2] for cell in row)
    elif key == "csv":
        rows = [*csv.reader(io.StringIO(made.decode()))]
        assert rows == [["network", "errors"], *map(list, CELLS[:2])]
    else:
        assert {"latex": rb"a \& b & 61 $\pm$ 14 \\", "markdown": "| a & b   | 61 ± 14 |".encode()}[
            key
        ] in made


@pytest.mark.parametrize(
    ("name", "begins"), [("x.csv", b"network"), ("x.TEX", b"\\begin"), ("x.png", b"\x89PNG")]
)
def test_the_ending_of_a_name_tells_the_format(holder, tmp_path, name, begins):
    holder.saving.write(tmp_path / name, "markdown")
    assert (tmp_path / name).read_bytes().startswith(begins)


def test_the_dialog_asks_where_and_puts_the_ending_of_the_format(holder, tmp_path):
    dialog = holder.saving.save("csv")
    assert dialog.acceptMode() is QFileDialog.AcceptMode.AcceptSave
    assert not dialog.testOption(QFileDialog.Option.DontConfirmOverwrite)
    assert dialog.selectedNameFilter() == "CSV (*.csv)"
    assert (dialog.defaultSuffix(), len(dialog.nameFilters())) == ("csv", len(FORMATS))
    dialog.filterSelected.emit("LaTeX (*.tex)")
    assert dialog.defaultSuffix() == "tex"
    dialog.fileSelected.emit(str(tmp_path / "mine.csv"))
    assert (tmp_path / "mine.csv").read_text("utf-8").startswith("network")
    assert QSettings().value(FOLDER) == str(tmp_path)


def test_what_cannot_be_written_is_one_message_and_leaves_nothing(holder, tmp_path, qtbot):
    holder.saving.write(tmp_path / "none" / "x.csv", "csv")
    (error,) = (w for w in QApplication.topLevelWidgets() if isinstance(w, ErrorDialog) and w.isVisible())
    assert "none/x.csv' cannot be written" in error.message
    error.close()
    assert not list(tmp_path.glob("*.csv"))


def test_tables_are_copied_as_cells_and_as_formatted_text(holder):
    holder.saving.copy()
    assert clipboard().text() == "network\terrors\na & b\t61 ± 14\n<c>\t−3\n"
    assert "&lt;c&gt;" in clipboard().html()
    holder.saving.copy("markdown")
    assert clipboard().text().startswith("| network")


def test_plots_are_copied_as_numbers_and_as_a_picture(holder):
    holder.plot.saving.copy()
    assert clipboard().text() == "curve\tx\terrors (images)\nteacher\tone\t10.0\n"
    assert clipboard().hasImage()


def test_the_keys_work_on_what_has_the_focus(holder, qtbot):
    holder.table.setFocus()
    qtbot.keyClick(holder.table, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    assert clipboard().text().startswith("network\terrors\n")
    both = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier
    qtbot.keyClick(holder.table, Qt.Key.Key_S, both)
    assert holder.table.findChild(QFileDialog) is not None


def test_the_keys_work_on_what_the_mouse_is_over(holder, qtbot):
    holder.table.setFocus()
    QCursor.setPos(holder.plot.plot.mapToGlobal(holder.plot.plot.rect().center()))
    qtbot.keyClick(holder, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    assert clipboard().text().startswith("curve\t")


def test_the_focus_counts_again_once_it_has_moved(holder, qtbot):
    QCursor.setPos(holder.plot.plot.mapToGlobal(holder.plot.plot.rect().center()))
    holder.field.setFocus()
    holder.table.setFocus()
    qtbot.keyClick(holder, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    assert clipboard().text().startswith("network\terrors\n")


def test_the_keys_on_its_button_are_for_what_it_saves(holder, qtbot):
    button = SaveButton("this table", lambda: holder.saving)
    qtbot.addWidget(button)
    assert saving_with(button) is holder.saving
    assert saving_with(holder.table) is holder.saving


def test_a_field_copies_its_own_text(holder, qtbot):
    holder.field.setFocus()
    holder.field.selectAll()
    QCursor.setPos(holder.plot.plot.mapToGlobal(holder.plot.plot.rect().center()))
    qtbot.keyClick(holder.field, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    assert clipboard().text() == "typed"


def test_what_saves_a_part_of_a_plot_is_what_saves_the_plot(holder):
    assert saving_at(holder.plot.plot.viewport()) is holder.plot.saving
    assert saving_at(holder.field) is None
    assert saving_at(None) is None


def test_the_button_has_the_same_menu_and_a_name(holder, qtbot):
    button = SaveButton("this table", lambda: holder.saving)
    qtbot.addWidget(button)
    button.menu().aboutToShow.emit()
    assert texts(button.menu())[:2] == ["Copy", "Save as…"]
    assert button.accessibleName() == "Save or copy this table"
    assert "Ctrl+Shift+S" in button.toolTip()
    assert not button.icon().isNull()


def test_a_button_with_nothing_to_save_says_so(qtbot):
    button = SaveButton("what is shown", lambda: None)
    qtbot.addWidget(button)
    button.menu().aboutToShow.emit()
    assert texts(button.menu()) == [NOTHING]
    assert not button.menu().actions()[0].isEnabled()


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("Accuracy per class", "accuracy-per-class"),
        ("KL/CE: <T²>", "kl-ce-t²"),
        ("…", "kdstudio"),
        ("a" * 99, "a" * 60),
    ],
)
def test_titles_make_names_of_files(title, name):
    assert file_name(title) == name


def test_saving_goes_with_its_widget(holder):
    assert isinstance(holder.plot.saving, Saving)
    assert holder.plot.saving.parent() is holder.plot
