"""What every file format of a trained network declares, and the registry of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Literal

from kdstudio.declaration import Declaration, Registry
from kdstudio.packages import check_installed

if TYPE_CHECKING:
    import numpy as np
    from torch import Tensor, nn

    from kdstudio.engine.card import NetworkCard

Answer = Callable[["np.ndarray"], "np.ndarray"]
"""Images of a batch in, one row of class scores for each out; see :attr:`ExportFormat.takes_pixels`."""

Precision = Literal["float32", "int8"]
MOST_IMAGES = 128
"""Images in one batch that a file has to take."""


@dataclass(frozen=True)
class Shipment:
    """A trained network on its way into a file."""

    module: nn.Module
    """On the CPU, float32, in eval mode: normalised images ``(B, C, H, W)`` to logits ``(B, K)``."""
    card: NetworkCard
    name: str
    """What the files are called, without an ending."""
    about: str
    """The model card for people, in Markdown."""
    calibration: Tensor
    """Normalised training images ``(N, C, H, W)``; none where the format wants none."""


class ExportFormat(Declaration):
    """A kind of file that a trained network can be written to, and how it is read again elsewhere."""

    title: ClassVar[str]
    """What people call it."""
    runtime: ClassVar[str]
    """Distribution that reads it."""
    extra: ClassVar[str] = ""
    """The extra of kdstudio that brings what it needs."""
    packages: ClassVar[tuple[str, ...]] = ()
    """Modules that must be there."""
    precision: ClassVar[Precision] = "float32"
    keeps_rounding: ClassVar[bool] = False
    """Whether a network that rounds to integers itself (model ``int8``) is the same in it."""

    name: str

    @property
    def takes_pixels(self) -> bool:
        """Whether it is fed with uint8 images ``(B, H, W, C)`` of any size and gives probabilities.

        Otherwise it takes normalised images, float32 ``(B, C, H, W)``, and gives logits.
        """
        return False

    def files(self, name: str) -> tuple[str, ...]:
        """Return the files (or one folder) that a network called ``name`` makes; the first one is opened."""
        raise NotImplementedError

    def write(self, shipment: Shipment, folder: Path) -> None:
        """Write ``files`` into ``folder``. Whatever is raised is told as the reason why it cannot be."""
        raise NotImplementedError

    def open(self, path: Path, threads: int, *, allow_code: bool = False) -> Answer:
        """Load the first of ``files`` with the runtime alone; it answers on ``threads`` threads."""
        raise NotImplementedError

    def check_installed(self) -> None:
        """Raise KDStudioError where a package is missing."""
        check_installed(self.title, self.packages, self.extra)


formats = Registry[ExportFormat]("format", "kdstudio.runs.formats", "kdstudio.formats")
