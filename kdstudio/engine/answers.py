"""What frozen networks have said of the blocks of a feed, found again by all that it depends on."""

from __future__ import annotations

import hashlib
import json
from collections import OrderedDict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

import torch
from torch import Tensor, nn

from kdstudio.data.feed import BLOCK, Feed

FORMAT = "answers-1"

Place = tuple[int, int]
"""Number of a view, number of a block."""


class AnswerStore(Protocol):
    """Keeps blocks beyond the run, as bytes; it raises nothing: what it cannot keep is computed again."""

    def read(self, key: str, places: Collection[Place]) -> dict[Place, bytes]:
        """Return those of ``places`` that the table ``key`` has."""

    def write(self, key: str, about: Mapping[str, str], blocks: Iterable[tuple[Place, bytes]]) -> None:
        """Add ``blocks`` to the table ``key``; ``about`` tells people what it holds."""

    def complaints(self) -> list[str]:
        """Return what went wrong since the last call, each a sentence for people."""


@dataclass(frozen=True)
class Table:
    """All that a network says at one of its outputs, block by block and view by view."""

    key: str
    """A digest of all that the answers depend on."""
    rows: tuple[int, ...]
    """Shape of one image's answer."""
    dtype: torch.dtype
    about: Mapping[str, str] = field(compare=False)
    is_stored: bool = False
    """Whether it is worth a place beyond the run."""

    @property
    def row_bytes(self) -> int:
        """Size of one image's answer."""
        return torch.Size(self.rows).numel() * self.dtype.itemsize

    def tensor(self, block: bytes) -> Tensor:
        """Read a block, ``(up to 128, *rows)``."""
        return torch.frombuffer(bytearray(block), dtype=self.dtype).view(-1, *self.rows)


class Answers:
    """Blocks of answers, in memory as far as there is room, and in a store; one for a whole run.

    A block is a function of what its table's key is made of: it does not matter whether it is found in
    memory, in the store, or computed again.
    """

    def __init__(self, store: AnswerStore | None = None, data: str = "") -> None:
        """``data`` tells people what the images are."""
        self.data = data
        self._store = store
        self._room = 0
        self._used = 0
        self._blocks: OrderedDict[tuple[str, Place], Tensor] = OrderedDict()
        """The block used longest ago comes first."""

    def give_room(self, room: int) -> None:
        """Say how many bytes of memory the blocks may take."""
        self._room = room
        self._shrink()

    def _shrink(self) -> None:
        while self._used > self._room:
            _place, block = self._blocks.popitem(last=False)
            self._used -= block.nbytes

    def find(self, table: Table, places: Collection[Place], device: torch.device) -> dict[Place, Tensor]:
        """Return the blocks at ``places`` that are known, on ``device``."""
        found: dict[Place, Tensor] = {}
        for place in places:
            if (table.key, place) in self._blocks:
                self._blocks.move_to_end((table.key, place))
                found[place] = self._blocks[table.key, place]
        if self._store and table.is_stored and (missing := [place for place in places if place not in found]):
            for place, block in self._store.read(table.key, missing).items():
                found[place] = table.tensor(block).to(device)
                self._remember(table, place, found[place])
        return found

    def keep(self, table: Table, blocks: Mapping[Place, Tensor]) -> None:
        """Keep ``blocks`` just computed; they may be overwritten afterwards."""
        for place, block in blocks.items():
            self._remember(table, place, block.clone())
        if self._store and table.is_stored and blocks:
            as_bytes = ((place, bytes_of(block)) for place, block in blocks.items())
            self._store.write(table.key, table.about, as_bytes)

    def _remember(self, table: Table, place: Place, block: Tensor) -> None:
        if (table.key, place) not in self._blocks:
            self._blocks[table.key, place] = block
            self._used += block.nbytes
            self._shrink()

    def complaints(self) -> list[str]:
        """Return what the store could not do since the last call."""
        return self._store.complaints() if self._store else []


def bytes_of(tensor: Tensor) -> bytes:
    """Return the numbers of ``tensor`` as they lie in memory."""
    return tensor.detach().cpu().contiguous().flatten().view(torch.uint8).numpy().tobytes()


def key_of(module: nn.Module, feed: Feed, precision: str, probe: Tensor) -> str:
    """Digest of all that the answers of ``module`` to ``feed`` depend on, at the output that gives ``probe``.

    These are the weights, the layers, the images and their augmentation, the precision, and what computes.
    ``probe`` is the answer to a block: it tells apart outputs, code and machines that nothing else does.
    """
    device = feed.part.labels.device
    made_of = {
        "format": FORMAT,
        "block": BLOCK,
        "layers": repr(module),
        "augmentation": feed.augmentation.model_dump_json(),
        "normalisation": [feed.data.mean, feed.data.std],
        "precision": precision,
        "device": torch.cuda.get_device_name(device) if device.type == "cuda" else device.type,
        "threads": torch.get_num_threads(),
        "torch": torch.__version__,
        "processor": torch.backends.cpu.get_cpu_capability(),
    }
    digest = hashlib.sha256(json.dumps(made_of).encode())
    for name, value in (*module.state_dict().items(), ("images", feed.part.images), ("probe", probe)):
        content = bytes_of(value) if isinstance(value, Tensor) else value.identity()
        shape, dtype = tuple(value.shape), getattr(value, "dtype", "files")
        digest.update(f"\0{name} {shape} {dtype} {len(content)}\0".encode())
        digest.update(content)
    return digest.hexdigest()[:32]
