"""OpenVINO: for Intel's processors and accelerators, and others'."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar, Literal

from kdstudio.runs.formats import openvino_model
from kdstudio.runs.formats.declaration import Answer, ExportFormat, Shipment, formats


@formats.register
class OpenVino(ExportFormat):
    """OpenVINO, float32, any batch size: for Intel's processors, graphics and NPUs."""

    title: ClassVar[str] = "OpenVINO"
    runtime: ClassVar[str] = "openvino"
    extra: ClassVar[str] = "openvino"
    packages: ClassVar[tuple[str, ...]] = ("openvino",)

    name: Literal["openvino"] = "openvino"

    def files(self, name: str) -> tuple[str, ...]:
        """Return the graph and its weights."""
        return f"{name}.xml", f"{name}.bin"

    def write(self, shipment: Shipment, folder: Path) -> None:
        """Trace, convert, save."""
        model = openvino_model.converted(shipment)
        openvino_model.save(model, shipment, folder / f"{shipment.name}.xml")

    def open(self, path: Path, threads: int, *, allow_code: bool = False) -> Answer:
        """Load it with OpenVINO."""
        return openvino_model.open_model(path, threads)
