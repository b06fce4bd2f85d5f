"""The side of the experiment page: networks with their costs, samples, class counts."""

from __future__ import annotations

from functools import partial

import numpy as np
from PySide6.QtCore import QRect, Qt, QTimer
from PySide6.QtGui import QColor, QImage, QPainter, QPixmap
from PySide6.QtWidgets import QLabel, QPushButton, QVBoxLayout, QWidget

from kdstudio.engine.experiment import Experiment
from kdstudio.errors import KDStudioError
from kdstudio.gui.background import Background
from kdstudio.gui.layout import GAP, Card, clear, text_label
from kdstudio.runs.preview import NetworkPreview, Preview, Previewer

WAIT_MILLISECONDS = 500
TILE = 40
COLUMNS = 6
GAP_BETWEEN = 3
MOST_CLASSES = 20


class PreviewPanel(QWidget):
    """Looks at the experiment in the background, a moment after it was last changed."""

    def __init__(self) -> None:
        """Nothing to show yet."""
        super().__init__()
        self.shown: Preview | None = None
        self._experiment: Experiment | None = None
        self._allowed = False
        self._previewer = Previewer()
        self._background = Background("preview", self)
        self._background.done.connect(self._show)
        self._background.failed.connect(self._show_error)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(GAP)
        self._wait = QTimer(self, interval=WAIT_MILLISECONDS, singleShot=True)
        self._wait.timeout.connect(self._begin)

    def show_experiment(self, experiment: Experiment | None) -> None:
        """Look at ``experiment`` soon; None is a form with mistakes, of which the last look stays."""
        self._experiment = experiment
        if experiment is not None:
            self._wait.start()

    def _begin(self) -> None:
        experiment = self._experiment
        if experiment is None or self._background.is_busy:
            return
        if not experiment.data.source.is_here() and not self._allowed:
            self._offer_download(experiment)
            return
        self._allowed = False
        self._background.start(partial(self._previewer.preview, experiment, lambda _what, _fraction: None))
        self._looked_at = experiment
        self.setEnabled(False)  # greyed: what stands here is of the experiment before

    def _offer_download(self, experiment: Experiment) -> None:
        clear(self._column)
        card = Card("Data")
        card.add(
            text_label(
                f"'{experiment.data.source.name}' is not on this machine yet. It is downloaded when you "
                "press Run, or now:"
            )
        )
        button = QPushButton("Download and look")
        button.clicked.connect(self._allow)
        card.column.addWidget(button, 0, Qt.AlignmentFlag.AlignLeft)
        self._column.addWidget(card)

    def _allow(self) -> None:
        self._allowed = True
        self._begin()

    def _show_error(self, error: Exception) -> None:
        clear(self._column)
        card = Card("This would not run")
        known = isinstance(error, KDStudioError)
        card.add(text_label(str(error) if known else f"{type(error).__name__}: {error}", "error"))
        self._column.addWidget(card)
        self._finish()

    def _finish(self) -> None:
        """Look again where the experiment has changed meanwhile."""
        self.setEnabled(True)
        if self._experiment is not self._looked_at:
            self._begin()

    def _show(self, found: Preview) -> None:
        self.shown = found
        clear(self._column)
        stages = Card("Stages")
        stages.add(text_label(stages_text(found)))
        self._column.addWidget(stages)
        networks = Card("Networks")
        networks.add(text_label(networks_text(found)))
        self._column.addWidget(networks)
        data = Card("Data")
        size = " × ".join(map(str, found.image))
        data.add(
            text_label(
                f"images of {size}; {found.validation_images:,} for validation, "
                f"{found.test_images:,} for the test"
            )
        )
        for role, network in found.networks.items():
            data.add(text_label(f"as the {role} sees them in training", "muted"))
            data.column.addWidget(samples_label(network, self.devicePixelRatioF()))
        data.add(text_label("training images of each class", "muted"))
        data.add(text_label(counts_text(found)))
        for note in found.notes[:5]:
            data.add(text_label(note, "muted"))
        if len(found.notes) > 5:
            data.add(text_label(f"and {len(found.notes) - 5} more", "muted"))
        self._column.addWidget(data)
        self._finish()


