"""``kdstudio export``: trained networks as files that run elsewhere, with the truth table."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import click
from pydantic import ValidationError
from rich.status import Status

from kdstudio.cli import tables
from kdstudio.cli.display import console
from kdstudio.cli.options import chosen_run, code_flag, complain, json_flag, prints_aside, runs_dir
from kdstudio.errors import KDStudioError
from kdstudio.problems import problems
from kdstudio.runs.formats.declaration import ExportFormat, formats
from kdstudio.runs.presets import override

REFUSED = 2


@click.command()
@click.argument("which", metavar="RUN")
@click.option("--out", required=True, type=click.Path(path_type=Path), help="Folder to write to.")
@click.option(
    "--network", "networks", multiple=True,
    help="Which network of the run; may be repeated (default: its teacher, its baseline and its result).",
)  # fmt: skip
@click.option(
    "--format", "names", default="safetensors", show_default=True, metavar="FORMAT,FORMAT,…",
    help="File formats; 'kdstudio list formats' tells all.",
)  # fmt: skip
@click.option(
    "--set", "settings", multiple=True, metavar="FORMAT.OPTION=VALUE",
    help="Change an option of a format, for instance onnx.preprocessing=true; may be repeated.",
)  # fmt: skip
@click.option("--best", is_flag=True, help="The best epoch's weights instead of the last's.")
@click.option("--replace", is_flag=True, help="Replace files that are there already.")
@click.option(
    "--threads", default=1, show_default=True, type=click.IntRange(1), help="Of the runtimes, while timed."
)
@runs_dir
@json_flag
@code_flag
def export(
    which: str,
    out: Path,
    networks: tuple[str, ...],
    names: str,
    settings: tuple[str, ...],
    best: bool,
    replace: bool,
    threads: int,
    runs: Path,
    as_json: bool,
    allow_code: bool,
) -> int:
    """Export trained networks; every file is read back by its runtime, compared and timed."""
    from kdstudio.runs.exporting.choice import usual_networks
    from kdstudio.runs.exporting.export import export_networks

    wanted = chosen_formats(names.split(","), settings)
    folder = chosen_run(which, runs)
    chosen = networks or usual_networks(folder, folder.summary())
    with console().status("loading the data") as status, prints_aside():
        made = export_networks(
            folder, chosen, wanted, out, lambda what, fraction: _tell(status, what, fraction),
            best=best, replace=replace, threads=threads, allow_code=allow_code,
        )  # fmt: skip
    for refusal in made.refusals:
        complain(str(refusal))
    if as_json:
        record = {
            "files": [row.model_dump(mode="json") for row in made.rows],
            "refused": [refusal._asdict() for refusal in made.refusals],
        }
        click.echo(json.dumps(record, indent=2, ensure_ascii=False))
    else:
        tables.print_exports(made.rows, console())
        for path in made.paths:
            click.echo(path)
    return REFUSED if made.refusals else 0


def _tell(status: Status, what: str, fraction: float) -> None:
    status.update(f"{fraction:.0%}  {what}")


def chosen_formats(names: Sequence[str], settings: Sequence[str]) -> list[ExportFormat]:
    """Return the formats called ``names``, with ``settings`` as of ``--set``; raises KDStudioError."""
    unique = dict.fromkeys(name.strip() for name in names)
    raw = override({name: {"name": formats[name].model_fields["name"].default} for name in unique}, settings)
    for name in raw:
        if name not in unique:
            raise KDStudioError(
                f"--set {name}.…: there is no format '{name}' among those asked for: {', '.join(unique)}"
            )
    return [_validated(name, options) for name, options in raw.items()]


def _validated(name: str, options: object) -> ExportFormat:
    try:
        return formats[name].model_validate(options)
    except ValidationError as error:
        found = "; ".join(f"{name}.{problem}" for problem in problems(error, options, formats[name]))
        raise KDStudioError(found) from error
