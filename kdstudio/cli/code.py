"""``kdstudio code``: an experiment as one script that needs no KD Studio."""

from __future__ import annotations

import os
from pathlib import Path

import click

from kdstudio.cli.options import runs_dir, settings_option
from kdstudio.runs.script.saving import experiment_of, save_script, script_of

STANDARD_OUTPUT = Path("-")


@click.command()
@click.argument("which", metavar="RUN|PRESET|FILE.toml")
@click.option(
    "--out", type=click.Path(path_type=Path),
    help="File to write, or a folder for it; - is standard output (default: the run's name, here).",
)  # fmt: skip
@click.option("--replace", is_flag=True, help="Replace a file that is there already.")
@settings_option
@runs_dir
def code(which: str, out: Path | None, replace: bool, settings: tuple[str, ...], runs: Path) -> None:
    """Write an experiment as one readable PyTorch script; it needs torch and torchvision alone."""
    name, experiment = experiment_of(which, runs, settings)
    file = out or Path(f"{name}.py")
    if os.path.isdir(file):
        file /= f"{name}.py"
    if file == STANDARD_OUTPUT:
        script = script_of(experiment, f"{name}.py")
        click.echo(script.text, nl=False)
        for needed in script.files:
            click.echo(f"note: it reads {needed.name}, a copy of {needed}", err=True)
        return
    save_script(script_of(experiment, file.name), file, replace=replace)
    click.echo(file)
