"""Weights in safetensors, beside a JSON card by which KD Studio builds the network again."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar, Literal

from kdstudio.runs.formats.declaration import Answer, ExportFormat, Shipment, formats
from kdstudio.runs.formats.in_pytorch import answering
from kdstudio.runs.weights import SUFFIX, load_network, save_network


@formats.register
class Safetensors(ExportFormat):
    """Weights alone, for PyTorch; a JSON card beside them tells KD Studio how to build the network."""

    title: ClassVar[str] = "safetensors"
    runtime: ClassVar[str] = "torch"
    keeps_rounding: ClassVar[bool] = True

    name: Literal["safetensors"] = "safetensors"

    def files(self, name: str) -> tuple[str, ...]:
        """Return weights and card."""
        return f"{name}{SUFFIX}", f"{name}.json"

    def write(self, shipment: Shipment, folder: Path) -> None:
        """Write both."""
        save_network(shipment.module.state_dict(), shipment.card, folder / f"{shipment.name}{SUFFIX}")

    def open(self, path: Path, threads: int, *, allow_code: bool = False) -> Answer:
        """Build the network again; it answers in eager PyTorch."""
        module, _card = load_network(path, allow_code=allow_code)
        return answering(module, threads)
