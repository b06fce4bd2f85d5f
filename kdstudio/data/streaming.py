"""Images that do not fit into memory: decoded from their files by worker processes, in order."""

from __future__ import annotations

import pickle
import signal
from collections.abc import Iterator, Sequence
from typing import Protocol

import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

WORKERS = 2
AHEAD = 4
"""Batches that each worker decodes ahead of time."""


class Decode(Protocol):
    """Decodes one image; it travels to the workers, so it must be picklable."""

    def __call__(self, index: int) -> Tensor:
        """Return image number ``index`` as uint8 ``(C, H, W)``."""


class StreamedImages:
    """Stands for a uint8 tensor ``(N, C, H, W)`` whose rows are decoded when they are asked for."""

    def __init__(self, decode: Decode, index: Tensor, image: tuple[int, int, int]) -> None:
        """``index`` ``(N,)`` are the numbers that ``decode`` takes; ``image`` is (C, H, W)."""
        self._decode = decode
        self._index = index.cpu()
        self._image = image
        self._loader: DataLoader[Tensor] | None = None
        self._order = Batches()

    @property
    def shape(self) -> torch.Size:
        """``(N, C, H, W)``."""
        return torch.Size((len(self._index), *self._image))

    def __len__(self) -> int:
        """Count the images."""
        return len(self._index)

    def subset(self, index: Tensor) -> StreamedImages:
        """Return the images at ``index`` as a stream of their own."""
        return StreamedImages(self._decode, self._index[index.cpu()], self._image)

    def identity(self) -> bytes:
        """Tell these images from others within one run: what decodes them, and which they are."""
        return pickle.dumps((self._decode, self._index.tolist()))

    def __getitem__(self, index: Tensor) -> Tensor:
        """Decode a few images here and now."""
        return torch.stack([self._decode(int(self._index[i])) for i in index.cpu()])

    def stream(self, indices: Sequence[Tensor]) -> Iterator[Tensor]:
        """Yield the images of each of ``indices`` in turn, decoded ahead by the workers."""
        self._order.batches = [self._index[index.cpu()].tolist() for index in indices]
        if self._loader is None:
            self._loader = DataLoader(
                Files(self._decode),
                batch_sampler=self._order,
                num_workers=WORKERS,
                prefetch_factor=AHEAD,
                persistent_workers=True,
                multiprocessing_context="spawn",  # a fork of a process with a window may hang
                collate_fn=torch.stack,
                worker_init_fn=leave_the_terminal,
            )
        return iter(self._loader)


def leave_the_terminal(_worker: int) -> None:
    """Go on at its Ctrl+C, or its end, which every process there hears: the run stops in peace, then this."""
    for name in ("SIGINT", "SIGHUP"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), signal.SIG_IGN)


class Batches:
    """The batches of the coming epoch, as lists of numbers."""

    def __init__(self) -> None:
        """None yet."""
        self.batches: list[list[int]] = []

    def __iter__(self) -> Iterator[list[int]]:
        """Go through them."""
        return iter(self.batches)

    def __len__(self) -> int:
        """Count them."""
        return len(self.batches)


class Files(Dataset[Tensor]):
    """What a worker sees: numbers in, decoded images out."""

    def __init__(self, decode: Decode) -> None:
        """``decode`` is copied to every worker."""
        self._decode = decode

    def __getitem__(self, index: int) -> Tensor:
        """Decode one image."""
        return self._decode(index)
