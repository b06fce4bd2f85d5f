"""Networks as ONNX graphs: exported with a free batch size, fed with pixels where that is wanted."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from kdstudio.errors import KDStudioError
from kdstudio.models.declaration import ImageShape
from kdstudio.runs.formats.declaration import Answer, Shipment
from kdstudio.runs.formats.traced import traced

if TYPE_CHECKING:
    import numpy as np
    from torch import nn

    from kdstudio.engine.card import NetworkCard

OPSET = 20
IMAGES, LOGITS = "images", "logits"
PIXELS, PROBABILITIES = "pixels", "probabilities"
LARGEST = 2**31
"""Bytes of one file that protobuf can read."""


def exported(module: nn.Module, shape: tuple[int, ...]) -> Any:  # noqa: ANN401
    """Return ``module`` as an ONNX ModelProto: ``images`` ``(batch, *shape)`` to ``logits`` ``(batch, K)``.

    Raises what tracing and torch's exporter raise for what they do not know.
    """
    import torch

    from kdstudio.models.modules.shipping import shipped

    program = torch.onnx.export(
        traced(shipped(module), shape),
        dynamo=True,
        dynamic_shapes=({0: "batch"},),
        input_names=[IMAGES],
        output_names=[LOGITS],
        opset_version=OPSET,
        external_data=False,
        verbose=False,
    )
    assert program is not None
    model = program.model_proto
    _forget_where_it_was_made(model)
    return model


def _forget_where_it_was_made(model: Any) -> None:  # noqa: ANN401
    """Drop the exporter's notes: stack traces with paths of this machine, larger than a small network."""
    graph = model.graph
    for noted in (graph, *graph.node, *graph.input, *graph.output, *graph.initializer, *graph.value_info):
        del noted.metadata_props[:]
        noted.doc_string = ""


def with_preprocessing(model: Any, image: ImageShape) -> Any:  # noqa: ANN401
    """Put in front what the training did to an image, and a softmax behind.

    ``pixels`` uint8 ``(batch, height, width, C)`` of any size: a centred piece of the trained shape, as large
    as it can be, is scaled to the trained size and normalised; ``probabilities`` ``(batch, K)`` come out.
    """
    import onnx
    from onnx.compose import add_prefix, merge_models

    model = add_prefix(model, "network/", rename_inputs=False, rename_outputs=False)
    ahead = _made(_preparing(image), OPSET, model.ir_version)
    behind = _made(_softmax(model.graph.output[0]), OPSET, model.ir_version)
    whole = merge_models(ahead, model, [("prepared", IMAGES)])
    whole = merge_models(whole, behind, [(LOGITS, "scores")])
    _name_each_opset_once(whole)
    onnx.checker.check_model(whole)
    return whole


def _name_each_opset_once(model: Any) -> None:  # noqa: ANN401
    """Merging repeats them, which some runtimes do not take."""
    from onnx.helper import make_opsetid

    versions = {opset.domain: opset.version for opset in model.opset_import}
    del model.opset_import[:]
    model.opset_import.extend(make_opsetid(*opset) for opset in versions.items())


