"""ONNX in int8: weights and activations in eight bits, by static quantisation."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, ClassVar, Literal

from kdstudio.runs.formats import onnx_graph
from kdstudio.runs.formats.declaration import MOST_IMAGES, Answer, ExportFormat, Shipment, formats
from kdstudio.runs.formats.onnx import Preprocessing

if TYPE_CHECKING:
    import numpy as np
    from torch import Tensor


@formats.register
class OnnxInt8(ExportFormat):
    """ONNX in int8 (QDQ, weights per channel), calibrated on training images; a quarter of the size."""

    title: ClassVar[str] = "ONNX int8"
    runtime: ClassVar[str] = "onnxruntime"
    extra: ClassVar[str] = "onnx"
    packages: ClassVar[tuple[str, ...]] = ("onnx", "onnxscript", "onnxruntime")
    precision: ClassVar = "int8"

    name: Literal["onnx-int8"] = "onnx-int8"
    preprocessing: bool = Preprocessing

    @property
    def takes_pixels(self) -> bool:
        """As chosen."""
        return self.preprocessing

    def files(self, name: str) -> tuple[str, ...]:
        """Return the one file."""
        return (f"{name}-int8.onnx",)

    def write(self, shipment: Shipment, folder: Path) -> None:
        """Export, calibrate, quantise; what prepares the images stays in float32."""
        import onnx

        model = onnx_graph.exported(shipment.module, shipment.card.image_shape)
        with TemporaryDirectory() as scratch:
            plain, small = Path(scratch, "float32.onnx"), Path(scratch, "int8.onnx")
            onnx_graph.save(model, plain)
            quantise(plain, small, shipment.calibration)
            model = onnx.load(small)
        if self.preprocessing:
            model = onnx_graph.with_preprocessing(model, shipment.card.image_shape)
        onnx_graph.describe(model, shipment)
        onnx_graph.save(model, folder / f"{shipment.name}-int8.onnx")

    def open(self, path: Path, threads: int, *, allow_code: bool = False) -> Answer:
        """Load it with onnxruntime."""
        return onnx_graph.open_session(path, threads)


def quantise(plain: Path, small: Path, calibration: Tensor) -> None:
    """Write ``plain`` in int8 to ``small``; ranges of activations are those on ``calibration``."""
    import torch
    from onnxruntime import quantization

    class Images(quantization.CalibrationDataReader):  # type: ignore[misc]
        def __init__(self) -> None:
            self._batches: Iterator[Tensor] = iter(torch.split(calibration, MOST_IMAGES))

        def get_next(self) -> dict[str, np.ndarray] | None:
            batch = next(self._batches, None)
            return None if batch is None else {onnx_graph.IMAGES: batch.numpy()}

    quantization.quantize_static(
        plain,
        small,
        Images(),
        quant_format=quantization.QuantFormat.QDQ,
        per_channel=True,
        activation_type=quantization.QuantType.QUInt8,
        weight_type=quantization.QuantType.QInt8,
    )
