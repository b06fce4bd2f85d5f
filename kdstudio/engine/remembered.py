"""Never compute a frozen network's answer twice: what a stage reads of it, block by block and view by view.

Kernels round a row otherwise in another place of the batch, or in a batch of another size. So answers are
computed in one way alone: all samples of a block (see :mod:`kdstudio.data.feed`) in one view, in one forward
pass. They are then the same bits whoever asks, and whatever was asked before.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Self

import psutil
import torch
from torch import Tensor

from kdstudio.data.feed import BLOCK, Batch, Feed
from kdstudio.eager import flop_counter
from kdstudio.engine.answers import Answers, Place, Table, key_of
from kdstudio.engine.network import Network
from kdstudio.engine.stage import Stage
from kdstudio.engine.stage_run import StageRun
from kdstudio.engine.terms import IMAGES
from kdstudio.processes import ALONE, Processes

SHARE_OF_MEMORY = 1 / 8
"""Share of all memory, free or not, for remembered answers: the same machine, the same bits."""
STORED_FROM = 1e10
"""Floating-point operations of one pass over the images from which on answers are kept beyond the run: about
a quarter of a second on two cores. Below, a file costs more than it saves."""

AT_ONCE = 32
"""Blocks of a table that are read, or kept, together: so many answers may be lost where the run is killed."""


class RememberedNetwork(Network):
    """Stands for a frozen network that has answered about every sample of a feed, in the views of an epoch.

    In eval mode other images are looked at, and the network itself answers.
    """

    def __init__(
        self,
        network: Network,
        outputs: Collection[str],
        feed: Feed,
        answers: Answers,
        precision: str = "float32",
        processes: Processes = ALONE,
    ) -> None:
        """``outputs`` are those that will be asked for; ``fill`` comes before the first step of an epoch.

        The network computes in ``precision``, that of the steps; answers are kept as computed. Each of
        several ``processes`` has the answers of all, and finds or computes a share of them.
        """
        super().__init__(network.name, network.module, network.taps, network.architecture)
        self.freeze()
        self._looks_up = True
        self._processes = processes
        self._feed = feed
        self._answers = answers
        self._device = feed.part.labels.device
        self._autocast = torch.autocast(
            self._device.type, dtype=torch.bfloat16, enabled=precision == "bfloat16"
        )
        self._tables = self._made_tables(sorted(outputs), precision)
        self._epoch: dict[str, Tensor] = {}
        """What is known of all samples in the views of the epoch, block behind block, by output."""
        self._views: dict[int, int] = {}
        """The view that each block there is of."""

    def _made_tables(self, outputs: Collection[str], precision: str) -> dict[str, Table]:
        batch = next(self._feed.in_blocks({0: 0}))
        with torch.no_grad(), flop_counter() as counter:
            super().forward(batch.first(1), outputs)
        resident = isinstance(self._feed.part.images, Tensor)
        is_stored = resident and counter.get_total_flops() * len(self._feed) >= STORED_FROM
        made = {}
        for output, probe in self._ask(batch, outputs).items():
            about = {
                "network": self.name,
                "architecture": self.architecture,
                "output": output,
                "data": self._answers.data,
                "images": f"{len(self._feed)}",
                "views": f"{self._feed.augmentation.views}",
                "precision": precision,
            }
            key, rows = key_of(self.module, self._feed, precision, probe), tuple(probe.shape[1:])
            made[output] = Table(key, rows, probe.dtype, about, is_stored)
        return made

    @torch.no_grad()
    def _ask(self, batch: Batch, outputs: Collection[str]) -> dict[str, Tensor]:
        """Compute the one way in which a block is answered."""
        with self._autocast:
            return super().forward(batch, outputs)

    @property
    def room(self) -> int:
        """Bytes that the answers of an epoch take."""
        return len(self._feed) * sum(table.row_bytes for table in self._tables.values())

    def train(self, mode: bool = True) -> Self:
        """Follow the stage's mode; the network stays in eval mode."""
        self._looks_up = mode
        return super().train(mode)

    def forward(self, batch: Batch, wanted: Collection[str]) -> dict[str, Tensor]:
        """Look the answers up while the stage is in training."""
        if not self._looks_up:
            return super().forward(batch, wanted)
        rows = self._feed.places[batch.index]
        return {output: self._epoch[output][rows] for output in wanted}

    def fill(self, epoch: int) -> Iterator[float]:
        """Make ready for training epoch ``epoch`` (from 0): look up what is known, and compute the rest.

        Yields the fraction done after each block that is computed.
        """
        views = dict(enumerate(self._feed.views_in(epoch).tolist()))
        changed = {block: view for block, view in views.items() if self._views.get(block) != view}
        shares = self._processes.share(len(changed)).divided([*changed])
        unknown = self._look_up({block: changed[block] for block in shares[self._processes.rank]})
        rounds = self._processes.largest_number(len(unknown))
        computed: list[Place] = []
        try:
            batches = self._feed.in_blocks(unknown)
            for number in range(1, rounds + 1):
                if batch := next(batches, None):
                    view, block = place = int(batch.view[0]), int(self._feed.places[batch.index[0]]) // BLOCK
                    self._put(block, self._ask(batch, self._tables))
                    self._views[block] = view
                    computed.append(place)
                    if len(computed) == AT_ONCE:
                        self._keep(computed)
                yield number / rounds
        finally:  # also what was computed before somebody stopped the run
            self._keep(computed)
        self._exchange(changed, shares)

    def _exchange(self, changed: Mapping[int, int], shares: Sequence[Sequence[int]]) -> None:
        """Let every process have what each has found or computed."""
        if self._processes.count == 1 or not changed:
            return
        self._make_room()
        for rank, blocks in enumerate(shares):
            for output in self._tables:
                self._processes.same((self._block(output, block) for block in blocks), source=rank)
        self._views |= changed

    def _keep(self, computed: list[Place]) -> None:
        """Keep what has been computed, for good, and count from there."""
        for output, table in self._tables.items():
            self._answers.keep(table, {place: self._block(output, place[1]) for place in computed})
        computed.clear()

    def _look_up(self, wanted: Mapping[int, int]) -> dict[int, int]:
        """Put the known blocks of ``wanted`` (view by block) in their places; return the others."""
        unknown = dict(wanted)
        all_places = [(view, block) for block, view in wanted.items()]
        for start in range(0, len(all_places), AT_ONCE):
            places = all_places[start : start + AT_ONCE]
            found = {o: self._answers.find(table, places, self._device) for o, table in self._tables.items()}
            for view, block in places:
                if all((view, block) in blocks for blocks in found.values()):
                    self._put(block, {output: blocks[view, block] for output, blocks in found.items()})
                    self._views[block] = view
                    del unknown[block]
        return unknown

    def _block(self, output: str, block: int) -> Tensor:
        return self._epoch[output][block * BLOCK : (block + 1) * BLOCK]

    def _put(self, block: int, values: Mapping[str, Tensor]) -> None:
        self._make_room()
        for output, value in values.items():
            self._block(output, block).copy_(value)

    def _make_room(self) -> None:
        if not self._epoch:
            self._epoch = {
                output: torch.empty(len(self._feed), *table.rows, dtype=table.dtype, device=self._device)
                for output, table in self._tables.items()
            }


