"""What a run has of its machine: of several workers a part of the cores, and a GPU; the same on a cluster."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from functools import cache
from typing import NamedTuple

from kdstudio.errors import KDStudioError

OMP, CUDA = "OMP_NUM_THREADS", "CUDA_VISIBLE_DEVICES"
"""Variables by which machines are shared out anywhere; the engine and torch go by them."""


@cache
def _own_cores() -> int:
    """Return the cores that this process had before it shared them."""
    from kdstudio.engine.device import usable_cores

    return usable_cores()


def use_cores(workers: int) -> None:
    """Let the next run have the share of one of so many workers."""
    os.environ[OMP] = str(max(_own_cores() // workers, 1))


def use_gpu(place: int) -> None:
    """See the GPU of this place alone, where there are several; before anything is computed on one.

    The first place sees them all, and uses the first unless a run names another.
    """
    import torch

    count = torch.cuda.device_count()
    if place and count > 1:
        seen = os.environ.get(CUDA) or ",".join(map(str, range(count)))
        os.environ[CUDA] = seen.split(",")[place % count]


Resources = Mapping[str, float]
"""What one node of a cluster has, by Ray's names: ``CPU``, ``GPU`` and others."""


class Share(NamedTuple):
    """What each run has of a node."""

    cpus: int
    gpus: float
    """Below 1 where several share one."""


def usual_share(nodes: Sequence[Resources]) -> Share:
    """Return a GPU and its part of the node's cores where there are GPUs, else one core."""
    parts = [node["CPU"] // node["GPU"] for node in nodes if node.get("GPU", 0) >= 1 and "CPU" in node]
    return Share(max(int(min(parts)), 1), 1.0) if parts else Share(1, 0.0)


def room(nodes: Sequence[Resources], share: Share) -> int:
    """Return how many runs find room at once; KDStudioError where no node has room for one."""
    found = sum(_fits(node, share) for node in nodes)
    if nodes and not found:
        most = [f"{node.get('CPU', 0):g} CPUs and {node.get('GPU', 0):g} GPUs" for node in nodes]
        raise KDStudioError(
            f"no node has room for a run with {share.cpus} CPUs and {share.gpus:g} GPUs: they have "
            f"{'; '.join(dict.fromkeys(most))}. Give less by --cpus-per-run and --gpus-per-run"
        )
    return found


def _fits(node: Resources, share: Share) -> int:
    parts = [node.get("CPU", 0) // share.cpus]
    if share.gpus:
        parts.append(node.get("GPU", 0) // share.gpus)
    return int(min(parts))
