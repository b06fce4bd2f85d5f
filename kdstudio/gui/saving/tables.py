"""Tables of the window as what can be saved, and how they are painted in full."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QPalette, QTextDocument
from PySide6.QtWidgets import QTableView, QWidget

from kdstudio.gui.html import Html
from kdstudio.gui.saving.content import Content, as_html
from kdstudio.gui.saving.drawings import Drawing, Layer
from kdstudio.gui.saving.saving import Saving
from kdstudio.runs.table_formats import Table, TextTable

MARGIN = 12
RIGHT = Qt.AlignmentFlag.AlignRight


def table_content(widget: QWidget, title: str, tables: Callable[[], Sequence[Table]]) -> Content:
    """Return ``tables`` as what ``widget`` has to save."""
    return Content(title, tables, lambda: table_drawing(tables(), widget))


def save_table(view: QTableView, title: str) -> Saving:
    """Let ``view`` be saved as it stands, whole, with a right click too."""
    saving = Saving(view, lambda: table_content(view, title, lambda: [shown_table(view)]))
    saving.answer_right_clicks(view)
    return saving


def shown_table(view: QTableView) -> TextTable:
    """Read what ``view`` shows, in its order; hidden rows and columns are left out."""
    model, header = view.model(), view.horizontalHeader()
    order = sorted(range(model.columnCount()), key=header.visualIndex)
    columns = [column for column in order if not view.isColumnHidden(column)]
    heads = [
        str(model.headerData(column, Qt.Orientation.Horizontal) or "").replace("\n", " ")
        for column in columns
    ]
    sides = [
        model.headerData(column, Qt.Orientation.Horizontal, Qt.ItemDataRole.TextAlignmentRole)
        for column in columns
    ]
    rows = [
        [str(model.index(row, column).data() or "") for column in columns]
        for row in range(model.rowCount())
        if not view.isRowHidden(row)
    ]
    align = "".join("r" if side is not None and Qt.AlignmentFlag(side) & RIGHT else "l" for side in sides)
    return TextTable("", heads, rows, align)


def table_drawing(tables: Sequence[Table], widget: QWidget) -> Drawing:
    """Paint ``tables`` whole, whatever has to be scrolled to in the window, in the colours of ``widget``."""
    palette = widget.palette()
    document = QTextDocument()
    document.setDefaultFont(widget.font())
    document.setDocumentMargin(MARGIN)
    colour = palette.color(QPalette.ColorRole.Text).name()
    document.setHtml(Html(f"<div style='color: {colour}'>{as_html(tables)}</div>"))
    size = QSize(*(int(length) + 1 for length in (document.idealWidth(), document.size().height())))

    return Drawing(size, palette.color(QPalette.ColorRole.Button).name(), [Layer(document.drawContents)])