def remembered(
    run: StageRun, feed: Feed, answers: Answers, processes: Processes = ALONE
) -> list[RememberedNetwork]:
    """Make stand-ins for the frozen networks of a stage, where an epoch's answers fit into memory.

    Blocks in ``answers`` may take what is left of it. Streamed images are decoded anew to be asked about:
    there it must save work, so that the stage has more epochs than the ``feed`` has views.
    """
    rare = not isinstance(feed.part.images, Tensor) and feed.views >= run.stage.training_spec.epochs
    found, left = [], processes.agreed(int(SHARE_OF_MEMORY * memory(feed.part.labels.device, processes)))
    for name, outputs in {} if rare or feed.is_mixed else outputs_read(run.stage):
        network = run.stage.networks[name]
        stand_in = RememberedNetwork(network, outputs, feed, answers, run.precision, processes)
        if stand_in.room <= left:
            left -= stand_in.room
            found.append(stand_in)
    answers.give_room(left)
    return found


def outputs_read(stage: Stage) -> Iterator[tuple[str, list[str]]]:
    """Yield the frozen networks that do not change in ``stage``, with the outputs that it reads of them."""
    read = {address for term in stage.terms for address in term.reads}
    behind = {name for address in read for name in stage.behind(address)}
    read |= {address for name, head in stage.heads.items() if name in behind for address in head.inputs}
    if IMAGES in read:
        return
    for name, network in stage.networks.items():
        outputs = [address.partition(".")[2] for address in read if address.partition(".")[0] == name]
        weights = dict(network.module.named_parameters())
        if network.frozen and name not in stage.changes and outputs and not weights.keys() & set(outputs):
            yield name, outputs


def memory(device: torch.device, processes: Processes = ALONE) -> float:
    """Bytes that there are where ``device`` computes, for each of the ``processes`` on this machine."""
    if device.type == "cuda":
        return int(torch.cuda.mem_get_info(device)[1])
    return int(psutil.virtual_memory().total) / processes.on_this_machine
