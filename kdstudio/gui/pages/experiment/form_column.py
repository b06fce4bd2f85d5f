"""The form of the whole experiment, in cards that can be folded."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import NamedTuple

from PySide6.QtCore import QCoreApplication, QEvent, QSettings, Qt, Signal
from PySide6.QtWidgets import QLineEdit, QPushButton, QVBoxLayout, QWidget

from kdstudio.engine.experiment import ComputeSpec, DataSpec, Experiment, NetworkSpec
from kdstudio.gui.forms.changes import Path
from kdstudio.gui.forms.draft import Draft
from kdstudio.gui.forms.field_picker import FieldPicker
from kdstudio.gui.forms.fields import FieldHelp
from kdstudio.gui.forms.folding_card import FoldingCard
from kdstudio.gui.forms.form import Form
from kdstudio.gui.forms.summaries import (
    MISTAKES,
    computing_line,
    data_line,
    network_line,
    strategy_line,
    trials_line,
)
from kdstudio.gui.forms.sweep_form import PART, SweepForm
from kdstudio.gui.forms.sweepable import ListedField, listed
from kdstudio.gui.layout import GAP, clear, scrolled
from kdstudio.gui.pages.experiment.form_head import FormHead

SEEDS = ("seed", "seeds", "teacher_for_each_seed")
FOLDED_AT_FIRST = ("Name and computing",)
ROOM = 40
"""Pixels in sight around a field that is led to."""


class Part(NamedTuple):
    """A card, its forms, the places of the experiment that they edit, and its one line."""

    card: FoldingCard
    forms: Sequence[Form | SweepForm]
    places: Sequence[Path]
    line: Callable[[Experiment], str]

    def covers(self, path: Path) -> bool:
        """Tell whether ``path`` is in the card."""
        return any(path[: len(place)] == place for place in self.places)


class FormColumn(QWidget):
    """Made anew whenever the draft gets other fields than before, at the same place of the page."""

    browse_wanted = Signal(str)
    """An architecture is to be chosen for the network in this role."""

    def __init__(self, draft: Draft) -> None:
        """Show and change ``draft``."""
        super().__init__()
        self._draft = draft
        self._parts: list[Part] = []
        self.head = FormHead(draft)
        holder = QWidget()
        self._column = QVBoxLayout(holder)
        self._column.setContentsMargins(0, 0, 6, 0)
        self._column.setSpacing(GAP)
        self._scroll = scrolled(holder)
        self._scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        outside = QVBoxLayout(self)
        outside.setContentsMargins(0, 0, 0, 0)
        outside.setSpacing(GAP)
        outside.addWidget(self.head)
        outside.addWidget(self._scroll, 1)
        draft.replaced.connect(self._rebuild)
        draft.changed.connect(self._show_state)
        self._rebuild()

    @property
    def _forms(self) -> list[Form | SweepForm]:
        return [form for part in self._parts for form in part.forms]

    def form_with(self, *path: str) -> Form | SweepForm:
        """Return the form that holds the field at ``path``."""
        return next(form for form in self._forms if form.has(*path))

    def card(self, *path: str) -> FoldingCard:
        """Return the card in which the field at ``path`` is."""
        return next(part.card for part in self._parts if part.covers(path))

    def help_on_focus(self) -> FieldHelp | None:
        """Help on the field that has the focus, if one has."""
        focused = ((form, form.focused()) for form in self._forms if isinstance(form, Form))
        return next((form.help_on(path) for form, path in focused if path), None)

    def show_beginning(self) -> None:
        """Scroll to the data, with which an experiment begins."""
        self._scroll.verticalScrollBar().setValue(0)

    def show_problem(self, path: Sequence[str | int]) -> None:
        """Lead to the field at ``path``, or to the nearest around it: unfolded, in sight, with the focus."""
        place = tuple(map(str, path))
        part = next((part for part in self._parts if part.covers(place)), None)
        if part is None:
            return
        part.card.unfold()
        found = ((form, near) for form in part.forms if (near := form.nearest(place)))
        form, near = next(found, (None, ()))
        target = form.reveal(near) if form else part.card
        self._bring_in_sight(target)

    def pick_field(self) -> None:
        """Open the list of all fields, and lead to the one that is chosen."""
        self.picker = FieldPicker("Go to a field", list(listed(self._draft.raw)), self)
        self.picker.chosen.connect(self._go_to)
        self.picker.open()

    def _go_to(self, field: ListedField) -> None:
        """Lead to ``field``, ready to be typed over, as Tab leaves it."""
        self.show_problem(field.path.split("."))
        if isinstance(line := self.focusWidget(), QLineEdit):
            line.selectAll()

    def _rebuild(self) -> None:
        position = self._scroll.verticalScrollBar().value()
        focus = next((path for form in self._forms if (path := form.focused())), None)
        self.setUpdatesEnabled(False)
        try:
            clear(self._column)
            for form in self._forms:
                form.forget()
            self._parts = []
            self._add_cards()
            self._column.addStretch(1)
            self._show_state()
            if focus and any(form.has(*focus) for form in self._forms):
                self.form_with(*focus).editor(*focus).take_focus()
        finally:
            self.setUpdatesEnabled(True)
        self._scroll.verticalScrollBar().setValue(position)

    def _add_cards(self) -> None:
        """Add them in the order in which one thinks: the data, how to learn from them, what learns."""
        draft = self._draft
        self._add_card("Data", [Form(draft, ("data",), DataSpec)], [("data",)], data_line)
        strategy = Form(draft, (), Experiment, only=("strategy",))
        self._add_card("Strategy", [strategy], [("strategy",)], strategy_line)
        for role in draft.raw["networks"]:
            browse = QPushButton("Browse…", toolTip="Search the architectures")
            browse.setAccessibleName(f"Browse architectures for the {role}")
            browse.clicked.connect(lambda _checked, chosen=role: self.browse_wanted.emit(chosen))
            place, line = ("networks", role), partial(network_line, role=role)
            self._add_card(role.capitalize(), [Form(draft, place, NetworkSpec)], [place], line, browse)
        self.sweep = SweepForm(draft)
        seeds = Form(draft, (), Experiment, only=SEEDS)
        places = [(name,) for name in (*SEEDS, PART)]
        self._add_card("Seeds and sweep", [seeds, self.sweep], places, trials_line)
        compute = Form(draft, ("compute",), ComputeSpec)
        forms = [Form(draft, (), Experiment, only=("name",)), compute]
        self._add_card("Name and computing", forms, [("name",), ("compute",)], computing_line)

    def _add_card(
        self,
        heading: str,
        forms: Sequence[Form | SweepForm],
        places: Sequence[Path],
        line: Callable[[Experiment], str],
        button: QPushButton | None = None,
    ) -> None:
        key = f"folded/{heading}"
        card = FoldingCard(heading, folded=QSettings().value(key, heading in FOLDED_AT_FIRST, bool))
        card.folded.connect(lambda folded: QSettings().setValue(key, folded))
        if button:
            card.add_button(button)  # before the forms, as Tab goes
        for form in forms:
            if isinstance(form, Form):
                form.sweep_wanted.connect(self._sweep)
            card.add(form)
        part = Part(card, forms, places, line)
        card.reset_wanted.connect(lambda: self._draft.reset(*self._changes_in(part)))
        self._column.addWidget(card)
        self._parts.append(part)

    def _changes_in(self, part: Part) -> list[Path]:
        return [path for path in self._draft.changes if part.covers(path)]

    def _show_state(self) -> None:
        experiment = self._draft.experiment
        wrong = [tuple(map(str, problem.path)) for problem in self._draft.problems]
        for part in self._parts:
            part.card.show_changes(".".join(path) for path in self._changes_in(part))
            if any(part.covers(path) for path in wrong):
                part.card.summary.setText(MISTAKES)
            elif experiment is not None:
                part.card.summary.setText(part.line(experiment))

    def _sweep(self, path: str) -> None:
        self.card(PART).unfold()
        self.sweep.add(path)
        self._bring_in_sight(self.sweep)

    def _bring_in_sight(self, target: QWidget) -> None:
        """Scroll to ``target``, once what has been unfolded has its place."""
        QCoreApplication.sendPostedEvents(None, QEvent.Type.LayoutRequest)
        self._scroll.ensureWidgetVisible(target, ROOM, ROOM)
