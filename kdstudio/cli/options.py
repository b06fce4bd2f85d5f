"""The group that every command enters, and the options that several have."""

from __future__ import annotations

from pathlib import Path

import click

from kdstudio import __version__
from kdstudio.runs.folder import default_runs_folder

runs_dir = click.option(
    "--runs-dir", "runs", type=click.Path(path_type=Path), default=default_runs_folder,
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


@click.group()
@click.version_option(__version__, prog_name="kdstudio")
def kdstudio() -> None:
    """Knowledge distillation on a workbench. Without a command, the window opens."""


def complain(message: str) -> None:
    """Tell what is wrong, in a line on stderr."""
    click.echo(f"kdstudio: {message}", err=True)
