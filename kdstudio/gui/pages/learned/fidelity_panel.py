"""Fidelity: how faithfully networks answer as their teacher does, and which classes changed by it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from kdstudio.gui.html import Html, bold, table
from kdstudio.gui.layout import GAP, Card, PlotCard, scrolled, text_label
from kdstudio.gui.pages.reading_stack import ReadingStack
from kdstudio.gui.plots.changes import ChangesPlot
from kdstudio.gui.plots.fidelity import FidelityPlot
from kdstudio.gui.saving.button import SaveButton
from kdstudio.gui.saving.saving import Saving
from kdstudio.gui.saving.tables import table_content
from kdstudio.gui.theme import Theme
from kdstudio.runs.colours import Token
from kdstudio.runs.fidelity import Fidelity, FidelityReport
from kdstudio.runs.figures import FIGURES, Figure
from kdstudio.runs.table_formats import TextTable

TITLE = "Fidelity to the teacher"
HOW = (
    "Agreement is the share of the test images to which a network answers as its teacher does, right "
    "or wrong; KL is how far its probabilities are from the teacher's, in nats, at T = 1. A student may be "
    "more accurate and less faithful, or the other way round (Stanton et al. 2021)."
)
NATS = Figure("KL", "nats", digits=3)
NO_BREAK = "\N{NO-BREAK SPACE}"
NO_TEACHER = "No network of this run has another one to be faithful to."
NO_CONTROL = (
    "Nothing comparable was trained without the teacher; tick Baseline on the Experiment page to see which "
    "classes gain and lose."
)


class FidelityPanel(ReadingStack):
    """A table of all networks beside their teachers, and the main one's classes beside its control's."""

    def __init__(self, theme: Theme, read: Callable[..., object]) -> None:
        """``read`` is :meth:`Explainer.fidelity`."""
        super().__init__(read, "explain")
        self.shown: FidelityReport | None = None
        self.found.connect(self._show)
        self.figures = text_label()
        self.saving = Saving(
            self.figures, lambda: table_content(self.figures, TITLE, lambda: [shown_figures(self.rows)])
        )
        self.saving.answer_right_clicks(self.figures)
        self.changes_text = text_label(name="muted")
        self.changes = ChangesPlot(theme)
        self.plot = FidelityPlot(theme)
        self._tokens: Mapping[str, Token] = {}
        self.addWidget(self._make_content())

    def _make_content(self) -> QWidget:
        card = Card(TITLE)
        card.head.addWidget(SaveButton("this table", lambda: self.saving if self.rows else None))
        figures = QWidget()
        column = QVBoxLayout(figures)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.figures)
        column.addStretch(1)
        card.add(text_label(HOW, "muted"))
        card.add(scrolled(figures), 2)
        card.add(self.plot, 3)
        plot = PlotCard()
        plot.add(self.changes, 1)
        plot.add(self.changes_text)
        content = QWidget()
        row = QHBoxLayout(content)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(GAP)
        row.addWidget(card, 1)
        row.addWidget(plot, 1)
        return content

    @property
    def rows(self) -> Sequence[Fidelity]:
        """The networks that are shown."""
        return self.shown.rows if self.shown else ()

    def show_networks(self, tokens: Mapping[str, Token]) -> None:
        """Use the colours of the run that is shown from now on."""
        self._tokens = tokens

    def _show(self, found: FidelityReport) -> None:
        self.shown = found
        self.figures.setText(fidelity_table(found.rows) if found.rows else NO_TEACHER)
        self.plot.show_rows(found.rows, self._tokens)
        changes = found.changes
        self.changes_text.setText(changes.text if changes else NO_CONTROL)
        self.changes.show_changes(changes.classes if changes else ())


def shown_figures(rows: Sequence[Fidelity]) -> TextTable:
    """Return a row for each network; figures over several seeds have their deviation.

    A column that would say the same in every row, or nothing, is left out.
    """
    share = FIGURES["accuracy"]
    columns = {
        "network": [row.network for row in rows],
        "teacher": [row.teacher for row in rows],
        "seeds": [str(row.accuracy.count) for row in rows],
        "accuracy": [share.text(row.accuracy) for row in rows],
        "agreement": [share.text(row.agreement) for row in rows],
        "KL (nats)": [NATS.text(row.kl) for row in rows],
    }
    alike = {title for title in ("teacher", "seeds") if len(set(columns[title])) == 1}
    shown = {title: cells for title, cells in columns.items() if title not in alike}
    align = "".join("l" if title in ("network", "teacher") else "r" for title in shown)
    return TextTable("", [*shown], [*zip(*shown.values(), strict=True)], align)


def fidelity_table(rows: Sequence[Fidelity]) -> Html:
    """Lay the same out; no cell is broken."""
    found = shown_figures(rows)
    body = [[cell.replace(" ", NO_BREAK) for cell in cells] for cells in found.body]
    return table(
        [bold(title.replace(" ", NO_BREAK)) for title in found.head], body, found.align, full_width=True
    )
