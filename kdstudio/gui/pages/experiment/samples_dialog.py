"""Training images, large: as they are or as a network sees them, page by page."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QIcon, QPixmap
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QHBoxLayout,
    QLabel,
    QListView,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from kdstudio.declaration import ProgressCallback
from kdstudio.gui.background import BackgroundJob
from kdstudio.gui.forms.editors import Choices
from kdstudio.gui.pictures import enlarged
from kdstudio.runs.preview import PAGE, SamplePage, SampleWish

SIDE, CELL = 96, QSize(116, 126)
PLAIN = "as they are"

Samples = Callable[[SampleWish, ProgressCallback], SamplePage]


class SamplesButton(QPushButton):
    """A few samples; pressed, there are more, and larger."""

    def __init__(self, role: str, pixmap: QPixmap, enlarge: Callable[[str], object]) -> None:
        """Show ``pixmap`` as it is; ``enlarge`` is called with ``role``."""
        super().__init__(QIcon(pixmap), "", objectName="samples")
        size = pixmap.deviceIndependentSize().toSize()
        self.setIconSize(size)
        self.setFixedSize(size + QSize(6, 6))
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setAccessibleName(f"Samples of the training images of the {role}; opens more, larger")
        self.setToolTip("Show more, larger")
        self.clicked.connect(lambda: enlarge(role))


class SamplesDialog(QDialog):
    """A page of images with their classes; another network, page or draw is one click away."""

    def __init__(self, samples: Samples, roles: Sequence[str], role: str, parent: QWidget) -> None:
        """``samples`` makes a page; it is asked in the background."""
        super().__init__(parent)
        self.setWindowTitle("Training images")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.resize(780, 640)
        self.wish = SampleWish(role)
        self._samples = samples
        self.seen_by = Choices()
        for name in roles:
            self.seen_by.addItem(f"as the {name} sees them in training", name)
        self.seen_by.addItem(PLAIN)
        self.seen_by.setCurrentIndex(list(roles).index(role))
        self.seen_by.setAccessibleName("How the images are shown")
        self.seen_by.currentIndexChanged.connect(self._see)
        self.draw = QPushButton("Another draw")
        self.draw.setToolTip("The same images with the augmentation of another epoch")
        self.draw.clicked.connect(lambda: self._want(self.wish._replace(draw=self.wish.draw + 1)))
        self.pictures = QListWidget(objectName="pictures")
        self.pictures.setAccessibleName("Training images")
        self.pictures.setViewMode(QListView.ViewMode.IconMode)
        self.pictures.setResizeMode(QListView.ResizeMode.Adjust)
        self.pictures.setMovement(QListView.Movement.Static)
        self.pictures.setUniformItemSizes(True)
        self.pictures.setIconSize(QSize(SIDE, SIDE))
        self.pictures.setGridSize(CELL)
        self.pictures.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self.word = QLabel("Reading the images …", objectName="muted")
        self.before, self.after = QPushButton("Previous"), QPushButton("Next")
        self.before.clicked.connect(lambda: self._turn(-1))
        self.after.clicked.connect(lambda: self._turn(1))
        self._lay_out()
        self._job = BackgroundJob("samples", self)
        self._job.done.connect(self._show)
        self._job.failed.connect(lambda error: self.word.setText(str(error)))
        self._want(self.wish)

    def _lay_out(self) -> None:
        head, foot = QHBoxLayout(), QHBoxLayout()
        for part in (self.seen_by, self.draw):
            head.addWidget(part)
        head.addStretch(1)
        close = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        close.rejected.connect(self.reject)
        foot.addWidget(self.word, 1)
        for part in (self.before, self.after, close):
            foot.addWidget(part)
        column = QVBoxLayout(self)
        column.addLayout(head)
        column.addWidget(self.pictures, 1)
        column.addLayout(foot)

    def _see(self, _place: int) -> None:
        role = self.seen_by.currentData()
        self._want(self.wish._replace(role=role or self.wish.role, plain=role is None))

    def _turn(self, by: int) -> None:
        self._want(self.wish._replace(page=self.wish.page + by))

    def _want(self, wish: SampleWish) -> None:
        self.wish = wish
        samples = self._samples
        self._job.start(lambda progress: samples(wish, progress))

    def _show(self, page: SamplePage) -> None:
        if page.first >= page.total:  # another network has fewer
            self._want(self.wish._replace(page=0))
            return
        self.pictures.clear()
        for pixels, name in zip(page.pixels, page.classes, strict=True):
            icon = QIcon(enlarged(pixels, SIDE, self.devicePixelRatioF()))
            item = QListWidgetItem(icon, name)
            item.setToolTip(name)
            self.pictures.addItem(item)
        last = page.first + len(page.classes)
        self.word.setText(f"{page.first + 1:,} to {last:,} of {page.total:,} training images")
        self.before.setEnabled(page.first > 0)
        self.after.setEnabled(page.first + PAGE < page.total)
        self.draw.setEnabled(page.views > 1)

    def done(self, result: int) -> None:
        """Read no more."""
        self._job.cancel()
        super().done(result)
