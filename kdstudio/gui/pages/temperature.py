"""The temperature page: what T does to a run's predictions, and to the student's gradients."""

from __future__ import annotations

from math import log
from pathlib import Path

import numpy as np
from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QPixmap, QPixmapCache
from PySide6.QtWidgets import (
    QAbstractSpinBox,
    QCheckBox,
    QDoubleSpinBox,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSizePolicy,
    QSlider,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from kdstudio.gui.forms.editors import Choices
from kdstudio.gui.layout import GAP, MARGIN, Card, scrolled, text_label
from kdstudio.gui.pages.run_page import RunPage
from kdstudio.gui.plots.matrix import MatrixPlot
from kdstudio.gui.plots.softened import SoftenedBars
from kdstudio.gui.plots.sweep import SweepPlot
from kdstudio.gui.plots.temperature_curves import Line, TemperatureCurves
from kdstudio.gui.preview import picture
from kdstudio.gui.theme import Theme
from kdstudio.runs.comparison import ORDER, readable_runs
from kdstudio.runs.dark_knowledge import DarkKnowledge, DarkKnowledgeReader, choose_networks
from kdstudio.runs.folder import RunFolder, run_folders
from kdstudio.runs.sweep import swept_students

SWEEP = "Accuracy against temperature, over seeds"
SWEEP_HEIGHT = 340
HEIGHT_WITH_SWEEP = 1140
EMPTY = (
    "No run with a trained network yet.\nChoose a preset on the Experiment page and press Run (Ctrl+R); "
    "here you will see\nwhat its networks know about the wrong predictions."
)
EXAMPLE = (
    "Logits are divided by T before the softmax. Logits (5, 1) give 0.982 and 0.018 at T = 1, "
    "0.599 and 0.401 at T = 10."
)
POINT = "Point at a cell for its value."
LOWEST, HIGHEST, USUAL = 0.5, 50.0, 4.0
SLIDER_STEPS = 400
TEMPERATURES = tuple(float(t) for t in np.geomspace(LOWEST, HIGHEST, 41))
MATRIX_MILLISECONDS = 120
PIXELS_KEPT = 65536
"""Kilobytes; Qt's own 10 MB do not hold the curves and axes of this page on a screen of high resolution."""
PICTURE = 132
SAMPLE_WIDTH = 196
ROW_HEIGHT = 240
MOST_ROWS = 12


class TemperaturePage(RunPage):
    """Softened predictions of a teacher and a student, image by image and on average."""

    def __init__(self, theme: Theme, runs: Path) -> None:
        """Offer the runs in ``runs``."""
        super().__init__(runs, "temperature")
        QPixmapCache.setCacheLimit(PIXELS_KEPT)
        self.shown: DarkKnowledge | None = None
        self._rows: list[int] = []
        self._knowledge = DarkKnowledgeReader()
        self._doing = ""
        self.reader.background.working.connect(self._show_doing)
        self.bars = SoftenedBars(theme, "Softened probabilities")
        self.matrix = MatrixPlot(theme, "Mean soft targets")
        self.entropy = TemperatureCurves(theme, "Entropy of the predictions", "entropy (nats)")
        self.gradient = TemperatureCurves(
            theme, "Size of the student's gradient", "L2 norm at the logits", log=True
        )
        self.distance = TemperatureCurves(theme, "Student to teacher, without T²", "loss (nats)")
        self._plots = QGridLayout()
        self._plots.setSpacing(GAP)
        for place, plot in enumerate((self.entropy, self.gradient, self.distance)):
            card = PlotCard()
            card.add(plot, 1)
            self._plots.addWidget(card, 0, place)
            self._plots.setColumnStretch(place, 1)
        self.sweep = SweepPlot(theme, SWEEP, "test accuracy (%)")
        self._sweep_note = text_label(name="muted")
        self._sweep_card = self._make_sweep()
        self._make_controls()
        self._lay_out(self._make_top(), self._make_content(), EMPTY)
        self._later = QTimer(self, interval=MATRIX_MILLISECONDS, singleShot=True)
        self._later.timeout.connect(self._show_matrix)
        theme.changed.connect(self._show_sample)

    def _make_sweep(self) -> Card:
        card = PlotCard()
        card.add(self.sweep, 1)
        card.add(self._sweep_note)
        card.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        card.setFixedHeight(SWEEP_HEIGHT)
        card.hide()
        return card

    def _show_sweep(self, run: RunFolder) -> None:
        """Show what a sweep has found; any other run has no such card."""
        students = swept_students(run.summary())
        self._sweep_card.setVisible(bool(students))
        self._content.setMinimumHeight(HEIGHT_WITH_SWEEP if students else 0)
        self.sweep.show_students(
            {role: student.test for role, student in students.items()},
            {role: student.architecture for role, student in students.items()},
        )
        best = "; ".join(f"{student.best} ({student.architecture})" for student in students.values())
        self._sweep_note.setText(f"Means and standard deviations over the seeds. Best on validation: {best}.")

    def _make_controls(self) -> None:
        self.teacher_box, self.student_box = Choices(), Choices()
        self.run_box.currentIndexChanged.connect(self._offer_networks)
        for box in (self.teacher_box, self.student_box):
            box.currentIndexChanged.connect(self._want)
        self.temperature_box = QDoubleSpinBox(minimum=LOWEST, maximum=HIGHEST, decimals=1, singleStep=0.5)
        self.temperature_box.setValue(USUAL)
        self.temperature_slider = QSlider(Qt.Orientation.Horizontal, minimum=0, maximum=SLIDER_STEPS)
        self.temperature_slider.setValue(position(USUAL))
        self.temperature_slider.setToolTip(EXAMPLE)
        self.temperature_slider.valueChanged.connect(self._slide)
        self.temperature_box.valueChanged.connect(self._step)
        self.sample_box, self.sample_slider = QSpinBox(), QSlider(Qt.Orientation.Horizontal)
        self.sample_box.valueChanged.connect(self.sample_slider.setValue)
        self.sample_slider.valueChanged.connect(self.sample_box.setValue)
        self.sample_box.valueChanged.connect(self._show_sample)
        for box in (self.temperature_box, self.sample_box):
            box.setButtonSymbols(QAbstractSpinBox.ButtonSymbols.NoButtons)
            box.setFixedWidth(64)
            box.setAlignment(Qt.AlignmentFlag.AlignRight)
        self.mistake_button = QPushButton("Next mistake")
        self.mistake_button.setToolTip("The next image that the student gets wrong")
        self.mistake_button.clicked.connect(self._go_to_mistake)
        self.diagonal_box = QCheckBox("without the diagonal", checked=True)
        self.diagonal_box.setToolTip("Leaves the right predictions out, so that the wrong ones show.")
        self.diagonal_box.toggled.connect(self._show_matrix)
        for name, widget in {
            "Temperature": self.temperature_box,
            "Temperature, on a log scale": self.temperature_slider,
            "Sample": self.sample_box,
            "Samples": self.sample_slider,
        }.items():
            widget.setAccessibleName(name)

    def _make_top(self) -> QWidget:
        boxes = (("Run", self.run_box, 2), ("Teacher", self.teacher_box, 1), ("Student", self.student_box, 1))
        card, row = self._make_head(boxes)
        label = QLabel("Temperature T")
        label.setToolTip(EXAMPLE)
        label.setBuddy(self.temperature_box)
        row.addWidget(label)
        row.addWidget(self.temperature_slider, 3)
        row.addWidget(self.temperature_box)
        return card

    def _make_content(self) -> QWidget:
        top = QHBoxLayout()
        top.setSpacing(GAP)
        top.addWidget(self._make_sample())
        bars = PlotCard()
        bars.add(self.bars, 1)
        top.addWidget(bars, 1)
        top.addWidget(self._make_matrix(), 1)
        self._content = content = QWidget()
        column = QVBoxLayout(content)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GAP)
        column.addLayout(top, 6)
        column.addLayout(self._plots, 5)
        column.addWidget(self._sweep_card)
        return scrolled(content)

    def _make_sample(self) -> Card:
        card = PlotCard("Image")
        self._picture = QLabel(alignment=Qt.AlignmentFlag.AlignCenter)
        self._picture.setAccessibleName("The image")
        self._picture.setFixedHeight(PICTURE)
        self._true_class = text_label()
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(self.sample_slider, 1)
        row.addWidget(self.sample_box)
        card.add(self._picture)
        card.column.addLayout(row)
        card.add(self._true_class)
        card.column.addStretch(1)
        card.add(self.mistake_button)
        card.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Ignored)
        card.setFixedWidth(SAMPLE_WIDTH + 2 * MARGIN)
        return card

    def _make_matrix(self) -> Card:
        card = PlotCard()
        self._matrix_heading = QLabel(objectName="heading")
        self._cell = QLabel(POINT, objectName="muted")
        self.matrix.pointed_at.connect(self._tell_cell)
        head = QHBoxLayout()
        head.addWidget(self._matrix_heading)
        head.addStretch(1)
        head.addWidget(self.diagonal_box)
        card.column.addLayout(head)
        card.add(self._cell)
        card.add(self.matrix, 1)
        return card

    def refresh(self) -> None:
        """Offer every finished run that has networks; the one chosen stays chosen."""
        summaries = readable_runs(run_folders(self._runs))
        runs = [run for run, summary in summaries.items() if summary.networks and summary.status != "running"]
        self._offer(runs)
        self._offer_networks()

    def _offer_networks(self) -> None:
        run = self.run_box.run
        if run is None:
            return
        self._show_sweep(run)
        names = run.networks()
        names.sort(key=lambda name: (ORDER.index(name) if name in ORDER else len(ORDER), name))
        before = {box: box.currentData() for box in (self.teacher_box, self.student_box)}
        student, teacher = choose_networks(names)
        for box, usual in ((self.teacher_box, teacher or student), (self.student_box, student)):
            box.blockSignals(True)
            box.clear()
            for name in names:
                box.addItem(name, name)
            box.setCurrentIndex(names.index(before[box] if before[box] in names else usual))
            box.setEnabled(len(names) > 1)
            box.blockSignals(False)
        self._want()

    def _want(self) -> None:
        run = self.run_box.run
        if run is not None:
            self.reader.want(run, self.student_box.currentData(), self.teacher_box.currentData())

    def _read(self, run: RunFolder, *wanted: object) -> DarkKnowledge:
        student, teacher = wanted
        return self._knowledge.read(run, TEMPERATURES, student, teacher, progress=self._note)

    def _note(self, what: str, _fraction: float) -> None:
        """Remember what the thread does; it calls this."""
        self._doing = what

    def _show_doing(self) -> None:
        if self._doing:
            self._told.setText(f"Reading the predictions: {self._doing}…")

    def _show(self, found: DarkKnowledge) -> None:
        self.shown = found
        self._show_content()
        last = len(found.predictions.labels) - 1
        for control in (self.sample_slider, self.sample_box):
            control.blockSignals(True)
            control.setMaximum(last)
            control.blockSignals(False)
        self.mistake_button.setEnabled(found.next_mistake(0) is not None)
        self.sample_box.setToolTip(f"Number of the test image, 0 to {last}")
        self.entropy.show_lines(
            TEMPERATURES, [Line(name, name, found.entropies[name]) for name in found.networks]
        )
        self.gradient.show_lines(TEMPERATURES, gradient_lines(found))
        self.distance.show_lines(TEMPERATURES, distance_lines(found))
        self._matrix_heading.setText(f"Mean soft targets of the {found.soft_target_source}")
        self._show_sample()
        self._show_temperature()
        self._show_matrix()

    def _slide(self, place: int) -> None:
        self.temperature_box.blockSignals(True)
        self.temperature_box.setValue(LOWEST * (HIGHEST / LOWEST) ** (place / SLIDER_STEPS))
        self.temperature_box.blockSignals(False)
        self._show_temperature()
        self._later.start()

    def _step(self, temperature: float) -> None:
        self.temperature_slider.blockSignals(True)
        self.temperature_slider.setValue(position(temperature))
        self.temperature_slider.blockSignals(False)
        self._show_temperature()
        self._later.start()

    def _show_temperature(self) -> None:
        """Move what is quick to move: bars and markers."""
        if self.shown is None:
            return
        temperature = self.temperature_box.value()
        softened = self.shown.softened(self.sample_box.value(), temperature)
        self.bars.set_lengths({name: values[self._rows] for name, values in softened.items()})
        for plot in (self.entropy, self.gradient, self.distance):
            plot.mark(temperature)

    def _show_sample(self) -> None:
        found, sample = self.shown, self.sample_box.value()
        if found is None:
            return
        names, truth = found.predictions.class_names, int(found.predictions.labels[sample])
        self._rows = likeliest(found, sample)
        rows = [f"✓ {names[row]}" if row == truth else names[row] for row in self._rows]
        says = {name: f"{name} says {found.answer(name, sample)}" for name in found.networks}
        self.bars.show_rows(rows, says)
        self._true_class.setText(f"It is of class <b>{names[truth]}</b>.")
        ratio = self.devicePixelRatioF()
        pixels = found.predictions.pixels[sample].permute(1, 2, 0).numpy()
        side = round(PICTURE * ratio)
        image = picture(pixels).scaled(side, side, Qt.AspectRatioMode.KeepAspectRatio)
        pixmap = QPixmap.fromImage(image)
        pixmap.setDevicePixelRatio(ratio)
        self._picture.setPixmap(pixmap)
        self._show_temperature()

    def _go_to_mistake(self) -> None:
        if self.shown is not None:
            self.sample_box.setValue(self.shown.next_mistake(self.sample_box.value()) or 0)

    def _show_matrix(self) -> None:
        if self.shown is None:
            return
        values = self.shown.soft_targets(self.temperature_box.value())
        if self.diagonal_box.isChecked():
            np.fill_diagonal(values, np.nan)
        self.matrix.show_matrix(self.shown.predictions.class_names, values, self.shown.soft_target_source)

    def _tell_cell(self, cell: tuple[int, int] | None) -> None:
        if self.shown is None or cell is None:
            self._cell.setText(POINT)
            return
        row, column = cell
        names = self.shown.predictions.class_names
        value = self.shown.soft_targets(self.temperature_box.value())[cell]
        self._cell.setText(f"Images of {names[row]} get {names[column]} with {value:.3f} on average.")


