"""Which test images are shown, and in which order."""

from __future__ import annotations

from PySide6.QtCore import QSignalBlocker, Signal
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLabel, QPushButton, QWidget

from kdstudio.gui.forms.editors import Choices
from kdstudio.gui.run_picker import fill
from kdstudio.runs.disagreements import USUAL, Disagreements, Sort

ANY = "any"
SORTS: dict[Sort, str] = {"confidence": "confidence", "kl": "KL"}
LEAST_WIDTH = 60


class ImageChoice(QWidget):
    """A filter, a true class, an answer, and an order."""

    changed = Signal()

    def __init__(self) -> None:
        """Nothing to choose until :meth:`offer`."""
        super().__init__()
        self.filter_box = choice_box("Images shown")
        self.class_box = choice_box("True class")
        self.answer_box = choice_box("Class answered")
        self.network_box = choice_box("Network whose answer is meant")
        self.sort_box = choice_box("Sorted by")
        self.order_box = choice_box("Order")
        for box in self._boxes():
            box.currentIndexChanged.connect(self.changed)
        for box in (self.sort_box, self.order_box):
            box.setSizeAdjustPolicy(Choices.SizeAdjustPolicy.AdjustToContents)
        fill(self.order_box, {False: "highest first", True: "lowest first"}, False)
        self.reset_button = QPushButton("Reset")
        self.reset_button.setToolTip("Show every true class and every answer again.")
        self.reset_button.clicked.connect(lambda: self.take_cell((None, None)))
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(8)
        grid.setVerticalSpacing(6)
        grid.setColumnStretch(1, 1)
        grid.addWidget(QLabel("Show"), 0, 0)
        grid.addLayout(
            in_row((self.filter_box, 5), "sorted by", (self.sort_box, 0), (self.order_box, 0)), 0, 1
        )
        grid.addWidget(QLabel("Class"), 1, 0)
        answered = in_row(
            (self.class_box, 3),
            "answered",
            (self.answer_box, 3),
            "by",
            (self.network_box, 4),
            self.reset_button,
        )
        grid.addLayout(answered, 1, 1)

    def _boxes(self) -> tuple[Choices, ...]:
        return (
            self.filter_box, self.class_box, self.answer_box, self.network_box, self.sort_box, self.order_box,
        )  # fmt: skip

    @property
    def filter(self) -> str:
        """Name of the filter."""
        return str(self.filter_box.currentData())

    @property
    def true_class(self) -> int | None:
        """Number of the true class; None for any."""
        return number_in(self.class_box)

    @property
    def answered(self) -> int | None:
        """Number of the class answered; None for any."""
        return number_in(self.answer_box)

    @property
    def network(self) -> str:
        """The network whose mistakes are counted, and whose answer is meant."""
        return str(self.network_box.currentData())

    @property
    def sort(self) -> Sort:
        """What the images are sorted by."""
        found: Sort = self.sort_box.currentData()
        return found

    @property
    def ascending(self) -> bool:
        """Whether the lowest comes first."""
        return bool(self.order_box.currentData())

    def offer(self, found: Disagreements) -> None:
        """Offer what there is to choose of ``found``; what was chosen stays so where it can."""
        classes = {-1: ANY} | dict(enumerate(found.predictions.class_names))
        sorts = {key: SORTS[key] for key in found.sorts}
        fill(self.filter_box, found.filters, USUAL)
        fill(self.class_box, classes, -1)
        fill(self.answer_box, classes, -1)
        fill(self.network_box, {name: name for name in found.answers}, found.student)
        fill(self.sort_box, sorts, "confidence")
        self.changed.emit()

    def take_cell(self, cell: tuple[int | None, int | None]) -> None:
        """Choose a true class and a class answered; None stands for any."""
        with QSignalBlocker(self):
            for box, number in zip((self.class_box, self.answer_box), cell, strict=True):
                box.setCurrentIndex(box.findData(-1 if number is None else number))
        self.changed.emit()


def choice_box(name: str) -> Choices:
    """Make a box that may be narrow, called ``name`` for who does not see it."""
    box = Choices()
    box.setAccessibleName(name)
    box.setMinimumWidth(LEAST_WIDTH)
    box.setSizeAdjustPolicy(Choices.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
    box.currentTextChanged.connect(box.setToolTip)  # long names are cut
    return box


def number_in(box: Choices) -> int | None:
    """Class chosen in a box."""
    number = int(box.currentData())
    return None if number < 0 else number


def in_row(*parts: tuple[Choices, int] | QPushButton | str) -> QHBoxLayout:
    """Lay boxes with their shares of the width, words and buttons out in a row."""
    row = QHBoxLayout()
    row.setSpacing(8)
    for part in parts:
        if isinstance(part, tuple):
            row.addWidget(*part)
        else:
            row.addWidget(QLabel(part) if isinstance(part, str) else part)
    return row
