"""ONNX: one file that onnxruntime and most other runtimes read."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar, Literal

from kdstudio.declaration import option
from kdstudio.runs.formats import onnx_graph
from kdstudio.runs.formats.declaration import Answer, ExportFormat, Shipment, formats

Preprocessing = option(
    False,
    "Preprocessing inside",
    "The file takes uint8 images of any size, resizes and normalises them itself, and gives probabilities; "
    "without, it takes normalised images of the trained size and gives logits.",
)


@formats.register
class Onnx(ExportFormat):
    """ONNX, opset 20, float32, any batch size: for onnxruntime, phones, browsers and servers."""

    title: ClassVar[str] = "ONNX"
    runtime: ClassVar[str] = "onnxruntime"
    keeps_rounding: ClassVar[bool] = True
    extra: ClassVar[str] = "onnx"
    packages: ClassVar[tuple[str, ...]] = ("onnx", "onnxscript", "onnxruntime")

    name: Literal["onnx"] = "onnx"
    preprocessing: bool = Preprocessing

    @property
    def takes_pixels(self) -> bool:
        """As chosen."""
        return self.preprocessing

    def files(self, name: str) -> tuple[str, ...]:
        """Return the one file."""
        return (f"{name}.onnx",)

    def write(self, shipment: Shipment, folder: Path) -> None:
        """Export, and put class names and card into the metadata."""
        model = onnx_graph.exported(shipment.module, shipment.card.image)
        if self.preprocessing:
            model = onnx_graph.with_preprocessing(model, shipment.card.image_shape)
        onnx_graph.describe(model, shipment)
        onnx_graph.save(model, folder / f"{shipment.name}.onnx")

    def open(self, path: Path, threads: int, *, allow_code: bool = False) -> Answer:
        """Load it with onnxruntime."""
        return onnx_graph.open_session(path, threads)