def stages_text(found: Preview) -> str:
    """What is trained in turn: epochs, steps and terms of each stage, and the heads that it adds."""
    parts = []
    for number, stage in enumerate(found.stages, start=1):
        lines = [f"<b>{number} {stage.name}</b>", f"{stage.epochs} epochs of {stage.steps_per_epoch:,} steps"]
        lines.append(", ".join(stage.terms))
        if stage.classes:
            lines.append("sees only " + ", ".join(found.class_names[c] for c in stage.classes))
        if stage.left_out:
            lines.append("never sees " + ", ".join(found.class_names[c] for c in stage.left_out))
        lines += [f"adds {name}: {what}" for name, what in stage.heads.items()]
        parts.append("<br>".join(lines))
    return "<p>" + "</p><p>".join(parts) + "</p>"


def networks_text(found: Preview) -> str:
    """Sizes of the networks, and how many times larger the teacher is."""
    rows = "".join(
        f"<tr><td>{role}&nbsp;</td><td>{network.architecture}&nbsp;</td>"
        f"<td align='right'>{spoken_count(network.cost.parameters)}&nbsp;</td>"
        f"<td align='right'>{spoken_count(network.cost.multiply_adds)}</td></tr>"
        for role, network in found.networks.items()
    )
    head = "<tr><td></td><td></td><td align='right'>weights&nbsp;</td><td align='right'>mult-adds</td></tr>"
    table = f"<table cellspacing='3'>{head}{rows}</table>"
    if {"teacher", "student"} <= found.networks.keys():
        teacher, student = (found.networks[role].cost for role in ("teacher", "student"))
        weights = teacher.parameters / max(student.parameters, 1)
        work = teacher.multiply_adds / max(student.multiply_adds, 1)
        table += f"<p>The teacher has {weights:.3g}× the weights and {work:.3g}× the work of the student.</p>"
    return table


def spoken_count(count: int) -> str:
    """``1.28 M``, ``40.6 M``, ``2,410``."""
    for size, letter in ((10**9, "G"), (10**6, "M"), (10**4, "k")):
        if count >= size:
            unit = 10**3 if letter == "k" else size
            return f"{count / unit:.3g} {letter}"
    return f"{count:,}"


def counts_text(found: Preview) -> str:
    """Class by class, one column for each network that sees other images than the first."""
    networks = list(found.networks.items())
    columns = [networks[0], *((r, n) for r, n in networks[1:] if n.counts != networks[0][1].counts)]
    head = "".join(f"<td align='right'>{role}&nbsp;</td>" for role, _ in columns) if len(columns) > 1 else ""
    rows = "".join(
        f"<tr><td>{name}&nbsp;&nbsp;</td>"
        + "".join(f"<td align='right'>{network.counts[number]:,}&nbsp;</td>" for _, network in columns)
        + "</tr>"
        for number, name in enumerate(found.class_names[:MOST_CLASSES])
    )
    more = len(found.class_names) - MOST_CLASSES
    rest = f"<p>and {more} more classes</p>" if more > 0 else ""
    return f"<table cellspacing='2'><tr><td></td>{head}</tr>{rows}</table>{rest}"


def samples_label(network: NetworkPreview, ratio: float) -> QLabel:
    """Lay the samples out as one picture, with gaps between them."""
    side = round(TILE * ratio)
    rows = -(-len(network.samples) // COLUMNS)
    pixmap = QPixmap(COLUMNS * side, rows * side)
    pixmap.fill(QColor(0, 0, 0, 0))
    with QPainter(pixmap) as painter:
        for number, sample in enumerate(network.samples):
            row, column = divmod(number, COLUMNS)
            place = QRect(column * side, row * side, side - GAP_BETWEEN, side - GAP_BETWEEN)
            painter.drawImage(place, picture(sample))
    pixmap.setDevicePixelRatio(ratio)
    label = QLabel()
    label.setPixmap(pixmap)
    label.setAccessibleName("Samples of the training images")
    return label


def picture(sample: np.ndarray) -> QImage:
    """Turn uint8 ``(H, W, C)`` into an image; of more than three channels the first three show."""
    height, width, channels = sample.shape
    colours = sample[:, :, :3] if channels >= 3 else np.repeat(sample[:, :, :1], 3, axis=2)
    pixels = np.ascontiguousarray(colours)
    return QImage(pixels.data, width, height, 3 * width, QImage.Format.Format_RGB888).copy()
