"""Networks as models of OpenVINO: converted, described, saved and run; nothing is sent anywhere."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kdstudio.errors import KDStudioError
from kdstudio.runs.formats.declaration import Answer, Shipment
from kdstudio.runs.formats.traced import traced

if TYPE_CHECKING:
    import numpy as np

ABOUT = "model_info"
"""Where OpenVINO's tools look for what people say of a model."""


def converted(shipment: Shipment) -> Any:  # noqa: ANN401
    """Return the network as an OpenVINO model: ``images`` ``(batch, C, H, W)`` to ``logits`` ``(batch, K)``.

    Raises KDStudioError, which names it, for an operation that OpenVINO does not know.
    """
    send_nothing()
    import openvino
    from openvino.frontend import OpConversionFailure

    program = traced(shipment.module, shipment.card.image)
    try:
        model = openvino.convert_model(program)
    except OpConversionFailure as error:
        unknown = str(error).strip().splitlines()[-1]  # before it stands where in OpenVINO that was found
        raise KDStudioError(f"OpenVINO does not know all of its operations: {unknown.strip('- ')}") from None
    model.inputs[0].get_tensor().set_names({"images"})
    model.outputs[0].get_tensor().set_names({"logits"})
    return model


def send_nothing() -> None:
    """Keep OpenVINO and its tools from telling Intel that they are used: without that package they cannot."""
    sys.modules["openvino_telemetry"] = None  # type: ignore[assignment]


def save(model: Any, shipment: Shipment, path: Path) -> None:  # noqa: ANN401
    """Write ``path`` (.xml), with class names and card in it, and the weights beside it (.bin)."""
    import openvino

    card = shipment.card
    model.set_friendly_name(shipment.name)
    notes = {
        "class_names": "\n".join(card.class_names),
        "mean": " ".join(map(repr, card.mean)),
        "std": " ".join(map(repr, card.std)),
        "card": card.model_dump_json(exclude_none=True),
    }
    for name, value in notes.items():
        model.set_rt_info(value, [ABOUT, name])
    openvino.save_model(model, path, compress_to_fp16=False)


def open_model(path: Path, threads: int) -> Answer:
    """Load an ``.xml`` with OpenVINO, on the CPU; what is float32 stays so."""
    send_nothing()
    import openvino

    options = {"INFERENCE_PRECISION_HINT": "f32", "INFERENCE_NUM_THREADS": threads}
    model = openvino.Core().compile_model(path, "CPU", options)

    def answer(images: np.ndarray) -> np.ndarray:
        logits: np.ndarray = model(images)[0].copy()
        return logits

    return answer
