"""The group that every command enters, and the options that several have."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from contextlib import redirect_stdout
from functools import wraps
from pathlib import Path
from typing import Any, NamedTuple, TextIO

import click

from kdstudio import __version__
from kdstudio.engine.experiment import Experiment
from kdstudio.errors import KDStudioError
from kdstudio.given import printable, why_no_folder
from kdstudio.runs.finding import find_run
from kdstudio.runs.folder import RunFolder, default_runs_folder
from kdstudio.runs.presets import load_experiment


def _runs_folder(_context: click.Context, _parameter: click.Parameter, runs: Path) -> Path:
    """Return the folder, which need not be there yet; KDStudioError where something else is."""
    if why := why_no_folder(runs):
        raise KDStudioError(f"the runs folder {runs} cannot be used: {why}; choose another")
    return runs


runs_dir = click.option(
    "--runs-dir", "runs", type=click.Path(path_type=Path), default=default_runs_folder,
    callback=_runs_folder,
    help="Folder of the runs (default: KDSTUDIO_RUNS, or the user's data folder).",
)  # fmt: skip
settings_option = click.option(
    "--set", "settings", multiple=True, metavar="PATH=VALUE",
    help="Change a field, for instance strategy.temperature=8; may be repeated.",
)  # fmt: skip
seeds_option = click.option(
    "--seeds", type=int, help="Train everything that is compared with so many seeds: means with error bars."
)
sweep_option = click.option(
    "--sweep", multiple=True, metavar="PATH=VALUE,VALUE,…",
    help="Try each of several values of a field, for instance strategy.temperature=1,4,20; may be repeated, "
    "and all are crossed.",
)  # fmt: skip
quiet_flag = click.option("--quiet", "-q", is_flag=True, help="Print only the run folder's path.")
json_flag = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
code_flag = click.option(
    "--allow-code", is_flag=True, help="Let networks be built by your own Python files (model 'python')."
)


class Chosen(NamedTuple):
    """An experiment as it is named on the command line."""

    source: str
    """A preset, or a file."""
    settings: tuple[str, ...]
    seeds: int | None
    sweep: tuple[str, ...]

    def load(self, *more: str) -> Experiment:
        """Read it, with ``more`` settings; KDStudioError where that is not possible."""
        return load_experiment(self.source, (*self.settings, *more), self.seeds, self.sweep)


def experiment_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Let ``command`` take a :class:`Chosen` first, from an argument and the options that change it."""

    @wraps(command)
    def take(
        source: str, settings: tuple[str, ...], seeds: int | None, sweep: tuple[str, ...], **others: object
    ) -> Any:  # noqa: ANN401
        return command(Chosen(source, settings, seeds, sweep), **others)

    argument = click.argument("source", metavar="PRESET|FILE.toml")
    return argument(settings_option(seeds_option(sweep_option(take))))


def chosen_run(which: str, runs: Path) -> RunFolder:
    """Find a run; newer ones that are damaged, and therefore not the latest, are told of on stderr."""
    return find_run(which, runs, tell=lambda remark: click.echo(f"note: {remark}", err=True))


@click.group()
@click.version_option(__version__, prog_name="kdstudio")
def kdstudio() -> None:
    """Knowledge distillation on a workbench. Without a command, the window opens."""


def check_text(arguments: Iterable[str]) -> None:
    """Raise KDStudioError where an argument is no text, so that no file could hold it."""
    for argument in arguments:
        if not argument.isprintable() and any("\ud800" <= sign <= "\udfff" for sign in argument):
            raise KDStudioError(f"'{argument}' is no text in UTF-8; rename what it names")


def prints_aside() -> redirect_stdout[TextIO]:
    """Let what code of others prints go to stderr meanwhile: stdout has what was asked for."""
    return redirect_stdout(sys.stderr)


def complain(message: str) -> None:
    """Tell what is wrong, in a line on stderr."""
    click.echo(f"kdstudio: {printable(message)}", err=True)
