"""Runs of several processes, on this machine, and what they leave."""

import os
import pickle
import socket
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import torch

from kdstudio.engine.context import RunContext
from kdstudio.engine.experiment import Experiment
from kdstudio.engine.trainer import Trainer
from kdstudio.processes import join
from tests.small import CPU, States, digits, follow, refuse_weights

ROOT = Path(__file__).parents[1]


def environments(count: int) -> list[dict[str, str]]:
    """What a launcher tells each of ``count`` processes."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    place = {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port), "OMP_NUM_THREADS": "1"}
    ranks = ({"RANK": str(rank), "LOCAL_RANK": str(rank), "WORLD_SIZE": str(count)} for rank in range(count))
    return [{**os.environ, **place, **rank, "PYTHONPATH": str(ROOT)} for rank in ranks]


def started(count: int, *arguments: str, **options: object) -> list[subprocess.Popen[str]]:
    """Start ``python ARGUMENTS`` as ``count`` processes; whoever asks waits for their end."""
    return [
        subprocess.Popen([sys.executable, *arguments], env=environment, text=True, cwd=ROOT, **options)  # type: ignore[call-overload]
        for environment in environments(count)
    ]


def trained_by(count: int, experiments: Mapping[str, Experiment], folder: Path) -> dict[str, States]:
    """The last weights of all that ``count`` processes have trained, by the experiment's name."""
    wanted, found = folder / "experiments", folder / "states"
    wanted.write_bytes(pickle.dumps(dict(experiments)))
    processes = started(count, "-m", "tests.several", str(wanted), str(found))
    assert [process.wait() for process in processes] == [0] * count
    return torch.load(found, weights_only=True)


def main(wanted: Path, found: Path) -> None:
    """Be one of the processes."""
    torch.set_num_threads(1)
    rank, count = int(os.environ["RANK"]), int(os.environ["WORLD_SIZE"])
    processes, states = join(rank, count, rank), {}
    for name, experiment in pickle.loads(wanted.read_bytes()).items():
        context = RunContext(experiment, digits(), CPU, refuse_weights, processes=processes)
        _events, states[name] = follow(Trainer(context))
    if not rank:
        torch.save(states, found)
    processes.leave()


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
