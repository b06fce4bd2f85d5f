"""Modules that answer in eager PyTorch."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kdstudio.runs.formats.declaration import Answer

if TYPE_CHECKING:
    import numpy as np
    from torch import nn


def answering(module: nn.Module, threads: int) -> Answer:
    """Return the answers of ``module``, on ``threads`` threads of the whole process."""
    import torch

    torch.set_num_threads(threads)

    def answer(images: np.ndarray) -> np.ndarray:
        with torch.inference_mode():
            logits: np.ndarray = module(torch.from_numpy(images)).numpy()
            return logits

    return answer
