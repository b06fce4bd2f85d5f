"""The experiment page: presets, the form, and what will happen."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QWidget

from kdstudio.errors import KDStudioError
from kdstudio.gui.forms.draft import Draft
from kdstudio.gui.layout import GAP, MARGIN
from kdstudio.gui.pages.experiment.form_column import FormColumn
from kdstudio.gui.pages.experiment.gallery import Gallery
from kdstudio.gui.pages.experiment.outlook import Outlook
from kdstudio.gui.pages.experiment.taking import Taking
from kdstudio.gui.recent_files import remember_file
from kdstudio.models.declaration import ImageShape
from kdstudio.runs.presets import preset_names, save_experiment

SHARES = (5, 9, 7)
"""Of the width of a narrow window; in a wide one the form has what gallery and outlook leave."""
MISTAKES = "The form has mistakes; mend the fields marked red, then save."
FILES = "Experiments (*.toml)"
USUAL_IMAGE, USUAL_CLASSES = ImageShape(3, 32, 32), 10
"""For which architectures are sized before anything is known of the data."""


class ExperimentPage(QWidget):
    """Pick a preset, change what it says, see what will happen."""

    complained = Signal(str)

    def __init__(self, draft: Draft) -> None:
        """Show and change ``draft``."""
        super().__init__()
        self._draft = draft
        self.gallery, self.form, self.outlook = Gallery(), FormColumn(draft), Outlook(draft)
        row = QHBoxLayout(self)
        row.setContentsMargins(MARGIN, MARGIN, MARGIN, MARGIN)
        row.setSpacing(GAP)
        for part, share in zip((self.gallery, self.form, self.outlook), SHARES, strict=True):
            row.addWidget(part, share)
        self.gallery.picked.connect(self.load)
        self.gallery.open_wanted.connect(self.open_file)
        self.gallery.save_wanted.connect(self.save_as)
        self.form.browse_wanted.connect(self.pick_model)
        self.taking = Taking(self, draft, self.load)
        draft.changed.connect(self._mark_preset)
        self._mark_preset()

    def load(self, source: str) -> None:
        """Put a preset or file into the form; a bad one is told and changes nothing."""
        try:
            self._draft.load(source)
        except KDStudioError as error:
            self.complained.emit(str(error))
            self._mark_preset()
            return
        self.form.show_beginning()
        if source not in preset_names():
            remember_file(Path(source))

    def show_problem(self, path: Sequence[str | int]) -> None:
        """Lead to the field at ``path``, or, where none is known, to what the experiment was found to be."""
        if path:
            self.form.show_problem(path)
        else:
            self.outlook.show_preview()

    def _mark_preset(self) -> None:
        self.gallery.mark(self._draft.source)

    def open_file(self) -> None:
        """Ask for a file, and put it into the form."""
        path, _ = QFileDialog.getOpenFileName(self, "Open an experiment", "", FILES)
        if path:
            self.load(path)

    def save(self) -> None:
        """Save to the file that the form began with; a preset as a file of another name."""
        if self._draft.source in preset_names():
            self.save_as()
        else:
            self._write(Path(self._draft.source))

    def save_as(self) -> None:
        """Ask for a file, and save the experiment there."""
        experiment = self._draft.experiment
        if experiment is None:
            self.complained.emit(MISTAKES)
            return
        path, _ = QFileDialog.getSaveFileName(self, "Save the experiment", f"{experiment.name}.toml", FILES)
        if path:
            self._write(Path(path).with_suffix(".toml"))

    def _write(self, path: Path) -> None:
        experiment = self._draft.experiment
        if experiment is None:
            self.complained.emit(MISTAKES)
            return
        try:
            save_experiment(experiment, path)
        except KDStudioError as error:
            self.complained.emit(str(error))
            return
        remember_file(path)
        self._draft.saved_as(str(path))

    def pick_model(self, role: str) -> None:
        """Open the catalogue of architectures for the network in ``role``."""
        from kdstudio.gui.model_picker import ModelPicker

        seen = self.outlook.preview.shown
        image = ImageShape(*seen.image) if seen else USUAL_IMAGE
        classes = len(seen.class_names) if seen else USUAL_CLASSES
        self.picker = ModelPicker(image, classes, self)
        path = ("networks", role, "model")
        self.picker.chosen.connect(lambda spec: self._draft.choose(path, spec.model_dump(mode="json")))
        self.picker.open()
