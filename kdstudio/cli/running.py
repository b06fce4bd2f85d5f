"""The commands that run experiments, follow runs and rule them: run, resume, watch, pause, unpause, stop."""

from __future__ import annotations

import signal
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from kdstudio.cli import tables
from kdstudio.cli.display import console, show_run, watch_run
from kdstudio.cli.interruption import interruption
from kdstudio.cli.options import (
    Chosen,
    chosen_run,
    code_flag,
    complain,
    experiment_options,
    kdstudio,
    prints_aside,
    quiet_flag,
    runs_dir,
)
from kdstudio.errors import LostProcessError
from kdstudio.given import printable
from kdstudio.runs.control import Wish, ask
from kdstudio.runs.failure import failure
from kdstudio.runs.more_epochs import going_on_from
from kdstudio.runs.preparing import Tell
from kdstudio.runs.runner import find_runner
from kdstudio.runs.session import Session, Unwanted, new_session, resumed_session
from kdstudio.runs.signals import exit_code
from kdstudio.runs.taking_part import taking_part, train_beside

if TYPE_CHECKING:
    from kdstudio.processes import Processes

INTERRUPTED = exit_code(signal.SIGINT)


@kdstudio.command()
@experiment_options
@runs_dir
@click.option("--name", default="", help="Name of the run folder (default: time and experiment).")
@click.option("--device", default="", help="auto, cpu, cuda, cuda:1, … or mps.")
@click.option(
    "--from-run", "before", metavar="RUN",
    help="Let the networks start from their weights in that run: more epochs for one that is finished.",
)  # fmt: skip
@quiet_flag
@code_flag
def run(
    chosen: Chosen,
    runs: Path,
    name: str,
    device: str,
    before: str | None,
    quiet: bool,
    allow_code: bool,
) -> int:
    """Run an experiment; the last line is the run folder's path."""
    with taking_part() as processes:
        if processes and processes.rank:
            return _train_beside(processes)
        more = (f"compute.device={device}",) if device else ()
        experiment = chosen.load(*more)
        if before:
            experiment = going_on_from(chosen_run(before, runs), experiment)
        prepare = partial(new_session, experiment, runs, name, allow_code=allow_code, processes=processes)
        return _carry_out(lambda tell: prepare(tell=tell), quiet=quiet)


@kdstudio.command()
@click.argument("which", metavar="RUN")
@runs_dir
@click.option(
    "--again", is_flag=True,
    help="Where nothing of it can be trusted any more, train it from its beginning instead of refusing.",
)  # fmt: skip
@quiet_flag
@code_flag
def resume(which: str, runs: Path, again: bool, quiet: bool, allow_code: bool) -> int:
    """Go on with a run that was stopped or interrupted."""
    with taking_part() as processes:
        if processes and processes.rank:
            return _train_beside(processes)
        folder = chosen_run(which, runs)
        prepare = partial(resumed_session, folder, allow_code=allow_code, again=again, processes=processes)
        return _carry_out(lambda tell: prepare(tell=tell), quiet=quiet)


def _train_beside(processes: Processes) -> int:
    """Be one of a run's processes after the first, which alone tells people of it; returns the exit code."""
    with interruption() as interrupted, prints_aside():
        interrupted.is_shown = True
        try:
            train_beside(processes, lambda: bool(interrupted))
        except Exception as error:
            message = failure(error).message
            is_told = error.is_told if isinstance(error, LostProcessError) else processes.leave(message)
            if not is_told:
                complain(f"rank {processes.rank} of {processes.count}: {message}")
            return 1
    return 0


def _carry_out(prepare: Callable[[Tell], Session], *, quiet: bool) -> int:
    """Prepare and run a session to its end, or until it is interrupted; returns the exit code."""
    with interruption() as interrupted, prints_aside():
        try:
            session = show_run(prepare, interrupted, quiet=quiet)
        except Unwanted:
            complain("interrupted before the run began")
            return interrupted.exit_code
    if session.failed:
        complain(session.failed.message)
        click.echo(session.folder.path)
        return 1
    summary = session.folder.summary()
    if not quiet:
        tables.print_results(summary, console())
    click.echo(session.folder.path)
    return 0 if summary.status == "finished" else interrupted.exit_code


@kdstudio.command()
@click.argument("which", metavar="RUN")
@runs_dir
def watch(which: str, runs: Path) -> int:
    """Follow a run that goes on in another terminal or in the window; Ctrl+C leaves it alone.

    The exit code is 1 where the run has failed, or its process has gone in the middle of it.
    """
    folder = chosen_run(which, runs)
    watch_run(folder)
    summary = folder.summary()
    tables.print_run(summary, console(stderr=False))
    if summary.status == "interrupted":
        complain(f"the process that ran '{folder.name}' has gone; 'kdstudio resume {folder.name}' goes on")
    return int(summary.status in ("failed", "interrupted"))


def _wish(name: str, wish: Wish, about: str) -> None:
    """Enter a command that leaves a wish for a running run."""

    @kdstudio.command(name, help=about)
    @click.argument("which", metavar="RUN")
    @runs_dir
    def leave(which: str, runs: Path) -> None:
        ask(chosen_run(which, runs), wish)


_wish("pause", "pause", "Hold a running run after its current step, wherever it runs.")
_wish("unpause", "go on", "Let a held run go on.")


@kdstudio.command()
@click.argument("which", metavar="RUN")
@click.option("--now", is_flag=True, help="End its process at once, whatever it does; without a checkpoint.")
@click.option("--yes", is_flag=True, help="With --now: do not ask.")
@runs_dir
def stop(which: str, now: bool, yes: bool, runs: Path) -> None:
    """Stop a running run with a checkpoint; 'kdstudio resume' goes on with it.

    It finishes its step first. One whose code never returns hears nothing: --now ends its process, on this
    machine, and the run goes on from its last checkpoint.
    """
    folder = chosen_run(which, runs)
    if not now:
        ask(folder, "stop")
        told = f"'kdstudio stop {folder.name} --now' ends its process at once"
        click.echo(f"note: '{folder.name}' stops after its step; if that never ends, {told}", err=True)
        return
    runner = find_runner(folder)
    if not yes:
        lost = "what it has trained since its last checkpoint is lost"
        click.confirm(f"End {printable(runner)}, which runs '{folder.name}'? {lost}", abort=True, err=True)
    runner.end()
    click.echo(f"ended process {runner.process.pid}; 'kdstudio resume {folder.name}' goes on with the run")
