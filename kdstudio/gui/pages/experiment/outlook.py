"""What will happen: the formula, the stages, the networks, the data, and the same on the command line."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QSizePolicy, QVBoxLayout, QWidget

from kdstudio.engine.experiment import About, Experiment
from kdstudio.engine.identity import title_of
from kdstudio.engine.trials import first_setting, spoken_trials
from kdstudio.gui.command_text import CommandText
from kdstudio.gui.forms.draft import Draft
from kdstudio.gui.formula_view import FormulaView
from kdstudio.gui.html import Html, bold, joined, lines, listed, paragraphs
from kdstudio.gui.layout import GAP, Card, scrolled, text_label
from kdstudio.gui.pages.experiment.preview_panel import PreviewPanel
from kdstudio.gui.spoken import spoken_problem
from kdstudio.gui.theme import Theme
from kdstudio.runs.formulas.swept import formula_of
from kdstudio.runs.presets import write_values
from kdstudio.runs.state import spoken_epochs

LEAST_WIDTH, WIDTH = 300, 320
COMMAND_HEIGHT = 86


class Outlook(QWidget):
    """Kept up to date with the form."""

    def __init__(self, draft: Draft) -> None:
        """Follow ``draft``."""
        super().__init__()
        self._draft = draft
        self.formula, self.outline, self._about = FormulaView(), text_label(), text_label()
        self.preview = PreviewPanel()
        self.preview.refused.connect(draft.object_to)
        self._about_card = Card("About this preset")
        self._about_card.add(self._about)
        happening = Card("What will happen")
        happening.add(self.formula)
        happening.add(self.outline)
        holder = QWidget()
        holder.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)  # however long a path
        column = QVBoxLayout(holder)
        column.setContentsMargins(0, 0, 6, 0)
        column.setSpacing(GAP)
        for part in (happening, self.preview, self._make_command(), self._about_card):
            column.addWidget(part)
        column.addStretch(1)
        outside = QVBoxLayout(self)
        outside.setContentsMargins(0, 0, 0, 0)
        self._scroll = scrolled(holder, "What will happen")
        outside.addWidget(self._scroll)
        self._theme: Theme | None = None
        self._fit()
        draft.changed.connect(self._describe)
        self._describe()

    def show_preview(self) -> None:
        """Bring what was found out about the experiment into sight."""
        self._scroll.ensureWidgetVisible(self.preview, 0, 0)

    def follow(self, theme: Theme) -> None:
        """Be as wide as text of the theme's size needs, from now on."""
        self._theme = theme
        theme.changed.connect(self._fit)
        self._fit()

    def _fit(self) -> None:
        size = self._theme.size if self._theme else 1.0
        self.setMinimumWidth(round(LEAST_WIDTH * size))
        self.setMaximumWidth(round(WIDTH * size))

    def _make_command(self) -> Card:
        card = Card("The same on the command line")
        self._command = CommandText(COMMAND_HEIGHT)
        card.add(self._command)
        card.column.addWidget(self._command.copy_button, 0, Qt.AlignmentFlag.AlignLeft)
        return card

    def _describe(self) -> None:
        experiment, problems = self._draft.experiment, self._draft.problems
        self.preview.show_experiment(experiment)
        self._command.show_command(self._draft.command())
        if experiment is None:
            self.formula.show_formula("…")
            need = "fields need" if len(problems) > 1 else "field needs"
            heading = f"{len(problems)} {need} mending before this can run:"
            self.outline.setText(paragraphs(heading, listed(map(spoken_problem, problems))))
            return
        self.formula.show_formula(formula_of(experiment))
        self.outline.setText(outline(experiment))
        self._about_card.setVisible(experiment.about is not None)
        if experiment.about:
            self._about.setText(about_text(experiment.about))


def outline(experiment: Experiment) -> Html:
    """Tell in a few lines what the run will do."""
    entries = []
    for role, network in first_setting(experiment).networks.items():
        origin, training = network.weights.origin, network.training
        how = f"{spoken_epochs(training.epochs)}, batches of {training.batch_size}"
        if origin != "training":
            how = f"loaded from a {origin}"
        entries.append(f"{role}: {network.model.summary()}, {how}")
    entries.append(f"{experiment.data.validation:.0%} of the training images are kept for validation")
    return paragraphs(type(experiment.strategy).headline(), trials_text(experiment), listed(entries))


def trials_text(experiment: Experiment) -> Html:
    """Tell what is crossed; nothing where there is one trial."""
    trials = spoken_trials(experiment)
    swept = [f"{title_of(path)}: {write_values(values)}" for path, values in experiment.sweep.items()]
    teachers = "a teacher for each seed" if experiment.teacher_for_each_seed else "one teacher for all seeds"
    shown = "Networks and data are shown as of the first setting." if swept else ""
    return lines(bold(trials) if trials else "", *swept, teachers if experiment.seeds > 1 else "", shown)


def about_text(about: About) -> Html:
    """Lay the preset's description out."""
    figures = [joined((f"{figure.what}: ", bold(figure.value))) for figure in about.published]
    parts = [bold(about.title), about.source, about.shows]
    parts += [lines(bold("Published"), *figures)] if figures else []
    parts += [lines(bold("Time"), about.expected)] if about.expected else []
    parts += [lines(bold("Changed"), about.changed)] if about.changed else []
    return paragraphs(*parts)
