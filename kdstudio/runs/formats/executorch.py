"""ExecuTorch: a program for phones and small devices."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar, Literal

from kdstudio.runs.formats import executorch_program
from kdstudio.runs.formats.declaration import Answer, ExportFormat, Shipment, formats
from kdstudio.runs.formats.traced import traced


@formats.register
class ExecuTorch(ExportFormat):
    """ExecuTorch on XNNPACK, float32, 1 to 128 images: for phones and small devices."""

    title: ClassVar[str] = "ExecuTorch"
    runtime: ClassVar[str] = "executorch"
    extra: ClassVar[str] = "executorch"
    packages: ClassVar[tuple[str, ...]] = executorch_program.PACKAGES

    name: Literal["executorch"] = "executorch"

    def files(self, name: str) -> tuple[str, ...]:
        """Return the one file."""
        return (f"{name}.pte",)

    def write(self, shipment: Shipment, folder: Path) -> None:
        """Trace and lower."""
        program = traced(shipment.module, shipment.card.image)
        executorch_program.save(program, folder / f"{shipment.name}.pte")

    def open(self, path: Path, threads: int, *, allow_code: bool = False) -> Answer:
        """Load it with ExecuTorch's runtime."""
        return executorch_program.open_program(path, threads)
