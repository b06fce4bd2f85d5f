"""ExecuTorch in int8: weights and activations in eight bits."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from kdstudio.models.declaration import ImageShape
from kdstudio.runs.formats import executorch_program
from kdstudio.runs.formats.declaration import MOST_IMAGES, Answer, ExportFormat, Shipment, formats
from kdstudio.runs.formats.traced import traced

if TYPE_CHECKING:
    from torch import Tensor, nn


@formats.register
class ExecuTorchInt8(ExportFormat):
    """ExecuTorch on XNNPACK in int8 (weights per channel), calibrated on training images."""

    title: ClassVar[str] = "ExecuTorch int8"
    runtime: ClassVar[str] = "executorch"
    extra: ClassVar[str] = "executorch"
    packages: ClassVar[tuple[str, ...]] = executorch_program.PACKAGES
    precision: ClassVar = "int8"

    name: Literal["executorch-int8"] = "executorch-int8"

    def files(self, name: str) -> tuple[str, ...]:
        """Return the one file."""
        return (f"{name}-int8.pte",)

    def write(self, shipment: Shipment, folder: Path) -> None:
        """Trace, calibrate, quantise, lower."""
        image = shipment.card.image_shape
        small = quantised(shipment.module, image, shipment.calibration)
        executorch_program.save(traced(small, image[:3]), folder / f"{shipment.name}-int8.pte")

    def open(self, path: Path, threads: int, *, allow_code: bool = False) -> Answer:
        """Load it with ExecuTorch's runtime."""
        return executorch_program.open_program(path, threads)


def quantised(module: nn.Module, image: ImageShape, calibration: Tensor) -> Any:  # noqa: ANN401
    """Return ``module`` with rounding inside, as XNNPACK knows it; ranges are those on ``calibration``."""
    import torch
    from executorch.backends.xnnpack.quantizer.xnnpack_quantizer import (
        XNNPACKQuantizer,
        get_symmetric_quantization_config,
    )
    from torchao.quantization.pt2e.quantize_pt2e import convert_pt2e, prepare_pt2e

    quantizer = XNNPACKQuantizer().set_global(get_symmetric_quantization_config(is_per_channel=True))
    observed = prepare_pt2e(traced(module, image[:3]).module(), quantizer)
    for images in torch.split(calibration, MOST_IMAGES):
        observed(images)
    return convert_pt2e(observed)
