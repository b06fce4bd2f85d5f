"""The commands that run experiments, follow runs and rule them: run, resume, watch, pause, unpause, stop."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from kdstudio.cli import tables
from kdstudio.cli.display import console, show_run, watch_run
from kdstudio.cli.options import (
    Chosen,
    code_flag,
    complain,
    experiment_options,
    kdstudio,
    quiet_flag,
    runs_dir,
)
from kdstudio.runs.control import Wish, ask
from kdstudio.runs.folder import find_run
from kdstudio.runs.session import Session, Tell, new_session, resumed_session

INTERRUPTED = 130


@kdstudio.command()
@experiment_options
@runs_dir
@click.option("--name", default="", help="Name of the run folder (default: time and experiment).")
@click.option("--device", default="", help="auto, cpu, cuda, cuda:1, … or mps.")
@quiet_flag
@code_flag
def run(
    chosen: Chosen,
    runs: Path,
    name: str,
    device: str,
    quiet: bool,
    allow_code: bool,
) -> int:
    """Run an experiment; the last line is the run folder's path."""
    more = (f"compute.device={device}",) if device else ()
    experiment = chosen.load(*more)
    return _carry_out(
        lambda tell: new_session(experiment, runs, name, tell, allow_code=allow_code), quiet=quiet
    )


@kdstudio.command()
@click.argument("which", metavar="RUN")
@runs_dir
@quiet_flag
@code_flag
def resume(which: str, runs: Path, quiet: bool, allow_code: bool) -> int:
    """Go on with a run that was stopped or interrupted."""
    folder = find_run(which, runs)
    return _carry_out(lambda tell: resumed_session(folder, tell, allow_code=allow_code), quiet=quiet)


def _carry_out(prepare: Callable[[Tell], Session], *, quiet: bool) -> int:
    """Prepare and run a session to its end, or until Ctrl+C; returns the exit code."""
    with interruption() as interrupted:
        session = show_run(prepare, interrupted, quiet=quiet)
    summary = session.folder.summary()
    if not quiet:
        tables.print_results(summary, console())
    if summary.error:
        complain(summary.error)
    click.echo(session.folder.path)
    return {"finished": 0, "stopped": INTERRUPTED}.get(summary.status, 1)


@kdstudio.command()
@click.argument("which", metavar="RUN")
@runs_dir
def watch(which: str, runs: Path) -> int:
    """Follow a run that goes on in another terminal or in the window; Ctrl+C leaves it alone."""
    folder = find_run(which, runs)
    with interruption() as interrupted:
        watch_run(folder, interrupted)
    tables.print_run(folder.summary(), console(stderr=False))
    return 0


def _wish(name: str, wish: Wish, about: str) -> None:
    """Enter a command that leaves a wish for a running run."""

    @kdstudio.command(name, help=about)
    @click.argument("which", metavar="RUN")
    @runs_dir
    def leave(which: str, runs: Path) -> None:
        ask(find_run(which, runs), wish)


_wish("pause", "pause", "Hold a running run after its current step, wherever it runs.")
_wish("unpause", "go on", "Let a held run go on.")
_wish("stop", "stop", "Stop a running run with a checkpoint; 'kdstudio resume' goes on with it.")


@contextmanager
def interruption() -> Iterator[list[bool]]:
    """Yield a list that the first Ctrl+C fills; a second one interrupts at once."""
    pressed: list[bool] = []

    def note(_number: int, _frame: object) -> None:
        if pressed:
            raise KeyboardInterrupt
        pressed.append(True)

    before = signal.signal(signal.SIGINT, note)
    try:
        yield pressed
    finally:
        signal.signal(signal.SIGINT, before)
