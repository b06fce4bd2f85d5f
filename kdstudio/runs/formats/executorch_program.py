"""Graphs of ``torch.export`` as programs of ExecuTorch: lowered to XNNPACK, and run."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from kdstudio.errors import KDStudioError
from kdstudio.runs.formats.declaration import Answer

if TYPE_CHECKING:
    import numpy as np
    from torch.export import ExportedProgram

PACKAGES = ("executorch", "torchao")


def save(program: ExportedProgram, path: Path) -> None:
    """Write ``program`` as a ``.pte``; what XNNPACK knows runs there, the rest in portable kernels.

    Raises what ExecuTorch raises for an operation that it does not know.
    """
    from executorch.backends.xnnpack.partition.xnnpack_partitioner import XnnpackPartitioner
    from executorch.exir import to_edge_transform_and_lower

    lowered = to_edge_transform_and_lower(program, partitioner=[XnnpackPartitioner()])
    path.write_bytes(lowered.to_executorch().buffer)


def open_program(path: Path, threads: int) -> Answer:
    """Load a ``.pte``; XNNPACK runs on ``threads`` threads of the whole process.

    The largest batch is run once: in ExecuTorch 1.5 an int8 program with squeeze-and-excitation
    (torchvision's MobileNet V3) answers wrongly where a batch is larger than all before it. Raises
    KDStudioError where the program does not take a batch of some size.
    """
    import numpy as np
    import torch
    from executorch.extension.pybindings.portable_lib import _unsafe_reset_threadpool
    from executorch.runtime import Runtime

    _unsafe_reset_threadpool(threads)
    program = Runtime.get().load_program(path)
    method = program.load_method("forward")

    def answer(images: np.ndarray) -> np.ndarray:
        try:
            logits: np.ndarray = method.execute([torch.from_numpy(images)])[0].numpy().copy()
        except RuntimeError as error:
            raise KDStudioError(
                f"ExecuTorch does not run {len(images)} images at once ({error}): some operation of the "
                "network has a fixed batch size there"
            ) from error
        return logits

    largest = method.metadata.input_tensor_meta(0).sizes()
    answer(np.zeros(largest, np.float32))
    return answer