class PlotCard(Card):
    """A card as high as its row, whatever is in it: long legends do not make the page longer."""

    def __init__(self, heading: str = "") -> None:
        """Empty."""
        super().__init__(heading)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Ignored)
        self.setMinimumHeight(ROW_HEIGHT)

    def hasHeightForWidth(self) -> bool:  # noqa: N802
        """Height and width have nothing to do with each other."""
        return False


def position(temperature: float) -> int:
    """Where the slider stands at ``temperature``."""
    return round(SLIDER_STEPS * log(temperature / LOWEST) / log(HIGHEST / LOWEST))


def likeliest(found: DarkKnowledge, sample: int) -> list[int]:
    """Numbers of the classes to show: all, or of many the likeliest and the true one, in their order."""
    logits = found.predictions.logits[found.soft_target_source][sample]
    if len(logits) <= MOST_ROWS:
        return list(range(len(logits)))
    chosen = {int(found.predictions.labels[sample])}
    chosen |= {int(found.predictions.logits[name][sample].argmax()) for name in found.networks}
    for number in logits.argsort(descending=True).tolist():
        if len(chosen) == MOST_ROWS:
            break
        chosen.add(number)
    return sorted(chosen)


def gradient_lines(found: DarkKnowledge) -> list[Line]:
    """KL over CE, with the factor T² and without."""
    if not found.distances:
        return []
    dash = Qt.PenStyle.DashLine
    return [
        Line("T²·CE", "ce", [d.scaled_ce_gradient for d in found.distances], broad=True),
        Line("T²·KL", "kl", [d.scaled_kl_gradient for d in found.distances]),
        Line("CE", "ce", [d.ce_gradient for d in found.distances], broad=True),
        Line("KL", "kl", [d.kl_gradient for d in found.distances], dash),
    ]


def distance_lines(found: DarkKnowledge) -> list[Line]:
    """CE and KL; the teacher's entropy lies between them."""
    return [
        Line(name, of, [getattr(d, of) for d in found.distances])
        for name, of in (("CE", "ce"), ("KL", "kl"))
        if found.distances
    ]
