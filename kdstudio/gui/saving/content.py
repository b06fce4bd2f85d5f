"""What a plot or a table has to save: tables of text, and a drawing."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from PySide6.QtCore import QMimeData

from kdstudio.gui.html import bold, paragraphs, table
from kdstudio.gui.saving.drawings import Drawing, as_image, as_png
from kdstudio.gui.saving.svg import as_svg
from kdstudio.runs.table_formats import TABLE_FORMATS, Table, as_csv, written_as


class FileFormat(NamedTuple):
    """A kind of file."""

    title: str
    suffix: str


PICTURES = {"png": FileFormat("PNG picture", "png"), "svg": FileFormat("SVG drawing", "svg")}
TEXTS = {key: FileFormat(each.title, each.suffix) for key, each in TABLE_FORMATS.items()}
FORMATS: Mapping[str, FileFormat] = PICTURES | TEXTS


@dataclass(frozen=True)
class Content:
    """What is in sight, read when somebody saves or copies it."""

    title: str
    tables: Callable[[], Sequence[Table]]
    drawing: Callable[[], Drawing]
    texts: tuple[str, ...] = tuple(TEXTS)
    """Which formats of text there are: a plot's points are a table for other programs alone."""

    @property
    def formats(self) -> tuple[str, ...]:
        """Keys of the files that can be made of it."""
        return (*PICTURES, *self.texts)

    @property
    def is_plot(self) -> bool:
        """Tell a plot from tables."""
        return len(self.texts) < len(TEXTS)

    def file(self, key: str) -> bytes:
        """Make a file of the format ``key``."""
        match key:
            case "png":
                return as_png(self.drawing())
            case "svg":
                return as_svg(self.drawing(), self.title)
        return self.text(key).encode()

    def text(self, key: str) -> str:
        """Write its tables in the format ``key``."""
        return written_as(key, self.tables())

    def copied(self) -> QMimeData:
        """Return it as other programs take it: cells between tabs, and a picture or formatted tables."""
        found, mime = self.tables(), QMimeData()
        mime.setText("\n".join(as_csv(each, "\t") for each in found))
        if self.is_plot:
            mime.setImageData(as_image(self.drawing()))
        else:
            mime.setHtml(as_html(found))
        return mime


def as_html(tables: Sequence[Table]) -> str:
    """Write ``tables`` with their titles as formatted text."""
    return paragraphs(*(part for each in tables for part in (_title(each), _cells(each))))


def _title(found: Table) -> str:
    return bold(found.title) if found.title else ""


def _cells(found: Table) -> str:
    return table([*map(bold, found.head)], found.body, found.align)
