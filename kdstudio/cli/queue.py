"""``kdstudio queue``: put runs in line, and work them off; the window has the same queue."""

from __future__ import annotations

import json
from pathlib import Path

import click
from filelock import Timeout

from kdstudio.cli import tables
from kdstudio.cli.display import Display, console
from kdstudio.cli.options import (
    Chosen,
    code_flag,
    complain,
    experiment_options,
    json_flag,
    quiet_flag,
    runs_dir,
)
from kdstudio.cli.running import INTERRUPTED, interruption
from kdstudio.errors import KDStudioError
from kdstudio.runs.folder import PATIENCE, RunFolder
from kdstudio.runs.log import RunFollower
from kdstudio.runs.queue.entry import Entry
from kdstudio.runs.queue.queue import Queue
from kdstudio.runs.queue.working import Work

keys_argument = click.argument("keys", metavar="KEY…", nargs=-1, required=True)


@click.group()
def queue() -> None:
    """Runs that wait their turn; keys may be shortened."""


@queue.command()
@experiment_options
@runs_dir
@click.option("--name", default="", help="Name of the run folder (default: time and experiment).")
@code_flag
def add(
    chosen: Chosen,
    runs: Path,
    name: str,
    allow_code: bool,
) -> None:
    """Put an experiment at the end of the line; prints its key."""
    click.echo(Queue(runs).add(chosen.load(), folder_name=name, allow_code=allow_code).key)


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
        click.echo(f"nothing waits in {runs}; 'kdstudio queue add digits-hinton' puts a run in line")
    if line.is_held and not as_json:
        click.echo("the queue is paused; 'kdstudio queue unpause' lets it go on")


def _as_row(entry: Entry) -> dict[str, object]:
    doing = f": {entry.doing}" if entry.doing else ""
    return {
        "key": entry.key,
        "run": entry.run or entry.name,
        "what": entry.what,
        "state": entry.state + doing,
        "why": entry.message,
    }


@queue.command()
@click.argument("key")
@click.argument("by", type=int)
@runs_dir
def move(key: str, by: int, runs: Path) -> None:
    """Move what waits BY places further back; to the front with a negative number, after '--'."""
    line = Queue(runs)
    line.move([line.entry(key).key], by)


@queue.command()
@keys_argument
@runs_dir
def cancel(keys: tuple[str, ...], runs: Path) -> None:
    """Take entries out of the line; what runs is stopped with a checkpoint."""
    line = Queue(runs)
    line.cancel(_all(line, keys))


@queue.command()
@keys_argument
@runs_dir
@code_flag
def retry(keys: tuple[str, ...], runs: Path, allow_code: bool) -> None:
    """Put entries in line again, at the place that they had; what has begun goes on where it stood."""
    line = Queue(runs)
    line.retry(_all(line, keys), allow_code=allow_code)


@queue.command()
@keys_argument
@runs_dir
@code_flag
def duplicate(keys: tuple[str, ...], runs: Path, allow_code: bool) -> None:
    """Put the same experiments in line once more."""
    line = Queue(runs)
    line.duplicate(_all(line, keys), allow_code=allow_code)


@queue.command()
@keys_argument
@runs_dir
def remove(keys: tuple[str, ...], runs: Path) -> None:
    """Forget entries that do not run; runs stay where they are."""
    line = Queue(runs)
    line.remove(_all(line, keys))


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


def _all(line: Queue, keys: tuple[str, ...]) -> list[str]:
    return [line.entry(key).key for key in keys]


@queue.command()
@runs_dir
@quiet_flag
@code_flag
def run(runs: Path, quiet: bool, allow_code: bool) -> int:
    """Run all that waits, one after the other; Ctrl+C stops with a checkpoint. Prints the run folders."""
    line = Queue(runs)
    lock = line.worker_lock()
    try:
        lock.acquire(timeout=PATIENCE)
    except Timeout as error:
        raise KDStudioError(f"another process works this queue off already{_who(line)}") from error
    with interruption() as interrupted:
        try:
            line.retry([entry.key for entry in line.entries() if entry.state == "set aside"])
            states = _work_off(line, interrupted, quiet=quiet, allow_code=allow_code)
        finally:
            lock.release()
    return INTERRUPTED if interrupted else int("failed" in states)


def _who(line: Queue) -> str:
    """Say what the other one runs."""
    running = [entry for entry in line.entries() if entry.state == "running"]
    return "".join(f": process {entry.worker} runs '{entry.run or entry.name}'" for entry in running)


def _work_off(line: Queue, interrupted: list[bool], *, quiet: bool, allow_code: bool) -> list[str]:
    """Take one after the other; returns what they have come to."""
    states: list[str] = []
    while not interrupted and (taken := line.take()):
        display = Display(console(quiet=quiet))
        followers: list[RunFollower] = []

        def show(folder: RunFolder, display: Display = display, known: list[RunFollower] = followers) -> None:
            if not known:
                known.append(RunFollower(folder))
            display.show(known[0].poll(), known[0].state)

        work = Work(line, lambda: bool(interrupted), prepares=display.prepare, runs=show)
        taken = taken._replace(entry=taken.entry.model_copy(update={"allow_code": allow_code}))
        with display.live():
            entry = work.carry_out(taken)
        states.append(entry.state)
        if entry.message:
            complain(f"{entry.name}: {entry.message}")
        if entry.run:
            click.echo(line.runs / entry.run)
    return states
