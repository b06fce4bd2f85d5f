"""Several processes train one run: who they are, by the environment, and what those after the first one do.

The first process has the run folder, the terminal and the wishes; the others have what it tells them.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING

from kdstudio.engine.events import RunDone
from kdstudio.errors import KDStudioError
from kdstudio.runs.control import Wish, strongest
from kdstudio.runs.failure import failure
from kdstudio.runs.preparing import prepared_beside

if TYPE_CHECKING:
    from kdstudio.processes import Processes

PLACE = ("MASTER_ADDR", "MASTER_PORT")


def from_environment(environment: Mapping[str, str] = os.environ) -> Processes | None:
    """Join the other processes of the run, as torchrun and other launchers tell; None where there is one.

    They say so by ``RANK``, ``WORLD_SIZE``, ``LOCAL_RANK``, ``MASTER_ADDR`` and ``MASTER_PORT``. Raises
    KDStudioError where that cannot be, or the others are not found.
    """
    count = _number(environment, "WORLD_SIZE", "1", least=1)
    if count == 1:
        return None
    rank = _number(environment, "RANK", "", least=0)
    if rank >= count:
        raise KDStudioError(f"RANK is {rank}, but WORLD_SIZE {count}; ranks go from 0 to {count - 1}")
    local_rank = _number(environment, "LOCAL_RANK", "0", least=0)
    if missing := [name for name in PLACE if not environment.get(name)]:
        raise KDStudioError(
            f"WORLD_SIZE is {count}, but {missing[0]} is not set; start the run with torchrun, or tell each "
            "process where the one of rank 0 is"
        )
    from kdstudio.processes import join

    return join(rank, count, local_rank)


def _number(environment: Mapping[str, str], name: str, default: str, *, least: int) -> int:
    given = environment.get(name) or default
    if not given.isdecimal() or int(given) < least:
        what = f"{name} is '{given}'" if given else f"{name} is not set"
        raise KDStudioError(f"{what}; it must be a whole number from {least} on, as torchrun sets it")
    return int(given)


@contextmanager
def taking_part() -> Iterator[Processes | None]:
    """Be one of the processes that the environment tells of; the others hear what ends this one."""
    processes = from_environment()
    if processes is None:
        yield None
        return
    try:
        yield processes
    except BaseException as error:
        processes.leave(failure(error).message)
        raise
    processes.leave()


def train_beside(processes: Processes, stopping: Callable[[], bool]) -> None:
    """Train the run that the first process has, to its end, or until it is stopped.

    Where ``stopping`` tells so, all are stopped. Raises whatever fails here.
    """
    trainer = prepared_beside(processes)
    for event in trainer.events():
        if isinstance(event, RunDone):
            return
        wish: Wish = "pause"
        while wish == "pause":
            wish = strongest("stop" if stopping() else "go on", processes)
        if wish == "stop":
            return
