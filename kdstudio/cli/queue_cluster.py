"""``kdstudio queue run --ray``: the queue's runs on the nodes of a Ray cluster."""

from __future__ import annotations

from kdstudio.cli.interruption import interruption
from kdstudio.cli.options import complain
from kdstudio.cli.queue_workers import end_code, take_up, work_off_together
from kdstudio.runs.queue.cluster.joining import joined
from kdstudio.runs.queue.queue import Queue


def run_on_cluster(
    line: Queue, address: str, cpus: int | None, gpus: float | None, *, quiet: bool, allow_code: bool
) -> int:
    """Run all that waits; returns the exit code. ``cpus`` and ``gpus`` are of each run, if told."""
    from kdstudio.runs.queue.cluster.scheduling import ClusterWorkers

    with line.all_places() as lock, joined(address) as ray:
        workers = ClusterWorkers(line, ray, lock, cpus, gpus)
        with interruption() as interrupted:
            take_up(line)
            states = work_off_together(line, workers, interrupted, quiet=quiet, allow_code=allow_code)
        if workers.unseen:
            machines = ", ".join(sorted(workers.unseen))
            complain(f"{machines} did not share {line.runs}: what ran there was brought to it")
        return end_code(states, interrupted)
