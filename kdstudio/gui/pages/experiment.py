"""The experiment page: presets, the form, and what will happen."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QGuiApplication, QTextOption
from PySide6.QtWidgets import (
    QButtonGroup,
    QFileDialog,
    QHBoxLayout,
    QLabel,
    QPlainTextEdit,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from kdstudio.engine.experiment import About, ComputeSpec, DataSpec, Experiment, NetworkSpec
from kdstudio.errors import KDStudioError
from kdstudio.gui.forms.draft import Draft
from kdstudio.gui.forms.form import Form
from kdstudio.gui.layout import GAP, MARGIN, Card, clear, scrolled, text_label
from kdstudio.gui.preview import PreviewPanel
from kdstudio.models.declaration import ImageShape
from kdstudio.runs.presets import GROUPS, load_experiment, preset_group, preset_names, save_experiment

GALLERY_WIDTH = 250
SIDE_WIDTH = 308
FILES = "Experiments (*.toml)"


class ExperimentPage(QWidget):
    """Pick a preset, change what it says, see what will happen."""

    complained = Signal(str)

    def __init__(self, draft: Draft) -> None:
        """Show and change ``draft``."""
        super().__init__()
        self._draft = draft
        row = QHBoxLayout(self)
        row.setContentsMargins(MARGIN, MARGIN, MARGIN, MARGIN)
        row.setSpacing(GAP)
        row.addWidget(self._make_gallery())
        self._forms: list[Form] = []
        self._column = QVBoxLayout()
        self._column.setContentsMargins(0, 0, 6, 0)
        self._column.setSpacing(GAP)
        holder = QWidget()
        holder.setLayout(self._column)
        self._scroll = scrolled(holder)
        row.addWidget(self._scroll, 1)
        row.addWidget(self._make_side())
        draft.replaced.connect(self._rebuild)
        draft.changed.connect(self._describe)
        self._rebuild()
        self._describe()

    def form_with(self, *path: str) -> Form:
        """Return the form that holds the field at ``path``."""
        return next(form for form in self._forms if form.has(*path))

    def _make_gallery(self) -> QWidget:
        self._presets = QButtonGroup(self, exclusive=True)
        column = QVBoxLayout()
        column.setContentsMargins(0, 0, 6, 0)
        column.setSpacing(8)
        group = ""
        for name in preset_names():
            if preset_group(name) != group:
                group = preset_group(name)
                column.addWidget(QLabel(GROUPS[group], objectName="subheading"))
            about = load_experiment(name).about
            button = PresetButton(name, about or About(title=name))
            button.clicked.connect(lambda _checked, chosen=name: self.load(chosen))
            self._presets.addButton(button)
            column.addWidget(button)
        column.addStretch(1)
        presets = QWidget()
        presets.setLayout(column)
        outside = QVBoxLayout()
        outside.setContentsMargins(0, 0, 0, 0)
        outside.setSpacing(8)
        outside.addWidget(QLabel("Presets", objectName="title"))
        outside.addWidget(scrolled(presets), 1)
        files = QHBoxLayout()
        for text, slot in (("Open…", self._open), ("Save as…", self._save)):
            button = QPushButton(text)
            button.clicked.connect(slot)
            files.addWidget(button)
        outside.addLayout(files)
        holder = QWidget()
        holder.setLayout(outside)
        holder.setFixedWidth(GALLERY_WIDTH)
        return holder

    def preset_button(self, name: str) -> QPushButton:
        """Return the gallery's button for the preset called ``name``."""
        return next(b for b in self._presets.buttons() if b.property("name") == name)

    def _make_side(self) -> QWidget:
        column = QVBoxLayout()
        column.setContentsMargins(0, 0, 6, 0)
        column.setSpacing(GAP)
        happening = Card("What will happen")
        self._formula = text_label(name="formula")
        self._outline = text_label()
        happening.add(self._formula)
        happening.add(self._outline)
        column.addWidget(happening)
        self.preview = PreviewPanel()
        column.addWidget(self.preview)
        command = Card("The same on the command line")
        self._command = QPlainTextEdit(readOnly=True)
        self._command.setWordWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
        self._command.setFixedHeight(86)
        self._command.setTabChangesFocus(True)
        self._command.setAccessibleName("Command line")
        copy = QPushButton("Copy")
        copy.clicked.connect(lambda: QGuiApplication.clipboard().setText(self._draft.command()))
        command.add(self._command)
        command.column.addWidget(copy, 0, Qt.AlignmentFlag.AlignLeft)
        column.addWidget(command)
        self._about_card = Card("About this preset")
        self._about = text_label()
        self._about_card.add(self._about)
        column.addWidget(self._about_card)
        column.addStretch(1)
        holder = QWidget()
        holder.setLayout(column)
        area = scrolled(holder)
        area.setFixedWidth(SIDE_WIDTH)
        return area

    def load(self, source: str) -> None:
        """Put a preset or file into the form; a bad one is told and changes nothing."""
        try:
            self._draft.load(source)
        except KDStudioError as error:
            self.complained.emit(str(error))
        self._check_preset()

    def _check_preset(self) -> None:
        """Mark the preset that the form began with."""
        self._presets.setExclusive(False)
        for button in self._presets.buttons():
            button.setChecked(button.property("name") == self._draft.source)
        self._presets.setExclusive(True)

    def _open(self) -> None:
        path, _ = QFileDialog.getOpenFileName(self, "Open an experiment", "", FILES)
        if path:
            self.load(path)

    def _save(self) -> None:
        if self._draft.experiment is None:
            self.complained.emit("The form has mistakes; mend the fields marked red, then save.")
            return
        suggested = f"{self._draft.experiment.name}.toml"
        path, _ = QFileDialog.getSaveFileName(self, "Save the experiment", suggested, FILES)
        if path:
            try:
                save_experiment(self._draft.experiment, Path(path).with_suffix(".toml"))
            except KDStudioError as error:
                self.complained.emit(str(error))

    def _rebuild(self) -> None:
        """Make the form anew, at the same place of the page."""
        position = self._scroll.verticalScrollBar().value()
        focus = next((path for form in self._forms if (path := form.focused())), None)
        self.setUpdatesEnabled(False)
        clear(self._column)
        for form in self._forms:
            form.forget()
        self._forms = []
        draft = self._draft
        self._add_card("Experiment", Form(draft, (), Experiment, only=("name", "seed")))
        self._add_card("Strategy", Form(draft, (), Experiment, only=("strategy",)))
        for role in draft.raw["networks"]:
            browse = QPushButton("Browse architectures…")
            browse.clicked.connect(lambda _checked, chosen=role: self._pick_model(chosen))
            self._add_card(role.capitalize(), Form(draft, ("networks", role), NetworkSpec), browse)
        self._add_card("Data", Form(draft, ("data",), DataSpec))
        self._add_card("Compute", Form(draft, ("compute",), ComputeSpec))
        self._column.addStretch(1)
        self._check_preset()
        if focus and any(form.has(*focus) for form in self._forms):
            self.form_with(*focus).editor(*focus).take_focus()
        self.setUpdatesEnabled(True)
        self._scroll.verticalScrollBar().setValue(position)

    def _pick_model(self, role: str) -> None:
        """Open the catalogue of architectures for the network in ``role``."""
        from kdstudio.gui.model_picker import ModelPicker

        seen = self.preview.shown
        image, classes = (seen.image, len(seen.class_names)) if seen else ((3, 32, 32), 10)
        self.picker = ModelPicker(ImageShape(*image), classes, self)
        path = ("networks", role, "model")
        self.picker.chosen.connect(lambda spec: self._draft.choose(path, spec.model_dump(mode="json")))
        self.picker.open()

    def _add_card(self, heading: str, form: Form, button: QPushButton | None = None) -> None:
        card = Card(heading)
        card.add(form)
        if button:
            head = QHBoxLayout()
            head.addWidget(card.column.takeAt(0).widget())
            head.addStretch(1)
            head.addWidget(button)
            card.column.insertLayout(0, head)
        self._column.addWidget(card)
        self._forms.append(form)

    def _describe(self) -> None:
        """Bring the side up to date with the form."""
        experiment = self._draft.experiment
        self.preview.show_experiment(experiment)
        self._command.setPlainText(self._draft.command())
        if experiment is None:
            count = len(self._draft.problems)
            self._formula.setText("…")
            self._outline.setText(
                f"{count} field{'s need' if count > 1 else ' needs'} mending before this can run:\n"
                + "\n".join(f"• {problem}" for problem in self._draft.problems)
            )
            return
        self._formula.setText(breakable(experiment.strategy.formula()))
        self._outline.setText(outline(experiment))
        self._about_card.setVisible(experiment.about is not None)
        if experiment.about:
            self._about.setText(about_text(experiment.about))


