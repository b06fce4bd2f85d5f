"""PyTorch's own exported graph: weights and operations without the Python that made them."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar, Literal

from kdstudio.runs.formats.declaration import Answer, ExportFormat, Shipment, formats
from kdstudio.runs.formats.in_pytorch import answering
from kdstudio.runs.formats.traced import traced


@formats.register
class Pt2(ExportFormat):
    """The graph of torch.export, for PyTorch elsewhere: to run, compile or convert without KD Studio.

    PyTorch reads parts of such a file with pickle, which can run code: it is opened here only as it was
    written here, and never taken in from elsewhere.
    """

    title: ClassVar[str] = "torch.export"
    runtime: ClassVar[str] = "torch"

    name: Literal["pt2"] = "pt2"

    def files(self, name: str) -> tuple[str, ...]:
        """Return the one file."""
        return (f"{name}.pt2",)

    def write(self, shipment: Shipment, folder: Path) -> None:
        """Trace and save, with class names and card beside the graph."""
        import torch

        program = traced(shipment.module, shipment.card.image)
        program.example_inputs = None  # zeros, larger than a small network
        notes = {
            "about": shipment.about,
            "class_names": "\n".join(shipment.card.class_names),
            "card": shipment.card.model_dump_json(exclude_none=True),
        }
        torch.export.save(program, folder / f"{shipment.name}.pt2", extra_files=notes)

    def open(self, path: Path, threads: int, *, allow_code: bool = False) -> Answer:
        """Load it; it answers in eager PyTorch."""
        import torch

        return answering(torch.export.load(path).module(), threads)
