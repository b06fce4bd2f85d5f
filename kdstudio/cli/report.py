"""``kdstudio report``: runs as one HTML file."""

from __future__ import annotations

from pathlib import Path

import click

from kdstudio.cli.options import chosen_run, runs_dir


@click.command()
@click.argument("which", metavar="RUN", nargs=-1, required=True)
@click.option("--out", required=True, type=click.Path(path_type=Path), help="HTML file to write.")
@click.option("--replace", is_flag=True, help="Replace the file where there is one.")
@click.option(
    "--disagreements/--no-disagreements", "ask", default=True,
    help="Ask the networks the test images, where these are here, and show those on which they disagree.",
)  # fmt: skip
@runs_dir
def report(which: tuple[str, ...], out: Path, replace: bool, ask: bool, runs: Path) -> None:
    """Write runs as one HTML file that needs nothing else: figures, tables, settings, environment."""
    from kdstudio.runs.report.page import write_report

    folders = [chosen_run(each, runs) for each in which]
    click.echo(write_report(folders, out, lambda _what, _fraction: None, ask=ask, replace=replace))
