"""Several workers at once, here or on a cluster, for ``kdstudio queue run``: a bar for each run."""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import nullcontext
from typing import Protocol

import click
from rich.console import Console, Group
from rich.live import Live
from rich.progress import BarColumn, Progress, TaskID, TextColumn

from kdstudio.cli.display import LOOK_SECONDS, console
from kdstudio.cli.interruption import Interruption
from kdstudio.cli.options import complain
from kdstudio.runs.folder import RunFolder
from kdstudio.runs.log import RunFollower
from kdstudio.runs.queue.entry import LEFT, Entry, EntryState
from kdstudio.runs.queue.queue import Queue

PAUSED = "the queue is paused; 'kdstudio queue unpause' lets it go on"
LEAVE_SECONDS = 60.0
"""How long runs may take for a step and a checkpoint, once they are to end."""


class Crew(Protocol):
    """Workers of one kind, as whoever has started them sees them."""

    def have(self, entry: Entry) -> bool:
        """Tell whether one of them runs ``entry`` or ran it last."""

    def work(self, entries: Sequence[Entry], *, allow_code: bool) -> None:
        """Let them take what is due of ``entries``."""

    def check(self) -> None:
        """Raise KDStudioError where there is no use in going on."""

    def leave(self) -> None:
        """Let them keep their runs with checkpoints."""

    def finish(self, seconds: float) -> None:
        """Wait for their ends, but no longer than that."""


def work_off_together(
    line: Queue, workers: Crew, interrupted: Interruption, *, quiet: bool, allow_code: bool
) -> list[EntryState]:
    """Have ``workers`` do all that waits; returns what that has come to.

    Raises KDStudioError where a worker cannot begin, or cannot write.
    """
    bars = Bars(line, console(quiet=quiet), interrupted)
    told: dict[str, int] = {}
    ends: dict[str, EntryState] = {}

    def tell() -> list[Entry]:
        """Show what goes on, and tell what has ended; returns all entries."""
        entries = line.entries()
        own = [entry for entry in entries if workers.have(entry)]
        for entry in own:
            if (entry.is_over or entry.died) and told.get(entry.key) != entry.tries:
                told[entry.key], ends[entry.key] = entry.tries, entry.state
                bars.drop(entry)
                tell_end(line, entry)
        bars.show([entry for entry in own if entry.state == "running"])
        return entries

    with line.expecting_workers(), bars.live():
        try:
            while not interrupted:
                workers.check()
                entries = tell()
                if not line.is_held:
                    workers.work(entries, allow_code=allow_code)
                if not any(_is_to_be_done(entry, line, workers) for entry in entries):
                    break
                time.sleep(LOOK_SECONDS)
        finally:
            workers.leave()
            workers.finish(LEAVE_SECONDS)
            tell()
    return [*ends.values()]


def _is_to_be_done(entry: Entry, line: Queue, workers: Crew) -> bool:
    if entry.state == "running":
        return workers.have(entry)
    return entry.is_due and not line.is_held


def nothing_waits(line: Queue) -> str:
    """Say so, and how something would."""
    return f"nothing waits in {line.runs}; 'kdstudio queue add digits-hinton' puts a run in line"


def take_up(line: Queue) -> None:
    """Let what was left wait again; tell of that whose processes have died too often, or why nothing runs."""
    left = [entry for entry in line.entries() if entry.state in LEFT]
    line.retry([entry.key for entry in left if not entry.died])
    for entry in left:
        if entry.died and not entry.is_due:
            tell_end(line, entry)
    if line.is_held:
        complain(PAUSED)
    elif not (left or any(entry.is_due for entry in line.entries())):
        complain(nothing_waits(line))


def end_code(states: Sequence[EntryState], interrupted: Interruption) -> int:
    """Return the exit code of whoever has had entries come to these ``states``."""
    return interrupted.exit_code if interrupted else int(not {"failed", "interrupted"}.isdisjoint(states))


def tell_end(line: Queue, entry: Entry) -> None:
    """Say what has become of an entry: why it failed, and where its run is."""
    if entry.message:
        complain(f"{entry.name}: {entry.message}")
    elif entry.is_due:
        complain(f"the process that ran {entry.name} has died; the next one goes on from the last checkpoint")
        return
    elif entry.state == "interrupted":
        complain(f"{entry.name} was interrupted; 'kdstudio queue retry {entry.key}' lets it go on")
    if entry.run:
        click.echo(line.runs / entry.run)


class Bars:
    """A bar for each run that goes on."""

    def __init__(self, line: Queue, output: Console, interrupted: Interruption) -> None:
        """None yet."""
        self._line = line
        self._console = output
        self._interrupted = interrupted
        columns = (
            TextColumn("{task.description}"),
            BarColumn(bar_width=24),
            TextColumn("{task.percentage:>3.0f} %"),
            TextColumn("{task.fields[beside]}"),
        )
        self._bars = Progress(*columns, console=output)
        self._tasks: dict[str, TaskID] = {}
        self._followers: dict[str, RunFollower] = {}

    def live(self) -> Live | nullcontext[None]:
        """Show them, where there is a terminal."""
        self._interrupted.is_shown = self._console.is_interactive and not self._console.quiet
        if not self._console.is_interactive:
            return nullcontext()
        shown = Group(self._bars, self._interrupted)
        return Live(shown, console=self._console, transient=True, refresh_per_second=8)

    def show(self, running: list[Entry]) -> None:
        """Show how far these are."""
        for entry in running:
            if entry.key not in self._tasks:
                self._tasks[entry.key] = self._bars.add_task(entry.name, total=1.0, beside="")
            beside, done = entry.doing, 0.0
            if entry.run:
                follower = self._followers.setdefault(
                    entry.key, RunFollower(RunFolder(self._line.runs / entry.run))
                )
                follower.poll()
                beside, done = follower.state.place, follower.state.fraction
            self._bars.update(
                self._tasks[entry.key],
                description=(entry.run or entry.name) + (f" on {entry.elsewhere}" if entry.elsewhere else ""),
                completed=done,
                beside=beside,
            )

    def drop(self, entry: Entry) -> None:
        """Show one no more."""
        self._followers.pop(entry.key, None)
        if task := self._tasks.pop(entry.key, None):
            self._bars.remove_task(task)