def _preparing(image: ImageShape) -> Any:  # noqa: ANN401
    import numpy as np
    from onnx import TensorProto
    from onnx.helper import make_graph, make_node, make_tensor_value_info
    from onnx.numpy_helper import from_array

    channels, height, width, mean, std = image

    def by_channel(values: tuple[float, ...]) -> np.ndarray:
        return 255 * np.array(values, np.float32).reshape(1, -1, 1, 1)

    nodes = [  # without Resize's own axes and policy: onnxruntime spoils these beside integers
        make_node("Transpose", [PIXELS], ["planes"], perm=[0, 3, 1, 2]),
        make_node("Cast", ["planes"], ["values"], to=TensorProto.FLOAT),
        make_node("Shape", ["values"], ["outer"], end=2),
        make_node("Shape", ["values"], ["sides"], start=2),
        make_node("Cast", ["sides"], ["lengths"], to=TensorProto.FLOAT),
        make_node("Div", ["lengths", "wanted"], ["ratios"]),
        make_node("ReduceMin", ["ratios"], ["ratio"]),
        make_node("Mul", ["wanted", "ratio"], ["exact"]),
        make_node("Round", ["exact"], ["rounded"]),
        make_node("Cast", ["rounded"], ["piece"], to=TensorProto.INT64),
        make_node("Sub", ["sides", "piece"], ["over"]),
        make_node("Div", ["over", "two"], ["start"]),
        make_node("Add", ["start", "piece"], ["end"]),
        make_node("Slice", ["values", "start", "end", "axes"], ["cut"]),
        make_node("Concat", ["outer", "size"], ["sizes"], axis=0),
        make_node(
            "Resize", ["cut", "", "", "sizes"], ["scaled"], mode="linear", antialias=1,
            coordinate_transformation_mode="half_pixel",
        ),
        make_node("Round", ["scaled"], ["whole"]),
        make_node("Sub", ["whole", "mean"], ["centred"]),
        make_node("Div", ["centred", "std"], ["prepared"]),
    ]  # fmt: skip
    constants = {
        "size": np.array([height, width]),
        "wanted": np.array([height, width], np.float32),
        "two": np.array([2]),
        "axes": np.array([2, 3]),
        "mean": by_channel(mean),
        "std": by_channel(std),
    }
    return make_graph(
        nodes,
        "preparing",
        [make_tensor_value_info(PIXELS, TensorProto.UINT8, ["batch", "height", "width", channels])],
        [make_tensor_value_info("prepared", TensorProto.FLOAT, ["batch", channels, height, width])],
        [from_array(values, name) for name, values in constants.items()],
    )


def _softmax(scores: Any) -> Any:  # noqa: ANN401
    from onnx import TensorProto
    from onnx.helper import make_graph, make_node, make_tensor_value_info

    shape = ["batch", scores.type.tensor_type.shape.dim[1].dim_value]
    return make_graph(
        [make_node("Softmax", ["scores"], [PROBABILITIES], axis=1)],
        "softmax",
        [make_tensor_value_info("scores", TensorProto.FLOAT, shape)],
        [make_tensor_value_info(PROBABILITIES, TensorProto.FLOAT, shape)],
    )


def _made(graph: Any, opset: int, ir_version: int) -> Any:  # noqa: ANN401
    from onnx.helper import make_model, make_opsetid

    return make_model(graph, opset_imports=[make_opsetid("", opset)], ir_version=ir_version)


def describe(model: Any, shipment: Shipment) -> None:  # noqa: ANN401
    """Put the class names, the card and where it comes from into the file's metadata."""
    from onnx.helper import set_model_props

    from kdstudio import __version__

    card: NetworkCard = shipment.card
    model.producer_name, model.producer_version = "KD Studio", __version__
    model.graph.name = shipment.name
    model.doc_string = shipment.about
    properties = {
        "class_names": "\n".join(card.class_names),
        "mean": " ".join(map(repr, card.mean)),
        "std": " ".join(map(repr, card.std)),
        "card": card.model_dump_json(exclude_none=True),
    }
    set_model_props(model, properties)


def save(model: Any, path: Path) -> None:  # noqa: ANN401
    """Write one file. Raises KDStudioError for a network that is too large for one."""
    size = model.ByteSize()
    if size >= LARGEST:
        raise KDStudioError(
            f"it takes {size / 2**30:.1f} GiB, and an ONNX file holds less than 2; choose another format"
        )
    path.write_bytes(model.SerializeToString())


def open_session(path: Path, threads: int) -> Answer:
    """Load a file with onnxruntime, on the CPU."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    (fed,) = session.get_inputs()

    def answer(images: np.ndarray) -> np.ndarray:
        found: np.ndarray = session.run(None, {fed.name: images})[0]
        return found

    return answer
