"""The form of the whole experiment, in cards."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QPushButton, QVBoxLayout, QWidget

from kdstudio.declaration import TAGS
from kdstudio.engine.experiment import ComputeSpec, DataSpec, Experiment, NetworkSpec
from kdstudio.gui.forms.draft import Draft
from kdstudio.gui.forms.form import Form
from kdstudio.gui.forms.sweep_form import SweepForm
from kdstudio.gui.layout import GAP, Card, clear, scrolled

TAGGED = [(tag,) for tag in TAGS]
SEEDS = ("seed", "seeds", "teacher_for_each_seed")


class FormColumn(QWidget):
    """Made anew whenever the draft gets other fields than before, at the same place of the page."""

    browse_wanted = Signal(str)
    """An architecture is to be chosen for the network in this role."""

    def __init__(self, draft: Draft) -> None:
        """Show and change ``draft``."""
        super().__init__()
        self._draft = draft
        self._forms: list[Form | SweepForm] = []
        holder = QWidget()
        self._column = QVBoxLayout(holder)
        self._column.setContentsMargins(0, 0, 6, 0)
        self._column.setSpacing(GAP)
        self._scroll = scrolled(holder)
        outside = QVBoxLayout(self)
        outside.setContentsMargins(0, 0, 0, 0)
        outside.addWidget(self._scroll)
        draft.replaced.connect(self._rebuild)
        self._rebuild()

    def form_with(self, *path: str) -> Form | SweepForm:
        """Return the form that holds the field at ``path``."""
        return next(form for form in self._forms if form.has(*path))

    def show_problem(self, path: Sequence[str | int]) -> None:
        """Lead to the field at ``path``, or to the nearest around it: in sight, with the focus."""
        place = tuple(map(str, path))
        shorter = (place[:length] + tag for length in range(len(place), 0, -1) for tag in ((), *TAGGED))
        near = next((path for path in shorter if any(form.has(*path) for form in self._forms)), None)
        if near is not None:
            editor = self.form_with(*near).editor(*near)
            self._scroll.ensureWidgetVisible(editor)
            editor.take_focus()

    def _rebuild(self) -> None:
        position = self._scroll.verticalScrollBar().value()
        focus = next((path for form in self._forms if (path := form.focused())), None)
        self.setUpdatesEnabled(False)
        clear(self._column)
        for form in self._forms:
            form.forget()
        self._forms = []
        draft = self._draft
        self._add_card("Experiment", Form(draft, (), Experiment, only=("name", *SEEDS)))
        self._add_card("Strategy", Form(draft, (), Experiment, only=("strategy",)))
        self.sweep = SweepForm(draft)
        self._add_card("Sweep", self.sweep)
        for role in draft.raw["networks"]:
            browse = QPushButton("Browse architectures…")
            browse.clicked.connect(lambda _checked, chosen=role: self.browse_wanted.emit(chosen))
            self._add_card(role.capitalize(), Form(draft, ("networks", role), NetworkSpec), browse)
        self._add_card("Data", Form(draft, ("data",), DataSpec))
        self._add_card("Compute", Form(draft, ("compute",), ComputeSpec))
        self._column.addStretch(1)
        if focus and any(form.has(*focus) for form in self._forms):
            self.form_with(*focus).editor(*focus).take_focus()
        self.setUpdatesEnabled(True)
        self._scroll.verticalScrollBar().setValue(position)

    def _sweep(self, path: str) -> None:
        self.sweep.add(path)
        self._scroll.widget().layout().activate()
        self._scroll.ensureWidgetVisible(self.sweep)

    def _add_card(self, heading: str, form: Form | SweepForm, button: QPushButton | None = None) -> None:
        if isinstance(form, Form):
            form.sweep_wanted.connect(self._sweep)
        card = Card(heading)
        card.add(form)
        if button:
            card.head.addWidget(button)
        self._column.addWidget(card)
        self._forms.append(form)
