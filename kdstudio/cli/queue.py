"""``kdstudio queue``: put runs in line, and work them off; the window has the same queue."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import click

from kdstudio.cli import tables
from kdstudio.cli.display import Display, console
from kdstudio.cli.interruption import Interruption, interruption
from kdstudio.cli.options import (
    Chosen,
    code_flag,
    experiment_options,
    json_flag,
    prints_aside,
    quiet_flag,
    runs_dir,
)
from kdstudio.cli.queue_cluster import run_on_cluster
from kdstudio.cli.queue_workers import (
    PAUSED,
    end_code,
    nothing_waits,
    take_up,
    tell_end,
    work_off_together,
)
from kdstudio.errors import KDStudioError
from kdstudio.runs.folder import RunFolder
from kdstudio.runs.log import RunFollower
from kdstudio.runs.queue.entry import Entry, EntryState, spoken_state
from kdstudio.runs.queue.queue import Queue, most_workers
from kdstudio.runs.queue.spreading import spread
from kdstudio.runs.queue.workers import Workers
from kdstudio.runs.queue.working import Work

keys_argument = click.argument("keys", metavar="KEY…", nargs=-1, required=True)


@click.group()
def queue() -> None:
    """Runs that wait their turn; keys may be shortened."""


@queue.command()
@experiment_options
@runs_dir
@click.option("--name", default="", help="Name of the run folder (default: time and experiment).")
@click.option(
    "--spread",
    "is_spread",
    is_flag=True,
    help="Make a run of each seed and setting, instead of one that has them all, so that several workers can "
    "share them; names of their folders are numbered.",
)
@code_flag
def add(
    chosen: Chosen,
    runs: Path,
    name: str,
    is_spread: bool,
    allow_code: bool,
) -> None:
    """Put an experiment at the end of the line; prints its key, with --spread that of each part."""
    line, experiment = Queue(runs), chosen.load()
    if not is_spread:
        click.echo(line.add(experiment, folder_name=name, allow_code=allow_code).key)
        return
    for number, part in enumerate(spread(experiment), start=1):
        own = f"{name}-{number}" if name else ""
        click.echo(line.add(part, folder_name=own, allow_code=allow_code).key)


@queue.command("list")
@runs_dir
@json_flag
def list_(runs: Path, as_json: bool) -> None:
    """List what waits, runs, or has been run, in order; files that are no entries are told on stderr."""
    line = Queue(runs)
    entries = line.entries()
    for file, reason in line.folder.skipped.items():
        click.echo(f"note: {file} is no entry of the queue: {reason}", err=True)
    if as_json:
        click.echo(json.dumps([entry.model_dump(mode="json") for entry in entries], indent=2))
    elif entries:
        console(stderr=False).print(tables.table([_as_row(entry) for entry in entries]))
    else:
        click.echo(nothing_waits(line))
    if line.is_held and not as_json:
        click.echo(PAUSED)


def _as_row(entry: Entry) -> dict[str, object]:
    return {
        "key": entry.key,
        "run": entry.run or entry.name,
        "what": entry.what,
        "state": spoken_state(entry),
        "why": entry.message,
    }


@queue.command()
@click.argument("key")
@click.argument("by", type=int)
@runs_dir
def move(key: str, by: int, runs: Path) -> None:
    """Move what waits BY places further back; to the front with a negative number, after '--'."""
    line = Queue(runs)
    line.move(_chosen(line, (key,), "moved", lambda entry: entry.state == "waiting"), by)


@queue.command()
@keys_argument
@runs_dir
def cancel(keys: tuple[str, ...], runs: Path) -> None:
    """Take entries out of the line; what runs is stopped with a checkpoint."""
    line = Queue(runs)
    line.cancel(_chosen(line, keys, "cancelled", lambda entry: entry.can_be_cancelled))


@queue.command()
@keys_argument
@runs_dir
@code_flag
def retry(keys: tuple[str, ...], runs: Path, allow_code: bool) -> None:
    """Put entries in line again, at the place that they had; what has begun goes on where it stood."""
    line = Queue(runs)
    line.retry(_chosen(line, keys, "put in line again", lambda entry: entry.can_go_on), allow_code=allow_code)


@queue.command()
@keys_argument
@runs_dir
@code_flag
def duplicate(keys: tuple[str, ...], runs: Path, allow_code: bool) -> None:
    """Put the same experiments in line once more."""
    line = Queue(runs)
    line.duplicate(_chosen(line, keys, "duplicated"), allow_code=allow_code)


@queue.command()
@keys_argument
@runs_dir
def remove(keys: tuple[str, ...], runs: Path) -> None:
    """Forget entries that do not run; runs stay where they are."""
    line = Queue(runs)
    line.remove(_chosen(line, keys, "removed", lambda entry: entry.state != "running"))


@queue.command()
@runs_dir
def pause(runs: Path) -> None:
    """Let nothing more begin; what runs goes on to its end."""
    Queue(runs).hold(held=True)


@queue.command()
@runs_dir
def unpause(runs: Path) -> None:
    """Let what waits begin again."""
    Queue(runs).hold(held=False)


def _chosen(
    line: Queue, keys: tuple[str, ...], done: str, can_be: Callable[[Entry], bool] = lambda _: True
) -> list[str]:
    """Return the keys, in full, of what can be ``done`` so; of the rest it is told that nothing happens."""
    entries = [line.entry(key) for key in keys]
    for entry in entries:
        if not can_be(entry):
            click.echo(f"note: {entry.key} is {spoken_state(entry)}, so it is not {done}", err=True)
    return [entry.key for entry in entries if can_be(entry)]


@queue.command()
@runs_dir
@click.option(
    "--workers",
    type=click.IntRange(1, most_workers()),
    help="How many runs go on at once, from now on, each in a process with its share of the cores, or a GPU "
    "of its own (default: as the queue is set; at first one).",
)
@click.option(
    "--ray",
    "address",
    metavar="ADDRESS",
    help="Run on the nodes of a Ray cluster: HOST:PORT, ray://HOST:PORT, auto (on a node of it), or local "
    "(one of this machine alone, for the time being). As many runs go on at once as it has room for.",
)
@click.option(
    "--cpus-per-run", "cpus", type=click.IntRange(1),
    help="With --ray: cores of each run (default: one, or a GPU's part of its node's).",
)  # fmt: skip
@click.option(
    "--gpus-per-run", "gpus", type=click.FloatRange(0),
    help="With --ray: GPUs of each run, 0.5 for two on one (default: one where there are any).",
)  # fmt: skip
@quiet_flag
@code_flag
def run(
    runs: Path,
    workers: int | None,
    address: str | None,
    cpus: int | None,
    gpus: float | None,
    quiet: bool,
    allow_code: bool,
) -> int:
    """Run all that waits, or was left in mid-run; Ctrl+C stops with checkpoints. Prints the run folders."""
    line = Queue(runs)
    if address is not None:
        if workers:
            raise KDStudioError("--workers is of this machine; --ray has as many runs at once as find room")
        return run_on_cluster(line, address, cpus, gpus, quiet=quiet, allow_code=allow_code)
    if cpus or gpus is not None:
        raise KDStudioError("--cpus-per-run and --gpus-per-run are of a Ray cluster; give --ray as well")
    if workers:
        line.want_workers(workers)
    place = line.take_place()
    if place is None:
        raise KDStudioError(f"another process works this queue off already{line.told_running()}")
    with interruption() as interrupted:
        try:
            take_up(line)
            if line.workers == 1:
                states = _work_off(line, interrupted, quiet=quiet, allow_code=allow_code)
            else:
                place.lock.release()  # for one of the workers
                states = work_off_together(
                    line, Workers(line), interrupted, quiet=quiet, allow_code=allow_code
                )
        finally:
            place.lock.release()
    return end_code(states, interrupted)


def _work_off(line: Queue, interrupted: Interruption, *, quiet: bool, allow_code: bool) -> list[EntryState]:
    """Take one after the other; returns what they have come to."""
    states: list[EntryState] = []
    while not interrupted and (taken := line.take()):
        display = Display(console(quiet=quiet), interrupted)
        followers: list[RunFollower] = []

        def show(folder: RunFolder, display: Display = display, known: list[RunFollower] = followers) -> None:
            if not known:
                known.append(RunFollower(folder))
            display.show(known[0].poll(), known[0].state)

        work = Work(
            line, lambda: bool(interrupted), allow_code=allow_code, prepares=display.prepare, runs=show
        )
        with display.live(), prints_aside():
            entry = work.carry_out(taken)
        states.append(entry.state)
        tell_end(line, entry)
    return states