class PresetButton(QPushButton):
    """One preset of the gallery: title, paper, time."""

    def __init__(self, name: str, about: About) -> None:
        """Show ``about``."""
        super().__init__(objectName="preset", checkable=True)
        self.setProperty("name", name)
        self.setAccessibleName(f"Preset {name}: {about.title}")
        self.setToolTip(about.shows)
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 10, 12, 10)
        column.setSpacing(3)
        title = QLabel(about.title, objectName="heading")
        source = QLabel(about.source.partition(", '")[0], objectName="muted")
        expected = QLabel(about.expected, objectName="muted")
        for label in (title, source, expected):
            label.setWordWrap(True)
            label.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
            if label.text():
                column.addWidget(label)
        policy = self.sizePolicy()
        policy.setVerticalPolicy(QSizePolicy.Policy.Minimum)
        self.setSizePolicy(policy)


def outline(experiment: Experiment) -> str:
    """Tell in a few lines what the run will do."""
    lines = [type(experiment.strategy).headline(), ""]
    for role, network in experiment.networks.items():
        origin = network.weights.origin
        how = (
            f"{network.training.epochs} epochs, batches of {network.training.batch_size}"
            if origin == "training"
            else f"loaded from a {origin}"
        )
        lines.append(f"• {role}: {network.model.summary()}, {how}")
    share = experiment.data.validation
    lines.append(f"• {share:.0%} of the training images are kept for validation")
    return "\n".join(lines)


def about_text(about: About) -> str:
    """Lay the preset's description out."""
    parts = [f"<b>{about.title}</b>", about.source, about.shows]
    if about.published:
        rows = "<br>".join(f"{figure.what}: <b>{figure.value}</b>" for figure in about.published)
        parts.append(f"<b>Published</b><br>{rows}")
    parts += [f"<b>Time</b><br>{about.expected}"] if about.expected else []
    parts += [f"<b>Changed</b><br>{about.changed}"] if about.changed else []
    return "<p>" + "</p><p>".join(part for part in parts if part) + "</p>"


def breakable(text: str) -> str:
    """Let a long formula wrap at its signs."""
    for mark in "·,(/":
        text = text.replace(mark, f"{mark}\u200b")
    return text
